import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonPrograms } from './provide.ts';
import { freePort, startServer, succeeds, type TestServer } from './server.ts';

const MOTO_VERSION = '5.2.5';

/**
 * A double of S3, Firehose, IAM and STS on one port. It takes more records than AWS does, and any credentials until
 * `checkSignatures` has been asked for.
 */
export async function startMoto(onPort?: number): Promise<TestServer> {
  const programs = await pythonPrograms('moto', MOTO_VERSION, '[server]');
  const port = onPort ?? (await freePort());
  const answers = (): Promise<unknown> => fetch(`http://127.0.0.1:${port}/moto-api/`);
  const args = ['-H', '127.0.0.1', '-p', String(port)];
  return startServer(join(programs, 'moto_server'), args, port, () => succeeds(answers));
}

/** An S3 server in JavaScript that checks signatures; both of its keys are `S3RVER`. */
export async function startS3rver(directory: string, onPort?: number): Promise<TestServer> {
  const program = fileURLToPath(new URL('../../../node_modules/s3rver/bin/s3rver.js', import.meta.url));
  const port = onPort ?? (await freePort());
  const args = ['-d', directory, '-a', '127.0.0.1', '-p', String(port), '--no-vhost-buckets', '-s'];
  const answers = (): Promise<unknown> => fetch(`http://127.0.0.1:${port}/`);
  return startServer(process.execPath, [program, ...args], port, () => succeeds(answers));
}

/** From now on moto checks signatures, session tokens and policies, but for the next so many calls. */
export async function checkSignatures(moto: TestServer, afterCalls = 0): Promise<void> {
  const url = `http://127.0.0.1:${moto.port}/moto-api/reset-auth`;
  const { ok, status } = await fetch(url, { method: 'POST', body: String(afterCalls) });
  if (!ok) throw new Error(`moto does not check signatures: ${status}`);
}

/** One call of IAM's query protocol, while moto takes any credentials. Returns the XML of the answer. */
export async function iam(
  moto: TestServer,
  action: string,
  parameters: Record<string, string>,
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${moto.port}/`, {
    method: 'POST',
    // By the scope of the signature moto knows the service; who signed it matters to nobody yet.
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${action}: ${text}`);
  return text;
}
