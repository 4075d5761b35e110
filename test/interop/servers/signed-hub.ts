import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SignedHub {
  /** With the secret in its path. */
  url: string;
  secret: string;
  /** Requests that it has let through. */
  readonly requests: number;
  close(): Promise<void>;
}

/**
 * A grid behind an address that is itself the credential, as AWS Device Farm hands out for a while: whoever asks by
 * another path is refused. The real one is a service of AWS; the grid behind this one is real.
 */
export async function startSignedHub(gridUrl: string): Promise<SignedHub> {
  const secret = 'AQICAHhSignedToken0123456789abcdef';
  const prefix = `/${secret}/wd/hub`;
  let requests = 0;
  const server = createServer((incoming, response) => {
    const { url = '', method, headers } = incoming;
    if (!url.startsWith(`${prefix}/`)) {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          value: { error: 'session not created', message: `not signed: http://${headers.host}${url}` },
        }),
      );
      return;
    }
    requests += 1;
    const onward = request(`${gridUrl}${url.slice(prefix.length)}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    secret,
    get requests() {
      return requests;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
