import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startService } from '../../src/observer/service.ts';
import { createSystem } from '../../src/system/real.ts';
import { pythonPrograms } from './servers/provide.ts';

const VERSION = '0.26.0';

/** Prints each family that Prometheus' own parser finds as `[name, type, sum of its values]`. */
const PARSER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[f.name, f.type, sum(s.value for s in f.samples)] for f in families]))
`;

type Family = [name: string, type: string, sum: number];

async function parse(text: string): Promise<Family[]> {
  const programs = await pythonPrograms('prometheus-client', VERSION);
  return new Promise((resolve, reject) => {
    const parser = execFile(join(programs, 'python'), ['-c', PARSER], (error, output) =>
      error === null ? resolve(JSON.parse(output) as Family[]) : reject(error),
    );
    parser.stdin?.end(text);
  });
}

it('/metrics is read by Prometheus’ own parser, with every family once and of its type', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'metrics-'));
  const service = await startService(createSystem(), {
    configFile: null,
    outDirectory: directory,
    fileEncoding: 'csv',
    host: '127.0.0.1',
    port: 0,
    managementPort: 0,
    token: null,
  });
  try {
    const body = JSON.stringify({ clientSamples: [{ clientId: 'a', roomId: 'r', timestamp: 1 }] });
    const address = `http://127.0.0.1:${service.port}/rest/samples/s/u`;
    for (let sent = 0; sent < 3; sent += 1) await fetch(address, { method: 'POST', body });
    const text = await (await fetch(`http://127.0.0.1:${service.managementPort}/metrics`)).text();
    const families = await parse(text);
    expect(new Set(families.map(([name]) => name)).size).toBe(families.length);
    expect(families).toContainEqual(['observertc_samples', 'counter', 3]);
    expect(families).toContainEqual(['observertc_requests', 'counter', 3]);
    expect(families).toContainEqual(['observertc_websockets_open', 'gauge', 0]);
    expect(families.filter(([, type]) => type !== 'counter' && type !== 'gauge')).toEqual([]);
  } finally {
    await service.close();
    await rm(directory, { recursive: true });
  }
}, 400_000);
