import { iperf3EventSchema } from './iperf3-schema.ts';
import { splitJsonDocuments } from './json-documents.ts';
import { iperfUnreadable } from './run.ts';

/** The one document to read out of `text`: of `-J` the last, of `--json-stream` the one its events make. */
export function documentOf(text: string, warnings: string[]): unknown {
  const { documents, truncated } = splitJsonDocuments(text);
  const values = documents.map(parseOne);
  const events = values.flatMap((value) => {
    const event = iperf3EventSchema.safeParse(value);
    return event.success ? [event.data] : [];
  });
  const whole = values.filter((value) => !iperf3EventSchema.safeParse(value).success);
  const last = whole.at(-1);
  if (last !== undefined) {
    if (truncated) warnings.push('the text ends inside another run, which is left out');
    if (whole.length > 1) warnings.push(`the text holds ${whole.length} runs: the last one is read`);
    return last;
  }
  if (events.length > 0) return assemble(events, truncated, warnings);
  throw iperfUnreadable(
    truncated ? 'it is truncated: the JSON document never ends' : 'it holds no JSON document',
  );
}

function parseOne(json: string): unknown {
  try {
    return JSON.parse(json.replace(/:\s*-?nan\b/gi, ':null'));
  } catch {
    throw iperfUnreadable('its JSON is damaged');
  }
}

function assemble(
  events: readonly { event: string; data?: unknown }[],
  truncated: boolean,
  warnings: string[],
): Record<string, unknown> {
  const dataOf = (name: string) => events.findLast(({ event }) => event === name)?.data;
  const intervals = events.filter(({ event }) => event === 'interval').map(({ data }) => data);
  const end = dataOf('end');
  const error = dataOf('error');
  if (end === undefined && error === undefined && intervals.length === 0)
    throw iperfUnreadable('it is truncated: the stream ends before its first interval');
  if ((end === undefined || truncated) && error === undefined)
    warnings.push('the stream ends before its `end` event: totals are those of its intervals');
  return {
    start: dataOf('start'),
    intervals,
    end: end ?? endOfIntervals(intervals),
    error,
    server_output_json: dataOf('server_output_json'),
    server_output_text: dataOf('server_output_text'),
  };
}

/** Totals of a stream that was cut: the receiving side's intervals count as received, the sender's as sent. */
function endOfIntervals(intervals: readonly unknown[]): unknown {
  let bytes = 0;
  let packets = 0;
  let lost = 0;
  let seconds = 0;
  let sender: unknown = null;
  for (const interval of intervals) {
    const sum = (interval as { sum?: Record<string, unknown> } | undefined)?.sum;
    if (sum === undefined || sum.omitted === true) continue;
    const numberOf = (key: string) => (typeof sum[key] === 'number' ? sum[key] : 0);
    bytes += numberOf('bytes');
    packets += numberOf('packets');
    lost += numberOf('lost_packets');
    seconds += numberOf('seconds');
    sender = sum.sender;
  }
  const counted = { bytes, packets, lost_packets: lost, seconds };
  return sender === true ? { sum_sent: counted } : { sum_received: counted };
}
