import type { Observer } from '../observer.ts';
import type { SinkRoute } from '../sinks/route.ts';

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  /** Label pairs and values. */
  values: [labels: Record<string, string>, value: number][];
}

function familyText(prefix: string, family: Family): string {
  const name = `${prefix}_${family.name}`;
  const lines = family.values.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.type}`, ...lines, ''].join('\n');
}

function sinkFamilies(routes: readonly SinkRoute[]): Family[] {
  const each = (count: (route: SinkRoute) => number): Family['values'] =>
    routes.map((route) => [{ sink: route.queue.name }, count(route)]);
  return [
    {
      name: 'sink_reports_total',
      help: 'Reports written, by sink.',
      type: 'counter',
      values: each(({ queue }) => queue.counters.written),
    },
    {
      name: 'sink_retries_total',
      help: 'Batches that had to be tried again, by sink.',
      type: 'counter',
      values: each(({ queue }) => queue.counters.retries),
    },
    {
      name: 'sink_spilled_total',
      help: 'Reports put on disk because the buffer was full, by sink.',
      type: 'counter',
      values: each(({ queue }) => queue.counters.spilled),
    },
    {
      name: 'sink_buffered',
      help: 'Reports waiting or being written, by sink.',
      type: 'gauge',
      values: each(({ queue }) => queue.buffered),
    },
    {
      name: 'sink_dropped_total',
      help: 'Reports dropped, by sink and reason.',
      type: 'counter',
      values: routes.flatMap(({ queue }) =>
        Object.entries(queue.counters.dropped).map(([reason, count]): [Record<string, string>, number] => [
          { sink: queue.name, reason },
          count,
        ]),
      ),
    },
  ];
}

/** Everything that is counted, in Prometheus' text format 0.0.4. */
export function metricsText(
  prefix: string,
  observer: Observer,
  routes: readonly SinkRoute[],
  openWebsockets: number,
): string {
  const counted = (family: Parameters<Observer['counters']['entries']>[0], label: string): Family['values'] =>
    observer.counters.entries(family).map(([value, count]) => [{ [label]: value }, count]);
  const families: Family[] = [
    {
      name: 'samples_total',
      help: 'Samples received, by kind.',
      type: 'counter',
      values: counted('samples', 'kind'),
    },
    {
      name: 'reports_total',
      help: 'Reports made, by type.',
      type: 'counter',
      values: counted('reports', 'type'),
    },
    {
      name: 'dropped_total',
      help: 'Samples and reports not used, by reason.',
      type: 'counter',
      values: counted('dropped', 'reason'),
    },
    {
      name: 'requests_total',
      help: 'REST requests, by outcome.',
      type: 'counter',
      values: counted('requests', 'outcome'),
    },
    {
      name: 'websocket_events_total',
      help: 'Web sockets opened, refused and failed.',
      type: 'counter',
      values: counted('websockets', 'event'),
    },
    { name: 'websockets_open', help: 'Web sockets open now.', type: 'gauge', values: [[{}, openWebsockets]] },
    {
      name: 'entities',
      help: 'What is known now, by kind.',
      type: 'gauge',
      values: Object.entries(observer.stateCounts()).map(([kind, count]) => [{ kind }, count]),
    },
    {
      name: 'resident_memory_bytes',
      help: 'Resident memory of the process.',
      type: 'gauge',
      values: [[{}, process.memoryUsage.rss()]],
    },
    ...sinkFamilies(routes),
  ];
  return families.map((family) => familyText(prefix, family)).join('');
}
