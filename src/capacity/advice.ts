import type { CapacityFile } from './capacity-file.ts';
import { TARGET_STRESS } from './stress.ts';

export interface Advice {
  system: string;
  /** Where it goes. */
  file: string;
  /** What to write there, line by line. */
  lines: string[];
  /** Why, and what to mind. */
  note: string;
}

/** jitsi-videobridge leaves its overload at this share of its threshold: 40000 of 50000. */
const RECOVERY_SHARE = 0.8;

/**
 * What a measured capacity means in each SFU's own configuration. It was measured on one SFU and is told in packets
 * a second; for another one it is a starting point, and the note says so. Nothing without a capacity.
 *
 * Keys: jitsi-videobridge `reference.conf`, jicofo `reference.conf`, mediasoup's scalability page, LiveKit
 * `config-sample.yaml`.
 */
export function adviseConfiguration(capacity: CapacityFile): Advice[] {
  const { maxPacketRatePps: max, perParticipant, perConsumer } = capacity;
  if (max === null) return [];
  const { kind: measuredKind, software, cpuShare } = capacity.bridge;
  const held =
    cpuShare == null ? '' : ` For a bridge that has ${cpuShare} of a core, as the one that was measured had.`;
  const measuredHere = (kind: string) =>
    measuredKind === kind ? held : `${held} Measured on ${software}: calibrate yours before you rely on it.`;
  const share = perParticipant === null ? null : perParticipant.packetRatePps / max;
  const jitsiNote = measuredHere('jitsi');
  const advice: Advice[] = [
    {
      system: 'jitsi-videobridge',
      file: 'jvb.conf',
      lines: [
        'videobridge.load-management.load-measurements.load-measurement = "packet-rate"',
        `videobridge.load-management.load-measurements.packet-rate.load-threshold = ${Math.round(max)}`,
        `videobridge.load-management.load-measurements.packet-rate.recovery-threshold = ${Math.round(max * RECOVERY_SHARE)}`,
        ...(share === null
          ? []
          : [`videobridge.load-management.average-participant-stress = ${digits(share)}`]),
      ],
      note: `Since 2024-11 the default measurement is CPU; packet rate has to be chosen.${jitsiNote}`,
    },
    {
      system: 'jicofo',
      file: 'jicofo.conf',
      lines: [
        `jicofo.bridge.stress-threshold = ${TARGET_STRESS}`,
        ...(share === null ? [] : [`jicofo.bridge.average-participant-stress = ${digits(share)}`]),
      ],
      note: `Reported stress is seconds old; the second value is what each newcomer adds until it shows.${jitsiNote}`,
    },
  ];
  if (perConsumer !== null) {
    const consumers = Math.floor((max * TARGET_STRESS) / perConsumer.packetRatePps);
    advice.push({
      system: 'mediasoup',
      file: 'your room placement',
      lines: [`consumers per worker = ${consumers}`],
      note: `At stress ${TARGET_STRESS}, for consumers of this kind (${Math.round(perConsumer.packetRatePps)} packets/s each, with their share of what comes in). The rule of thumb is 500.${measuredHere('mediasoup')}`,
    });
    advice.push({
      system: 'LiveKit',
      file: 'livekit.yaml',
      lines: ['limit:', `  num_tracks: ${consumers}`],
      note: `Tracks in and out of a node that has one core for media; times its cores otherwise.${measuredHere('livekit')}`,
    });
  }
  return advice;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
