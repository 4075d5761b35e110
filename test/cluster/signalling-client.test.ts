import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { SignallingClient } from '../../src/cluster/signalling/client.ts';

let server: WebSocketServer;
let url: string;
beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const opened = server;
  onTestFinished(() => {
    for (const socket of opened.clients) socket.terminate();
    opened.close();
  });
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

/** A client, and the server's end of its connection. */
async function connected(): Promise<[SignallingClient, WebSocket]> {
  const accepted = once(server, 'connection');
  const client = await SignallingClient.connect(url);
  return [client, ((await accepted) as [WebSocket])[0]];
}

describe('the signalling client', () => {
  it('asks and is answered, in whatever order', async () => {
    const [client, socket] = await connected();
    const asked: { id: number; method: string }[] = [];
    socket.on('message', (data) => {
      asked.unshift(JSON.parse(String(data)));
      if (asked.length < 2) return;
      for (const { id, method } of asked) {
        if (method === 'leave')
          socket.send(JSON.stringify({ id, error: { code: 'not-joined', message: 'no' } }));
        else socket.send(JSON.stringify({ id, result: { bridgeId: 'b' } }));
      }
    });
    const [join, leave] = await Promise.allSettled([client.request('join', {}), client.request('leave', {})]);
    expect(join).toEqual({ status: 'fulfilled', value: { bridgeId: 'b' } });
    expect(leave).toMatchObject({ status: 'rejected', reason: { code: 'not-joined' } });
  });

  it('hears of what it listens to, until it no longer does', async () => {
    const [client, socket] = await connected();
    const heard: string[] = [];
    const off = client.on('producerClosed', ({ producerId }) => heard.push(producerId));
    const tell = async (producerId: string) => {
      const done = new Promise<void>((resolve) => {
        const end = client.on('activeSpeakers', () => {
          end();
          resolve();
        });
      });
      socket.send(JSON.stringify({ notify: 'producerClosed', params: { producerId } }));
      socket.send(JSON.stringify({ notify: 'activeSpeakers', params: { participantIds: [] } }));
      await done;
    };
    await tell('one');
    off();
    await tell('two');
    expect(heard).toEqual(['one']);
  });

  it('fails what is open, and says how the connection ended', async () => {
    const [client, socket] = await connected();
    const answer = expect(client.request('join', {})).rejects.toMatchObject({ code: 'closed' });
    socket.close(4001, 'the bridge is gone');
    await answer;
    expect(await client.closed).toEqual({ code: 4001, reason: 'the bridge is gone' });
    expect(client.isOpen).toBe(false);
    await expect(client.request('join', {})).rejects.toMatchObject({ code: 'closed' });
  });

  it('does not connect where nobody answers, or when told to stop', async () => {
    const stop = new AbortController();
    const stopped = expect(SignallingClient.connect(url, stop.signal)).rejects.toThrow('enough');
    stop.abort(new Error('enough'));
    await stopped;
    await expect(SignallingClient.connect(url, stop.signal)).rejects.toThrow('enough');
    await expect(SignallingClient.connect('ws://127.0.0.1:9')).rejects.toMatchObject({
      code: 'connect-failed',
    });
  });
});
