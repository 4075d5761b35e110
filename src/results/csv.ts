import { stringify } from 'csv-stringify/sync';
import type { BridgeRow, ParticipantRow, TrackRow, TrafficByMedium } from './records.ts';

/** What a spreadsheet would take for a formula is escaped in text; numbers, also negative ones, stay numbers. */
export type Cell = string | number | boolean | null;

/** The columns of one CSV: the name in its header and the value of a row. */
export type Columns<Row> = readonly (readonly [name: string, value: (row: Row) => Cell])[];

interface Timed<Row> {
  tMs: number;
  row: Row;
  /** The room as the scenario names it: untrusted text. */
  roomName: string;
}

export const BRIDGE_COLUMNS: Columns<Timed<BridgeRow>> = [
  ['t_ms', ({ tMs }) => tMs],
  ['bridge', ({ row }) => row.bridgeId],
  ['stage', ({ row }) => row.stage],
  ['steady', ({ row }) => row.steady],
  ['interval_ms', ({ row }) => row.intervalMs],
  ['packet_rate_in_pps', ({ row }) => row.packetRateInPps],
  ['packet_rate_out_pps', ({ row }) => row.packetRateOutPps],
  ['relay_packet_rate_in_pps', ({ row }) => row.relayPacketRateInPps],
  ['relay_packet_rate_out_pps', ({ row }) => row.relayPacketRateOutPps],
  ['packet_rate_pps', ({ row }) => row.packetRatePps],
  ['max_packet_rate_pps', ({ row }) => row.maxPacketRatePps],
  ['stress', ({ row }) => row.stress],
  ['bitrate_in_bps', ({ row }) => row.bitrateInBps],
  ['bitrate_out_bps', ({ row }) => row.bitrateOutBps],
  ['relay_bitrate_in_bps', ({ row }) => row.relayBitrateInBps],
  ['relay_bitrate_out_bps', ({ row }) => row.relayBitrateOutBps],
  ['cpu_ratio', ({ row }) => row.cpuRatio],
  ['memory_bytes', ({ row }) => row.memoryBytes],
  ['producers', ({ row }) => row.producers],
  ['consumers', ({ row }) => row.consumers],
  ['rooms', ({ row }) => row.rooms],
  ['participants', ({ row }) => row.participants],
  ['nack_rate_pps', ({ row }) => row.nackRatePps],
  ['pli_rate_pps', ({ row }) => row.pliRatePps],
  ['socket_drops', ({ row }) => row.socketDrops ?? null],
  ['relay_socket_drops', ({ row }) => row.relaySocketDrops ?? null],
  ['packets_in', ({ row }) => row.packetsIn],
  ['packets_out', ({ row }) => row.packetsOut],
  ['relay_packets_in', ({ row }) => row.relayPacketsIn],
  ['relay_packets_out', ({ row }) => row.relayPacketsOut],
  ['read_at_ms', ({ row }) => row.readAtMs],
];

function trafficColumns(direction: 'up' | 'down'): Columns<Timed<ParticipantRow>> {
  const media: (keyof TrafficByMedium)[] = ['audio', 'video', 'data'];
  return media.flatMap(
    (medium): Columns<Timed<ParticipantRow>> => [
      [`${direction}_${medium}_packets`, ({ row }) => row[direction][medium].packets],
      [`${direction}_${medium}_bytes`, ({ row }) => row[direction][medium].bytes],
    ],
  );
}

