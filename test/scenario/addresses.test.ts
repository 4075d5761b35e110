import { describe, expect, it } from 'vitest';
import { isLocalAddress, isLocalHost } from '../../src/scenario/addresses.ts';
import { loadScenario } from '../../src/scenario/load.ts';

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.7.7',
  '169.254.1.1',
  '100.64.0.1',
  '::1',
  'fd00::1',
  'fe80::1',
  '::ffff:10.0.0.1',
])('%s is local', (address) => {
  expect(isLocalAddress(address)).toBe(true);
});

it.each([
  '8.8.8.8',
  '172.32.0.1',
  '192.169.0.1',
  '100.128.0.1',
  '2001:4860:4860::8888',
  '::ffff:8.8.8.8',
  '0.0.0.0',
  'localhost',
  '',
])('%s is not', (address) => {
  expect(isLocalAddress(address)).toBe(false);
});

it('a name is unknown until it is resolved', () => {
  expect(isLocalHost('ws://sfu.example.org:4000/')).toBeNull();
  expect(isLocalHost('ws://localhost:4000')).toBe(true);
  expect(isLocalHost('ws://[::1]:4000')).toBe(true);
  expect(isLocalHost('wss://[2001:db8::1]/')).toBe(false);
  // What a URL parser makes of an address in disguise.
  expect(isLocalHost('http://0x8080808/')).toBe(false);
  expect(isLocalHost('http://2130706433/')).toBe(true);
});

describe('a scenario with a public address', () => {
  const text = (extra: string) =>
    `version: 1\nname: x\ntarget: { url: 'ws://8.8.8.8:4000'${extra} }\nparticipants: [{ count: 1 }]\n`;

  it('is refused where it stands', () => {
    expect(() => loadScenario(text(''), 'my.yaml')).toThrow('my.yaml:3:16: this address is public');
  });

  it('is taken when it says so', () => {
    expect(loadScenario(text(', allowPublic: true'), 'my.yaml').target.allowPublic).toBe(true);
  });
});
