import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { environmentError, errorMessage } from '../../errors.ts';

const DOCUMENT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>rtc-bench participants</title><link rel="icon" href="data:,"><script defer src="/page.js"></script></head>
<body></body>
</html>
`;

/** The page needs its own script and signalling, nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src ws: wss:; media-src blob: mediastream:; img-src data:";

/** Serves the participants' page. On the loopback interface unless browsers elsewhere have to reach it. */
export class PageServer {
  readonly #server: Server;
  readonly #host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** `advertise`: address of this host by which browsers elsewhere reach it; only then is it open to others. */
  static async start(script: string, advertise: string | null): Promise<PageServer> {
    const server = createServer((request, response) => {
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('cache-control', 'no-store');
      response.setHeader('x-content-type-options', 'nosniff');
      if (request.method !== 'GET') response.writeHead(405).end();
      else if (request.url === '/')
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(DOCUMENT);
      else if (request.url === '/page.js')
        response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
      else response.writeHead(404).end();
    });
    const address = advertise ?? '127.0.0.1';
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, address, () => resolve());
    }).catch((error: unknown) => {
      throw environmentError(
        'RTCB_PAGE_SERVER',
        `cannot serve the participants' page on ${address}: ${errorMessage(error)}`,
        advertise === null ? {} : { hint: '--advertise takes an address that this host has' },
      );
    });
    return new PageServer(server, address);
  }

  get url(): string {
    const { port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${this.#host}]` : this.#host}:${port}/`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
