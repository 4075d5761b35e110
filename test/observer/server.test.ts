import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createProtobufCodec } from '../../src/observer/schema/protobuf.ts';
import { type RunningServer, type ServeOptions, serve } from '../../src/observer/server/serve.ts';
import { createSystem } from '../../src/system/real.ts';
import { createHarness, type Harness, publisher } from './support.ts';

const { clock } = createSystem();
let harness: Harness;
let server: RunningServer;

async function start(options: Partial<ServeOptions> = {}): Promise<void> {
  harness = createHarness();
  server = await serve({
    observer: harness.observer,
    clock,
    routes: [],
    host: '127.0.0.1',
    port: 0,
    managementPort: 0,
    tokens: [],
    rest: true,
    websocket: true,
    health: true,
    metrics: true,
    metricsPrefix: 'observertc',
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

beforeEach(() => start());
afterEach(() => server.close());

const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
const sample = (clientId = 'alice') => JSON.stringify({ clientSamples: [publisher(clientId)] });
const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(url(path), {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });
const connect = (path = '/samples/svc/unit') => new WebSocket(url(path).replace('http', 'ws'));
const closing = async (socket: WebSocket): Promise<[code: number, reason: string]> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
};
const received = () => harness.observer.counters.get('samples', 'client');

/** Sends, then asks to be closed, so that everything sent has been taken when it is. */
async function sendAll(socket: WebSocket, messages: (string | Uint8Array)[]): Promise<[number, string]> {
  if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
  for (const message of messages) socket.send(message);
  socket.send('{"controls": {"close": true}}');
  return closing(socket);
}

describe('REST', () => {
  it('takes JSON and protobuf, and answers 200 without a word', async () => {
    const codec = await createProtobufCodec();
    const bytes = codec.encode({ clientSamples: [publisher('bob')] });
    const answers = [
      await post('/rest/samples/svc/unit', sample()),
      await post('/rest/samples/svc/unit?format=protobuf&schemaVersion=2.1.3', bytes),
      await post('/rest/samples/svc/unit', ''),
    ];
    for (const answer of answers) expect([answer.status, await answer.text()]).toEqual([200, '']);
    harness.observer.flush();
    const joined = harness.payloads('call-event').filter(({ name }) => name === 'CLIENT_JOINED');
    expect(joined).toMatchObject([
      { clientId: 'alice', serviceId: 'svc', mediaUnitId: 'unit' },
      { clientId: 'bob' },
    ]);
  });

  it.each([
    ['another version', '/rest/samples/s/u?schemaVersion=1.0.0', sample(), 500, 'schemaVersion'],
    ['half a message', '/rest/samples/s/u', sample().slice(0, 40), 500, 'not JSON'],
    ['half a protobuf', '/rest/samples/s/u?format=protobuf', 'AAAAAAAA', 500, 'protobuf'],
    ['an address without a unit', '/rest/samples/s', sample(), 404, 'not found'],
    ['another path', '/elsewhere', sample(), 404, 'not found'],
  ])('refuses %s', async (_, path, body, status, text) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(text);
    expect(received()).toBe(0);
  });

  it('decodes names in the address', async () => {
    await post('/rest/samples/my%20service/unit%2F1', sample());
    harness.observer.flush();
    expect(harness.payloads('call-event').at(-1)).toMatchObject({
      serviceId: 'my service',
      mediaUnitId: 'unit/1',
    });
  });

  it('can be switched off', async () => {
    await server.close();
    await start({ rest: false });
    expect((await post('/rest/samples/s/u', sample())).status).toBe(403);
  });

  it('lets a client say that it leaves', async () => {
    await post(
      '/rest/samples/s/u',
      JSON.stringify({ clientSamples: [publisher('a')], controls: { close: true } }),
    );
    expect(harness.callEvents().at(-1)).toBe('CLIENT_LEFT');
  });
});

describe('web sockets', () => {
  it('take text and binary frames, and several samples a frame', async () => {
    const both = JSON.stringify({ clientSamples: [publisher('c'), publisher('d')] });
    const end = await sendAll(connect(), [sample('a'), Buffer.from(sample('b')), both, '']);
    expect(end).toEqual([1000, 'as asked']);
    expect(received()).toBe(4);
  });

  it('take protobuf from the first frame on', async () => {
    const codec = await createProtobufCodec();
    const socket = connect('/samples/svc/unit?format=PROTOBUF&schemaVersion=2.2.0');
    await once(socket, 'open');
    socket.send(codec.encode({ clientSamples: [publisher('a')] }));
    socket.send(codec.encode({ controls: { close: true } }));
    expect((await closing(socket))[0]).toBe(1000);
    expect(received()).toBe(1);
  });

  it('end the clients that spoke through them when asked to close, and only those', async () => {
    const first = connect();
    await once(first, 'open');
    first.send(sample('a'));
    // The same client comes back through another socket before the first says goodbye.
    await sendAll(connect(), [sample('other')]);
    const second = connect();
    await once(second, 'open');
    second.send(sample('a'));
    second.send(sample('a'));
    second.ping();
    await once(second, 'pong');
    first.send('{"controls": {"close": true}}');
    await closing(first);
    const left = harness.payloads('call-event').filter(({ name }) => name === 'CLIENT_LEFT');
    expect(left.map(({ clientId }) => clientId)).toEqual(['other']);
    second.terminate();
  });

  it.each([
    ['4230 for what is no sample', '/samples/s/u', '{', 4230, 'not JSON'],
    [
      '4230 for a sample without a room',
      '/samples/s/u',
      '{"clientSamples":[{"clientId":"a","timestamp":1}]}',
      4230,
      'roomId is missing',
    ],
    ['4230 for half a protobuf', '/samples/s/u?format=protobuf', '\u0008', 4230, 'not a protobuf'],
    ['4230 for another version', '/samples/s/u?schemaVersion=9.9.9', '', 4230, 'schemaVersion'],
    ['4230 for another path', '/other', '', 4230, 'the path'],
    ['1009 for more than a megabyte', '/samples/s/u', 'x'.repeat(1_000_001), 1009, ''],
  ])('close with %s', async (_, path, message, code, reason) => {
    const socket = connect(path);
    const end = closing(socket);
    await once(socket, 'open');
    if (message !== '') socket.send(message);
    const [actual, why] = await end;
    expect(actual).toBe(code);
    expect(why).toContain(reason);
    expect(received()).toBe(0);
  });

  it('take every message whole, alone in its piece of the stream, with others or in fragments', async () => {
    const socket = connect();
    await once(socket, 'open');
    const clients = Array.from({ length: 200 }, (_, index) => `client-${index}`);
    for (const [index, client] of clients.entries()) {
      const text = sample(client);
      if (index % 3 === 0) {
        socket.send(text.slice(0, 50), { fin: false });
        socket.send(text.slice(50));
      } else socket.send(text);
      // The others of ten leave in one go.
      if (index % 10 === 0) await new Promise(setImmediate);
    }
    expect(await sendAll(socket, [])).toEqual([1000, 'as asked']);
    const joined = harness.payloads('call-event').filter(({ name }) => name === 'CLIENT_JOINED');
    expect(joined.map(({ clientId }) => clientId).toSorted()).toEqual(clients.toSorted());
  });

  it('take a frame of exactly a megabyte', async () => {
    const frame = sample().padEnd(1_000_000, ' ');
    expect(await sendAll(connect(), [frame])).toEqual([1000, 'as asked']);
    expect(received()).toBe(1);
  });

  it('survive a frame that breaks the protocol', async () => {
    const socket = connect();
    await once(socket, 'open');
    const end = closing(socket);
    // A text frame whose reserved bits are set.
    (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(
      Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
    );
    expect((await end)[0]).toBe(1002);
    expect((await post('/rest/samples/s/u', sample())).status).toBe(200);
  });

  it('close with 4229 when they are switched off', async () => {
    await server.close();
    await start({ websocket: false });
    expect((await closing(connect()))[0]).toBe(4229);
  });
});

describe('tokens', () => {
  const tokens = [
    { token: 'good-token', expiresAtMs: null, maxWebsockets: 1 },
    { token: 'old-token', expiresAtMs: 1000, maxWebsockets: null },
  ];
  beforeEach(async () => {
    await server.close();
    await start({ tokens });
  });

  it.each([
    ['none', '', 4225],
    ['a wrong one', '?token=bad', 4231],
    ['an old one', '?token=old-token', 4224],
  ])('turn a web socket away with %s', async (_, query, code) => {
    expect((await closing(connect(`/samples/s/u${query}`)))[0]).toBe(code);
  });

  it('let as many web sockets in as they allow, and one more when one has gone', async () => {
    const one = connect('/samples/s/u?token=good-token');
    await once(one, 'open');
    one.ping();
    await once(one, 'pong');
    expect((await closing(connect('/samples/s/u?token=good-token')))[0]).toBe(4228);
    expect((await sendAll(one, [sample()]))[0]).toBe(1000);
    expect((await sendAll(connect('/samples/s/u?token=good-token'), [sample()]))[0]).toBe(1000);
  });

  it('guard REST, in the header or in the address', async () => {
    const statuses = [
      await post('/rest/samples/s/u', sample()),
      await post('/rest/samples/s/u?token=bad', sample()),
      await post('/rest/samples/s/u', sample(), { authorization: 'Bearer old-token' }),
      await post('/rest/samples/s/u', sample(), { authorization: 'Bearer good-token' }),
      await post('/rest/samples/s/u?token=good-token', sample()),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 401, 200, 200]);
  });
});

describe('management', () => {
  const get = async (path: string) => fetch(`http://127.0.0.1:${server.managementPort}${path}`);

  it('says that it is up, and what was counted', async () => {
    await post('/rest/samples/s/u', sample());
    await post('/rest/samples/s/u', '{');
    harness.observer.flush();
    expect(await (await get('/health')).json()).toEqual({ status: 'UP' });
    const text = await (await get('/metrics')).text();
    for (const line of [
      'observertc_samples_total{kind="client"} 1',
      'observertc_requests_total{outcome="invalid"} 1',
      'observertc_entities{kind="tracks"} 2',
      'observertc_reports_total{type="call-event"} 5',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect((await get('/other')).status).toBe(404);
  });

  it('can be switched off', async () => {
    await server.close();
    await start({ health: false, metrics: false });
    expect([(await get('/health')).status, (await get('/metrics')).status]).toEqual([404, 404]);
  });

  it('says plainly when a port is taken', async () => {
    await expect(start({ port: server.port })).rejects.toMatchObject({
      exitCode: 3,
      code: 'RTCB_OBSERVER_LISTEN',
    });
  });
});