export const PARTICIPANT_COLUMNS: Columns<Timed<ParticipantRow>> = [
  ['t_ms', ({ tMs }) => tMs],
  ['participant', ({ row }) => row.participantId],
  ['group', ({ row }) => row.group],
  ['room_id', ({ row }) => row.roomId],
  ['room', ({ roomName }) => roomName],
  ['bridge', ({ row }) => row.bridgeId],
  ['engine', ({ row }) => row.engine],
  ['stage', ({ row }) => row.stage],
  ['steady', ({ row }) => row.steady],
  ['interval_ms', ({ row }) => row.intervalMs],
  ['rtt_ms', ({ row }) => row.rttMs],
  ...trafficColumns('up'),
  ...trafficColumns('down'),
  ['tracks_up', ({ row }) => row.tracksUp],
  ['tracks_down', ({ row }) => row.tracksDown],
  ['control_datagrams_sent', ({ row }) => row.controlDatagramsSent],
  ['control_datagrams_received', ({ row }) => row.controlDatagramsReceived],
  ['available_outgoing_bitrate_bps', ({ row }) => row.availableOutgoingBitrateBps],
  ['endpoint', ({ row }) => row.endpoint],
];

export const TRACK_COLUMNS: Columns<Timed<TrackRow>> = [
  ['t_ms', ({ tMs }) => tMs],
  ['participant', ({ row }) => row.participantId],
  ['room_id', ({ row }) => row.roomId],
  ['room', ({ roomName }) => roomName],
  ['bridge', ({ row }) => row.bridgeId],
  ['engine', ({ row }) => row.engine],
  ['track', ({ row }) => row.trackId],
  ['direction', ({ row }) => row.direction],
  ['kind', ({ row }) => row.kind],
  ['source', ({ row }) => row.source],
  ['publisher', ({ row }) => row.publisherId],
  ['producer_id', ({ row }) => row.producerId],
  ['consumer_id', ({ row }) => row.consumerId],
  ['stage', ({ row }) => row.stage],
  ['steady', ({ row }) => row.steady],
  ['interval_ms', ({ row }) => row.intervalMs],
  ['packet_rate_pps', ({ row }) => row.packetRatePps],
  ['bitrate_bps', ({ row }) => row.bitrateBps],
  ['packets', ({ row }) => row.packets],
  ['payload_bytes', ({ row }) => row.payloadBytes],
  ['retransmitted_packets', ({ row }) => row.retransmittedPackets],
  ['packets_lost', ({ row }) => row.packetsLost],
  ['loss_ratio', ({ row }) => row.lossRatio],
  ['loss_before_repair_ratio', ({ row }) => row.lossBeforeRepairRatio],
  ['out_of_order_ratio', ({ row }) => row.outOfOrderRatio],
  ['packets_duplicated', ({ row }) => row.packetsDuplicated],
  ['jitter_ms', ({ row }) => row.jitterMs],
  ['frames_per_second', ({ row }) => row.framesPerSecond],
  ['freeze_ratio', ({ row }) => row.freezeRatio],
  ['freeze_count', ({ row }) => row.freezeCount],
  ['frame_width', ({ row }) => row.frameWidth],
  ['frame_height', ({ row }) => row.frameHeight],
  ['spatial_layer', ({ row }) => row.spatialLayer],
  ['layer_switches', ({ row }) => row.layerSwitches],
  ['nack_count', ({ row }) => row.nackCount],
  ['pli_count', ({ row }) => row.pliCount],
  ['fir_count', ({ row }) => row.firCount],
  ['one_way_delay_ms', ({ row }) => row.oneWayDelayMs],
  ['endpoint', ({ row }) => row.endpoint],
  ['codec', ({ row }) => row.codec],
  ['first_frame_ms', ({ row }) => row.firstFrameMs],
  ['audio_decoded_ratio', ({ row }) => row.audioDecodedRatio],
];

/** Lines of CSV (RFC 4180, with line feeds), without a header. Missing is an empty field. */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    {
      escape_formulas: true,
      record_delimiter: '\n',
      cast: { boolean: (value) => String(value) },
    },
  );
}

export function csvHeader<Row>(columns: Columns<Row>): string {
  return csvLines([columns.map(([name]) => name)]);
}

export function csvRow<Row>(columns: Columns<Row>, row: Row): Cell[] {
  return columns.map(([, value]) => value(row));
}
