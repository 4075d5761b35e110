import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SampleSource } from '../model/types.ts';
import type { ClientReference } from '../observer.ts';
import { SampleError } from '../schema/samples.ts';
import { sampleAddress } from './address.ts';
import { accept, type Intake, noteClients } from './intake.ts';
import { presentedToken } from './tokens.ts';

/** Largest body in bytes: observer-service `max-request-size`. */
export const MAX_BODY_BYTES = 104_857_600;

class TooLarge extends Error {}

/** Reads a body up to the limit. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** Pages of an application post from its own origin; nothing here can be read back or depends on cookies. */
function allowOrigin(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader('access-control-allow-headers', 'authorization, content-type');
}

/**
 * `POST /rest/samples/{serviceId}/{mediaUnitId}`, one `Samples` a request. Any content type is taken; upstream
 * insists on application/octet-stream. What cannot be decoded is answered as upstream does, with 500 and why.
 */
export async function handleRest(
  intake: Intake,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://observer');
  if (!url.pathname.startsWith('/rest/samples/')) return answer(response, 404, 'not found\n');
  allowOrigin(response);
  if (request.method === 'OPTIONS') return answer(response, 204);
  if (request.method !== 'POST') return answer(response, 405, 'POST only\n');
  if (!intake.restEnabled) return answer(response, 403, 'sources.rest is disabled\n');
  const access = intake.gatekeeper.check(presentedToken(request, url), intake.clock.wallMs());
  if (access !== 'allowed') return answer(response, 401, `token ${access}\n`);
  try {
    const address = sampleAddress('rest', url);
    if (address === null) return answer(response, 404, 'not found\n');
    const body = await readBody(request);
    if (body.length > 0) {
      const source: SampleSource = { ...address, connectionId: null };
      const message = (await intake.decoders.forFormat(address.format)).decode(body);
      accept(intake.observer, source, message);
      if (message.controls?.close === true) {
        const leaving = new Map<string, ClientReference>();
        noteClients(leaving, message);
        intake.observer.endClients(source, [...leaving.values()]);
      }
    }
    intake.counters.add('requests', 'accepted');
    answer(response, 200);
  } catch (error) {
    refuse(intake, response, error);
  }
}

function refuse(intake: Intake, response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  if (error instanceof TooLarge) {
    intake.counters.add('requests', 'too-large');
    response.setHeader('connection', 'close');
    answer(response, 413, `more than ${MAX_BODY_BYTES} bytes\n`);
  } else if (error instanceof SampleError) {
    intake.counters.add('requests', 'invalid');
    answer(response, 500, `${error.message}\n`);
  } else {
    intake.counters.add('requests', 'failed');
    intake.onError(error);
    answer(response, 500, 'internal error\n');
  }
}
