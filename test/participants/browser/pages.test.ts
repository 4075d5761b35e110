import { describe, expect, it } from 'vitest';
import type { BrowserDriver, BrowserPage } from '../../../src/participants/browser/driver.ts';
import type { PageEvent } from '../../../src/participants/browser/page-api.ts';
import { Pages } from '../../../src/participants/browser/pages.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

interface FakePage {
  page: BrowserPage;
  crash(reason: string): void;
  tell(events: PageEvent[]): void;
}

function fakeDriver(longPollMs: number) {
  const pages: FakePage[] = [];
  let refuse: string | null = null;
  const driver: BrowserDriver = {
    longPollMs,
    start: async () => {},
    versions: () => ({}),
    readUsage: () => ({ cpuSeconds: null, rssBytes: null }),
    close: async () => {},
    async openPage() {
      if (refuse !== null) throw new Error(refuse);
      let pending = Promise.withResolvers<PageEvent[]>();
      const page: BrowserPage = {
        gone: new Promise(() => {}),
        close: async () => {},
        call: (async (method: string) => {
          if (method === 'sample') return { participants: [], loopDelay: null };
          const events = await pending.promise;
          pending = Promise.withResolvers<PageEvent[]>();
          return events;
        }) as BrowserPage['call'],
      };
      pages.push({
        page,
        crash: (reason) => pending.reject(new Error(reason)),
        tell: (events) => pending.resolve(events),
      });
      return page;
    },
  };
  return {
    driver,
    pages,
    refuse: (reason: string | null) => {
      refuse = reason;
    },
  };
}

function begin(longPollMs = 1_000) {
  const fake = fakeDriver(longPollMs);
  const events: PageEvent[] = [];
  const gone: [string[], string][] = [];
  const clock = new FakeClock();
  const pages = new Pages({
    driver: fake.driver,
    clock,
    url: 'http://127.0.0.1/',
    participantsPerPage: 2,
    onEvent: (event) => events.push(event),
    onGone: (participantIds, reason) => gone.push([participantIds, reason]),
  });
  return { ...fake, seats: pages, events, gone, clock };
}

const lost: PageEvent = { type: 'lost', participantId: 'p1', attempt: 1, reason: 'bridge' };

describe('pages', () => {
  it('are filled one after the other, also by those who come at the same time', async () => {
    const { seats, pages } = begin();
    const seated = await Promise.all(['p1', 'p2', 'p3'].map((id) => seats.seat(id)));
    expect(pages).toHaveLength(2);
    expect(seated[0]).toBe(seated[1]);
    expect(seated[2]).not.toBe(seated[0]);
  });

  it('give a freed seat to the next one', async () => {
    const { seats, pages } = begin();
    await Promise.all(['p1', 'p2'].map((id) => seats.seat(id)));
    seats.unseat('p1');
    await seats.seat('p3');
    expect(pages).toHaveLength(1);
  });

  it('are not kept when they do not open', async () => {
    const { seats, pages, refuse } = begin();
    refuse('no memory');
    await expect(seats.seat('p1')).rejects.toThrow('no memory');
    refuse(null);
    await seats.seat('p1');
    expect(pages).toHaveLength(1);
  });

  it('pass on events in order', async () => {
    const { seats, pages, events } = begin();
    await seats.seat('p1');
    pages[0]?.tell([lost, { ...lost, attempt: 2 }]);
    await settle();
    expect(events).toEqual([lost, { ...lost, attempt: 2 }]);
  });

  it('are asked at intervals where waiting inside would block', async () => {
    const { seats, pages, events, clock } = begin(0);
    await seats.seat('p1');
    pages[0]?.tell([lost]);
    await settle();
    pages[0]?.tell([lost]);
    await settle();
    expect(events).toHaveLength(1);
    await clock.advance(250);
    pages[0]?.tell([lost]);
    await settle();
    expect(events).toHaveLength(2);
  });

  it('tell who was in one that is gone, and open another for those who come', async () => {
    const { seats, pages, gone } = begin();
    await Promise.all(['p1', 'p2'].map((id) => seats.seat(id)));
    pages[0]?.crash('the page crashed');
    await settle();
    expect(gone).toEqual([[['p1', 'p2'], 'the page crashed']]);
    await seats.seat('p3');
    expect(pages).toHaveLength(2);
    expect(await seats.sample()).toHaveLength(1);
  });

  it('tell nothing once closed', async () => {
    const { seats, pages, gone } = begin();
    await seats.seat('p1');
    seats.close();
    pages[0]?.crash('the browser has ended');
    await settle();
    expect(gone).toEqual([]);
  });
});
