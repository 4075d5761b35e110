import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ApiServer } from '../../src/cluster/coordinator/server.ts';

let server: ApiServer | null = null;
afterEach(() => server?.close());

async function begin(onlyThisHost: boolean): Promise<number> {
  const take = () => (socket: WebSocket) => socket.close(4321);
  server = new ApiServer(
    {
      json: { 'GET /samples': () => [] },
      sockets: { '/join': { others: true, take }, '/events': { others: false, take } },
    },
    onlyThisHost,
  );
  return server.listen('127.0.0.1', 0);
}

/** Linux has the whole of 127/8: another of its addresses stands for another host. */
async function get(port: number, path: string, localAddress: string): Promise<number> {
  const asked = request({ host: '127.0.0.1', port, path, localAddress });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

async function connect(port: number, path: string, localAddress: string): Promise<unknown> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { localAddress });
  const refused = once(socket, 'unexpected-response').then(([, response]) => response.statusCode);
  return Promise.race([refused, once(socket, 'close').then(([code]) => code)]);
}

describe('the API of a cluster that a run has started for itself', () => {
  it('is for the host that it is on, and the door to the rooms for everybody', async () => {
    const port = await begin(true);
    expect(await get(port, '/samples', '127.0.0.1')).toBe(200);
    expect(await get(port, '/samples', '127.0.0.2')).toBe(403);
    expect(await connect(port, '/events', '127.0.0.1')).toBe(4321);
    expect(await connect(port, '/events', '127.0.0.2')).toBe(403);
    expect(await connect(port, '/join', '127.0.0.2')).toBe(4321);
  });

  it('is for everybody where somebody has started the cluster for others', async () => {
    const port = await begin(false);
    expect(await get(port, '/samples', '127.0.0.2')).toBe(200);
    expect(await connect(port, '/events', '127.0.0.2')).toBe(4321);
  });
});
