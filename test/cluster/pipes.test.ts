import { describe, expect, it } from 'vitest';
import { type PipeBridge, RoomPipes } from '../../src/cluster/coordinator/pipes.ts';
import { RpcError } from '../../src/cluster/rpc.ts';

type Answer = (params: { peerBridgeId: string; producerId: string }) => unknown;

/** A bridge that notes what it was asked, and answers or fails as told. */
class RecordingBridge {
  readonly bridgeId: string;
  readonly asked: string[] = [];
  readonly answers: Record<string, Answer> = {
    openPipe: () => ({ ip: '127.0.0.1', port: 4000 }),
    pipeOut: () => ({ consumerId: 'c1', kind: 'audio', rtpParameters: {}, paused: false }),
  };

  constructor(bridgeId: string) {
    this.bridgeId = bridgeId;
  }

  async call(method: string, params: never): Promise<never> {
    const { peerBridgeId, producerId } = params as { peerBridgeId?: string; producerId?: string };
    this.asked.push([method, peerBridgeId ?? producerId].join(' '));
    return (await (this.answers[method]?.(params) ?? null)) as never;
  }

  as(): PipeBridge {
    return this as unknown as PipeBridge;
  }
}

function bridges() {
  const a = new RecordingBridge('a');
  const b = new RecordingBridge('b');
  return { a, b, pipes: new RoomPipes('room') };
}
const failing: Answer = () => {
  throw new RpcError('broken', 'no');
};

describe('pipes of a room', () => {
  it('open one pair for all producers of two bridges, either way', async () => {
    const { a, b, pipes } = bridges();
    await Promise.all([pipes.ensure('p1', a.as(), b.as()), pipes.ensure('p2', b.as(), a.as())]);
    expect(a.asked.filter((asked) => asked.startsWith('openPipe'))).toEqual(['openPipe b']);
    expect(b.asked.filter((asked) => asked.startsWith('openPipe'))).toEqual(['openPipe a']);
    expect(a.asked).toContain('pipeOut b');
    expect(a.asked).toContain('pipeIn b');
  });

  it('pipe a producer once, however many ask at once', async () => {
    const { a, b, pipes } = bridges();
    await Promise.all([1, 2, 3].map(() => pipes.ensure('p1', a.as(), b.as())));
    expect(a.asked.filter((asked) => asked.startsWith('pipeOut'))).toHaveLength(1);
  });

  it.each(['openPipe', 'connectPipe'])(
    'leave no end behind when %s fails at one side, and can try again',
    async (method) => {
      const { a, b, pipes } = bridges();
      const working = b.answers[method];
      b.answers[method] = failing;
      await expect(pipes.ensure('p1', a.as(), b.as())).rejects.toMatchObject({ code: 'broken' });
      expect(a.asked.at(-1)).toBe('closePipe b');
      expect(b.asked.at(-1)).toBe('closePipe a');
      b.answers[method] = working ?? (() => null);
      await pipes.ensure('p1', a.as(), b.as());
      expect(b.asked.at(-1)).toBe('pipeIn a');
    },
  );

  it('close the sending half when the receiving half fails', async () => {
    const { a, b, pipes } = bridges();
    b.answers.pipeIn = failing;
    await expect(pipes.ensure('p1', a.as(), b.as())).rejects.toMatchObject({ code: 'broken' });
    expect(a.asked.at(-1)).toMatch(/^closeConsumer/);
  });

  it('mirror what is done to a producer at each of its copies, after they are made', async () => {
    const { a, b, pipes } = bridges();
    const piping = pipes.ensure('p1', a.as(), b.as());
    await pipes.mirror('p1', 'pauseProducer');
    await piping;
    expect(b.asked.slice(-2)).toEqual(['pipeIn a', 'pauseProducer p1']);
    await pipes.mirror('p1', 'closeProducer');
    expect(b.asked.at(-1)).toBe('closeProducer p1');
    const before = b.asked.length;
    await pipes.mirror('p1', 'closeProducer');
    expect(b.asked).toHaveLength(before);
  });

  it('close the living end when a bridge is gone, and pipe anew when it is back', async () => {
    const { a, b, pipes } = bridges();
    await pipes.ensure('p1', a.as(), b.as());
    pipes.dropBridge(b.as());
    await pipes.ensure('p1', a.as(), b.as());
    expect(a.asked.filter((asked) => /^(open|close)Pipe/.test(asked))).toEqual([
      'openPipe b',
      'closePipe b',
      'openPipe b',
    ]);
  });
});
