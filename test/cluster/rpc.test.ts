import { describe, expect, it, vi } from 'vitest';
import { type Channel, RpcCaller, RpcError, serveRpc } from '../../src/cluster/rpc.ts';

interface Methods {
  double: { params: { n: number }; result: number };
  fail: { params: { code: string | null }; result: null };
  never: { params: null; result: null };
}
interface News {
  heard: { what: string };
}

/** Two ends of one channel; what is sent arrives at once, as JSON would carry it. */
function pair(): [Channel, Channel] {
  const ends = [new Set<(message: unknown) => void>(), new Set<(message: unknown) => void>()] as const;
  const end = (own: 0 | 1): Channel => ({
    send(message) {
      for (const listener of ends[own === 0 ? 1 : 0]) listener(JSON.parse(JSON.stringify(message)));
    },
    onMessage: (listener) => void ends[own].add(listener),
  });
  return [end(0), end(1)];
}

function connected() {
  const [here, there] = pair();
  const news: [string, unknown][] = [];
  const caller = new RpcCaller<Methods, News>(here, (name, params) => news.push([name, params]));
  serveRpc<Methods>(there, {
    double: ({ n }) => n * 2,
    async fail({ code }) {
      throw code === null ? new TypeError('oops') : new RpcError(code, 'as asked');
    },
    never: () => new Promise(() => {}),
  });
  return { caller, there, news };
}

describe('calls', () => {
  it('get each their own answer', async () => {
    const { caller } = connected();
    expect(await Promise.all([caller.call('double', { n: 1 }), caller.call('double', { n: 21 })])).toEqual([
      2, 42,
    ]);
  });

  it('fail with the code of the other side, or as internal', async () => {
    const { caller } = connected();
    await expect(caller.call('fail', { code: 'no-way' })).rejects.toMatchObject({
      code: 'no-way',
      message: 'as asked',
    });
    await expect(caller.call('fail', { code: null })).rejects.toMatchObject({
      code: 'internal',
      message: 'oops',
    });
  });

  it('give up after their time', async () => {
    vi.useFakeTimers();
    try {
      const { caller } = connected();
      const answer = expect(caller.call('never', null, { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'timeout',
      });
      await vi.advanceTimersByTimeAsync(100);
      await answer;
    } finally {
      vi.useRealTimers();
    }
  });

  it('give up when told', async () => {
    const { caller } = connected();
    const controller = new AbortController();
    const answer = expect(caller.call('never', null, { signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    controller.abort(new Error('enough'));
    await answer;
    await expect(caller.call('double', { n: 1 }, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('fail, open and later ones, when the other side is gone', async () => {
    const { caller } = connected();
    const open = expect(caller.call('never', null)).rejects.toMatchObject({ code: 'gone' });
    caller.close(new RpcError('gone', 'the other side has ended'));
    await open;
    await expect(caller.call('double', { n: 1 })).rejects.toMatchObject({ code: 'gone' });
  });
});

it('news reach the listener, and answers to nothing are let go', () => {
  const { there, news } = connected();
  there.send({ notify: 'heard', params: { what: 'this' } });
  there.send({ id: 99, result: null });
  expect(news).toEqual([['heard', { what: 'this' }]]);
});
