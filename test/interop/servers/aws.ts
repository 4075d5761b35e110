import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonPrograms } from './provide.ts';
import { freePort, startServer, succeeds, type TestServer } from './server.ts';

const MOTO_VERSION = '5.2.5';

/** A double of S3 and Firehose on one port. It takes any credentials and more records than AWS does. */
export async function startMoto(): Promise<TestServer> {
  const programs = await pythonPrograms('moto', MOTO_VERSION, '[server]');
  const port = await freePort();
  const answers = (): Promise<unknown> => fetch(`http://127.0.0.1:${port}/moto-api/`);
  const args = ['-H', '127.0.0.1', '-p', String(port)];
  return startServer(join(programs, 'moto_server'), args, port, () => succeeds(answers));
}

/** An S3 server in JavaScript that checks signatures; both of its keys are `S3RVER`. */
export async function startS3rver(directory: string): Promise<TestServer> {
  const program = fileURLToPath(new URL('../../../node_modules/s3rver/bin/s3rver.js', import.meta.url));
  const port = await freePort();
  const args = ['-d', directory, '-a', '127.0.0.1', '-p', String(port), '--no-vhost-buckets', '-s'];
  const answers = (): Promise<unknown> => fetch(`http://127.0.0.1:${port}/`);
  return startServer(process.execPath, [program, ...args], port, () => succeeds(answers));
}
