import { isMetricName } from '../metrics/catalogue.ts';
import type { DistributionRecord, TimelineRecord } from './records.ts';

/** Whether a value is a non-null object (the fields of a record that hold one must). */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What each type of record must have to be used at all; what is inside is shown as it is. */
const NEEDED: Record<TimelineRecord['type'], (record: Record<string, unknown>) => boolean> = {
  'run-started': ({ stages }) => Array.isArray(stages) && stages.every(isStage),
  'stage-started': ({ stage }) => typeof stage === 'string',
  'participant-joined': hasParticipant,
  'participant-failed': hasParticipant,
  'participant-steps': hasParticipant,
  'calibration-step': ({ step }) => typeof step === 'object' && step !== null,
  'path-probed': ({ prober }) => typeof prober === 'string',
  'track-published': hasParticipant,
  'track-subscribed': hasParticipant,
  'participant-left': hasParticipant,
  'participant-summary': ({ summary }) =>
    isObject(summary) &&
    typeof summary.participantId === 'string' &&
    isTraffic(summary.up) &&
    isTraffic(summary.down),
  bridge: ({ sample }) =>
    isObject(sample) && typeof sample.bridgeId === 'string' && isNumber(sample.packetRatePps),
  host: ({ sample }) => isObject(sample),
  generator: ({ sample }) => isObject(sample) && typeof sample.engine === 'string',
  quality: ({ sample }) => isObject(sample),
  'room-placed': ({ roomId, bridgeId }) => typeof roomId === 'string' && typeof bridgeId === 'string',
  'bridge-up': ({ bridgeId }) => typeof bridgeId === 'string',
  'bridge-died': ({ bridgeId }) => typeof bridgeId === 'string',
  warning: ({ message }) => typeof message === 'string',
  gate: ({ expression }) => typeof expression === 'string',
  'run-ended': ({ status }) => typeof status === 'string',
};

function hasParticipant({ participantId }: Record<string, unknown>): boolean {
  return typeof participantId === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isStage(value: unknown): boolean {
  return (
    isObject(value) && typeof value.name === 'string' && isNumber(value.startMs) && isNumber(value.endMs)
  );
}

function isTraffic(value: unknown): boolean {
  if (!isObject(value)) return false;
  return [value.audio, value.video, value.data].every(
    (load) => isObject(load) && isNumber(load.packets) && isNumber(load.bytes),
  );
}

/** A record of a known type with what it needs; a type that a later version added is no error, only unknown. */
export function asTimelineRecord(value: Record<string, unknown>): TimelineRecord | null {
  const { type, tMs } = value;
  if (!isNumber(tMs) || typeof type !== 'string' || !Object.hasOwn(NEEDED, type)) return null;
  return NEEDED[type as TimelineRecord['type']](value) ? (value as unknown as TimelineRecord) : null;
}

export function asDistributionRecord(value: Record<string, unknown>): DistributionRecord | null {
  const { metric, labels, stage, steady, data } = value;
  if (typeof metric !== 'string' || !isMetricName(metric) || !isObject(labels)) return null;
  if (typeof stage !== 'string' || typeof steady !== 'boolean' || !isObject(data)) return null;
  const counted = isNumber(data.count) && isNumber(data.sum) && data.count >= 0;
  const listed = Array.isArray(data.exact) ? data.exact.every(isNumber) : isBuckets(data.buckets);
  return counted && listed ? (value as unknown as DistributionRecord) : null;
}

function isBuckets(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && isNumber(pair[0]) && isNumber(pair[1]))
  );
}
