import { createObserver, type EvaluationSettings } from '../../src/observer/index.ts';
import type { SampleSource } from '../../src/observer/model/types.ts';
import type { ObfuscationSettings } from '../../src/observer/obfuscate.ts';
import { type ReportEnvelope, reportEnvelope } from '../../src/observer/reports/payload.ts';
import type { Report, ReportType } from '../../src/observer/reports/types.ts';
import type { ClientSample, SfuSample } from '../../src/observer/schema/samples.ts';
import { DEFAULT_QUEUE_LIMITS } from '../../src/observer/sinks/limits.ts';
import { SinkQueue } from '../../src/observer/sinks/queue.ts';
import { ALL_TYPES } from '../../src/observer/sinks/route.ts';
import { ALL_WRITTEN } from '../../src/observer/sinks/types.ts';
import { FakeClock } from '../support/fake-clock.ts';

export const source: SampleSource = { serviceId: 'service', mediaUnitId: 'unit', connectionId: null };

export interface Harness {
  readonly clock: FakeClock;
  readonly observer: ReturnType<typeof createObserver>;
  readonly reports: Report[];
  /** Payloads of one type so far. */
  payloads(type: ReportType): ReportEnvelope['payload'][];
  /** Names of the call events so far. */
  callEvents(): string[];
  sfuEvents(): string[];
  client(sample: Partial<ClientSample> & { clientId: string }, from?: SampleSource): void;
  sfu(sample: Partial<SfuSample>): void;
  /** Waits that long in server time, evaluating on the way. */
  pass(seconds: number): Promise<void>;
}

/** An observer with a clock that stands still, whose reports are looked at as they are made. */
export function createHarness(
  settings: Partial<EvaluationSettings> = {},
  obfuscation?: ObfuscationSettings,
): Harness {
  const clock = new FakeClock();
  const reports: Report[] = [];
  const queue = new SinkQueue({
    name: 'memory',
    clock,
    limits: DEFAULT_QUEUE_LIMITS,
    open: async () => ({ description: 'memory', write: async () => ALL_WRITTEN, close: async () => {} }),
  });
  const push = queue.push.bind(queue);
  queue.push = (report) => {
    reports.push(report);
    push(report);
  };
  let calls = 0;
  const observer = createObserver({
    clock,
    sinks: [{ queue, types: ALL_TYPES }],
    settings,
    collector: { maxItems: 10_000, maxTimeMs: 1000 },
    keepSummary: true,
    newCallId: () => `call-${++calls}`,
    ...(obfuscation === undefined ? {} : { obfuscation }),
  });
  const names = (type: ReportType) =>
    reports
      .filter((report) => report.type === type)
      .map((report) => String(reportEnvelope(report).payload.name));
  return {
    clock,
    observer,
    reports,
    payloads: (type) =>
      reports.filter((report) => report.type === type).map((report) => reportEnvelope(report).payload),
    callEvents: () => names('call-event'),
    sfuEvents: () => names('sfu-event'),
    client: (sample, from = source) =>
      observer.addClientSample(from, { roomId: 'room', timestamp: clock.wallMs(), ...sample }),
    sfu: (sample) => observer.addSfuSample(source, { sfuId: 'sfu', timestamp: clock.wallMs(), ...sample }),
    async pass(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1000);
        observer.tick();
      }
    },
  };
}

/** A client with a camera and a microphone that it sends through an SFU. */
export function publisher(clientId: string, timestamp?: number): ClientSample {
  return {
    clientId,
    roomId: 'room',
    timestamp: timestamp ?? 1_700_000_000_000,
    pcTransports: [{ transportId: `${clientId}-t`, peerConnectionId: `${clientId}-pc`, label: 'send' }],
    outboundAudioTracks: [
      {
        ssrc: 1,
        trackId: `${clientId}-mic`,
        peerConnectionId: `${clientId}-pc`,
        sfuStreamId: `${clientId}-a`,
        bytesSent: 1000,
      },
    ],
    outboundVideoTracks: [
      {
        ssrc: 2,
        trackId: `${clientId}-cam`,
        peerConnectionId: `${clientId}-pc`,
        sfuStreamId: `${clientId}-v`,
        rid: 'l',
      },
      {
        ssrc: 3,
        trackId: `${clientId}-cam`,
        peerConnectionId: `${clientId}-pc`,
        sfuStreamId: `${clientId}-v`,
        rid: 'h',
      },
    ],
  };
}
