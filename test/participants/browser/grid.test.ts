import { describe, expect, it } from 'vitest';
import { GRID_NAMES, sessionCapabilities } from '../../../src/participants/browser/grid/capabilities.ts';
import { isLoopback } from '../../../src/participants/browser/grid/loopback.ts';
import { ownerOf, ownMark } from '../../../src/participants/browser/grid/mark.ts';
import { freeSlots, parseGridStatus, sessionsOf } from '../../../src/participants/browser/grid/status.ts';

const slot = (browserName: string, sessionId?: string) => ({
  id: { hostId: 'h', id: 's' },
  stereotype: { browserName, platformName: 'linux' },
  session:
    sessionId === undefined ? null : { sessionId, capabilities: { 'se:name': `mark of ${sessionId}` } },
});
const node = (maxSessions: number, slots: unknown[], availability = 'UP') => ({
  availability,
  maxSessions,
  version: '4.48.0',
  slots,
});
const status = (...nodes: unknown[]) => {
  const parsed = parseGridStatus({ value: { ready: true, message: 'ready', nodes } });
  if (parsed === null) throw new Error('not taken for a grid');
  return parsed;
};

describe('the slots of a grid', () => {
  it('are those of the browser that is asked for', () => {
    expect(freeSlots(status(node(4, [slot('chrome'), slot('chrome'), slot('firefox')])), 'chrome')).toBe(2);
  });

  it('are fewer where a node runs not so many at once', () => {
    const mixed = node(2, [slot('chrome'), slot('chrome'), slot('firefox', 'f1')]);
    expect(freeSlots(status(mixed), 'chrome')).toBe(1);
  });

  it('are none on a node that is not up', () => {
    expect(
      freeSlots(status(node(1, [slot('chrome')], 'DRAINING'), node(1, [slot('chrome')])), 'chrome'),
    ).toBe(1);
  });

  it('tell whose sessions they hold', () => {
    expect(sessionsOf(status(node(2, [slot('chrome', 'c1'), slot('chrome')])))).toEqual([
      { id: 'c1', name: 'mark of c1' },
    ]);
  });

  it('are unknown where something else answers', () => {
    expect(parseGridStatus({ value: { ready: true, message: 'a hub without nodes' } })).toBeNull();
    expect(parseGridStatus(null)).toBeNull();
  });
});

describe('the mark of a session', () => {
  it('tells a run that lives from one that has ended, and both from strangers', () => {
    const mark = ownMark();
    expect(ownerOf(mark)).toBe('running');
    const [prefix, host] = mark.split(' ');
    expect(ownerOf(`${prefix} ${host} ${2 ** 30} 5`)).toBe('gone');
    expect(ownerOf(`${prefix} ${host} ${process.pid} 5`)).toBe('gone');
    expect(ownerOf(`${prefix} elsewhere ${2 ** 30} 5`)).toBe('other');
    expect(ownerOf('')).toBe('other');
  });
});

describe('what a session is asked for', () => {
  const asked = { browserVersion: null, platformName: null, args: ['--flag'], capabilities: {} };

  it('is the browser with what participants need', () => {
    const chrome = sessionCapabilities({ ...asked, browserName: GRID_NAMES.chromium }, 'mark');
    expect(chrome).toMatchObject({
      browserName: 'chrome',
      'se:name': 'mark',
      'goog:chromeOptions': {
        args: expect.arrayContaining([
          '--headless=new',
          '--autoplay-policy=no-user-gesture-required',
          '--flag',
        ]),
      },
    });
    expect(chrome).not.toHaveProperty('browserVersion');
    expect(sessionCapabilities({ ...asked, browserName: GRID_NAMES.edge }, 'mark')).toHaveProperty(
      'ms:edgeOptions',
    );
    expect(sessionCapabilities({ ...asked, browserName: GRID_NAMES.firefox }, 'mark')).toMatchObject({
      'moz:firefoxOptions': { args: ['-headless', '--flag'], prefs: { 'media.autoplay.default': 0 } },
    });
  });

  it('is what the operator says wherever the operator says something', () => {
    const capabilities = { 'aws:maxDurationSecs': 600, 'se:name': 'theirs' };
    const browser = {
      ...asked,
      browserName: GRID_NAMES.chromium,
      browserVersion: '156',
      platformName: 'linux',
    };
    expect(sessionCapabilities({ ...browser, capabilities }, 'mark')).toMatchObject({
      browserVersion: '156',
      platformName: 'linux',
      'aws:maxDurationSecs': 600,
      'se:name': 'theirs',
    });
  });
});

describe('isLoopback', () => {
  it.each([
    ['http://127.0.0.1:4444', true],
    ['http://localhost:4444/wd/hub', true],
    ['http://[::1]:4444', true],
    ['http://10.0.0.1:4444', false],
    ['http://127.0.0.1.example.org', false],
  ])('%s: %s', (url, loopback) => {
    expect(isLoopback(url)).toBe(loopback);
  });
});
