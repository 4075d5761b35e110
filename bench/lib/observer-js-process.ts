import { createObserver, type ObservedClient } from '@observertc/observer-js';
import type { Samples } from '../../src/observer/schema/samples.ts';
import { type LoadOptions, sampleBodies } from './observer-load.ts';

/**
 * The same samples through upstream's own observer for Node, in a process of its own: parsed from JSON and given to
 * it, its reports counted. No sockets and no files, so it does less than the service that it stands beside.
 */
const [text = '{}'] = process.argv.slice(2);
const { samples, ...load } = JSON.parse(text) as Omit<LoadOptions, 'url'> & { samples: number };

const observer = createObserver({
  defaultServiceId: 'bench',
  defaultMediaUnitId: 'unit',
  // Unless told so it keeps every report for ever.
  maxReports: 1000,
  maxCollectingTimeInMs: 1000,
});
let reports = 0;
observer.on('reports', (context) => {
  for (const list of Object.values(context)) reports += (list as readonly unknown[]).length;
});

const bodies = sampleBodies(load);
const clients: ObservedClient[] = [];
for (let index = 0; index < load.clients; index += load.clientsPerCall) {
  const room = String(index / load.clientsPerCall);
  const call = observer.createObservedCall({ roomId: room, callId: room, appData: {} });
  for (let at = index; at < Math.min(index + load.clientsPerCall, load.clients); at += 1) {
    const model = { clientId: `c${at}`, mediaUnitId: 'unit', appData: {} };
    clients.push(call.createClient(model) as ObservedClient);
  }
}

let sequence = 0;
async function round(): Promise<void> {
  sequence += 1;
  const timestamp = Date.now();
  for (const [index, client] of clients.entries()) {
    const json = `{"clientSamples":[{"timestamp":${timestamp},"sampleSeq":${sequence},${bodies[index]}}]}`;
    for (const sample of (JSON.parse(json) as Samples).clientSamples ?? []) {
      client.accept(sample as Parameters<ObservedClient['accept']>[0]);
    }
    if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
}

await round();
const before = process.cpuUsage();
const reportsBefore = reports;
let peakBytes = 0;
const rounds = Math.ceil(samples / load.clients);
for (let done = 0; done < rounds; done += 1) {
  await round();
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}
const { user, system } = process.cpuUsage(before);
const cpuSeconds = (user + system) / 1e6;
console.log(
  JSON.stringify({
    samples: rounds * load.clients,
    samplesPerCpuSecond: Math.round((rounds * load.clients) / cpuSeconds),
    reportsPerCpuSecond: Math.round((reports - reportsBefore) / cpuSeconds),
    peakResidentMegabytes: Math.round(peakBytes / 1024 / 1024),
  }),
);
process.exit(0);
