/**
 * Asks a Janus by itself, beside rtc-bench: prints Unix time and the packets of all its handles, in and out. To be
 * run inside its network namespace, with the folder of its configuration.
 */
import { readFileSync } from 'node:fs';

const folder = process.argv[2] ?? '';
const setting = (file: string, name: string) =>
  new RegExp(`^ *${name} = "?([^"\n]*)"?$`, 'm').exec(readFileSync(`${folder}/${file}`, 'utf8'))?.[1] ?? '';
const secret = setting('janus.jcfg', 'admin_secret');
const port = setting('janus.transport.http.jcfg', 'admin_port');

interface Flow {
  packets?: number;
  [layer: string]: number | Flow | undefined;
}
interface Answer {
  sessions?: number[];
  handles?: number[];
  info?: { webrtc?: { media?: Record<string, { stats: { in: Flow; out: Flow } }> } };
}

async function ask(path: string, janus: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/admin${path}`, {
    method: 'POST',
    body: JSON.stringify({ janus, transaction: 'test', admin_secret: secret }),
  });
  return (await response.json()) as Answer;
}

function packetsOf(flow: Flow): number {
  const layers = Object.values(flow).map((part) => (typeof part === 'object' ? packetsOf(part) : 0));
  return layers.reduce((sum, packets) => sum + packets, flow.packets ?? 0);
}

const beganMs = Date.now();
let packets = 0;
for (const session of (await ask('', 'list_sessions')).sessions ?? []) {
  for (const handle of (await ask(`/${session}`, 'list_handles')).handles ?? []) {
    const { info } = await ask(`/${session}/${handle}`, 'handle_info');
    for (const { stats } of Object.values(info?.webrtc?.media ?? {})) {
      packets += packetsOf(stats.in) + packetsOf(stats.out);
    }
  }
}
process.stdout.write(JSON.stringify({ atMs: (beganMs + Date.now()) / 2, packets }));
