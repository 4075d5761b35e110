/**
 * Every metric that a run produces: what gates may name, what reports show, what `docs/metrics.md` lists (a test
 * holds the two together). A name is `subject.quantity_unit`; ratios run from 0 to 1 unless they say otherwise.
 */
export type MetricSubject = 'bridge' | 'participant' | 'track' | 'generator' | 'host';

export interface MetricDefinition {
  unit: string;
  description: string;
  /** Where the number comes from. */
  source: string;
}

export const METRICS = {
  'bridge.stress': {
    unit: 'ratio',
    description: 'Packet rate over the maximum packet rate of the bridge; not clamped, may exceed 1',
    source: 'bridge.packet_rate_pps / maxPacketRatePps',
  },
  'bridge.packet_rate_pps': {
    unit: 'packets/s',
    description: 'RTP packets in and out, local and inter-bridge',
    source: 'SFU counters: change over the time between their own two readings',
  },
  'bridge.packet_rate_in_pps': {
    unit: 'packets/s',
    description: 'RTP packets received, local and inter-bridge',
    source: 'SFU counters',
  },
  'bridge.packet_rate_out_pps': {
    unit: 'packets/s',
    description: 'RTP packets sent, local and inter-bridge',
    source: 'SFU counters',
  },
  'bridge.relay_packet_rate_pps': {
    unit: 'packets/s',
    description: 'RTP packets in and out between bridges',
    source: 'SFU counters of the pipes',
  },
  'bridge.bitrate_in_bps': {
    unit: 'bit/s',
    description: 'RTP bits received, local and inter-bridge',
    source: 'SFU counters',
  },
  'bridge.bitrate_out_bps': {
    unit: 'bit/s',
    description: 'RTP bits sent, local and inter-bridge',
    source: 'SFU counters',
  },
  'bridge.cpu_ratio': {
    unit: 'cores',
    description: 'CPU time of the media process over wall time; 1 is one core',
    source: 'getrusage of the worker',
  },
  'bridge.memory_bytes': {
    unit: 'bytes',
    description: 'Resident memory of the media process',
    source: '/proc/PID/status',
  },
  'bridge.socket_drops': {
    unit: 'count',
    description: 'Datagrams dropped in the interval because a socket of the bridge was full',
    source: 'kernel, per socket',
  },
  'bridge.up_ratio': {
    unit: 'ratio',
    description: '1 for a bridge that lives, 0 for one that has died, at each reading',
    source: 'target',
  },
  'bridge.consumers': { unit: 'count', description: 'Consumers on the bridge', source: 'SFU' },
  'bridge.producers': { unit: 'count', description: 'Producers on the bridge', source: 'SFU' },
  'participant.join_ms': {
    unit: 'ms',
    description: 'From when the join was due to its transports connected',
    source: 'engine',
  },
  'participant.signalling_ms': {
    unit: 'ms',
    description: 'Join step: web socket, room, transports',
    source: 'engine',
  },
  'participant.ice_ms': { unit: 'ms', description: 'Join step: ICE connected', source: 'engine' },
  'participant.dtls_ms': { unit: 'ms', description: 'Join step: DTLS connected', source: 'engine' },
  'participant.first_packet_ms': {
    unit: 'ms',
    description: 'From the beginning of the join to the first RTP packet',
    source: 'engine',
  },
  'participant.first_frame_ms': {
    unit: 'ms',
    description: 'From the beginning of the join to the first frame',
    source: 'engine',
  },
  'participant.publish_ms': {
    unit: 'ms',
    description: 'Asking to publish a track to its confirmation',
    source: 'engine',
  },
  'participant.subscribe_ms': {
    unit: 'ms',
    description: 'Asking for a track to its first packet',
    source: 'engine',
  },
  'participant.rtt_ms': {
    unit: 'ms',
    description: 'Round-trip time',
    source: 'candidate-pair currentRoundTripTime; ICE checks',
  },
  'participant.join_failed_ratio': {
    unit: 'ratio',
    description: 'Joins that failed over joins attempted',
    source: 'engine',
  },
  'track.loss_ratio': {
    unit: 'ratio',
    description: 'Packets lost after repair over packets expected, in the interval',
    source: 'receiver',
  },
  'track.loss_before_repair_ratio': {
    unit: 'ratio',
    description: 'Packets missing at first over packets expected',
    source: 'synthetic receiver',
  },
  'track.jitter_ms': { unit: 'ms', description: 'Interarrival jitter of RFC 3550', source: 'receiver' },
  'track.packet_rate_pps': {
    unit: 'packets/s',
    description: 'RTP packets of the track',
    source: 'sender or receiver',
  },
  'track.bitrate_bps': {
    unit: 'bit/s',
    description: 'RTP payload bits of the track',
    source: 'sender or receiver',
  },
  'track.frames_per_second': {
    unit: '1/s',
    description: 'Frames decoded (browser) or completely received (synthetic)',
    source: 'receiver',
  },
  'track.first_frame_ms': {
    unit: 'ms',
    description:
      'Asking for a video track to its first frame; told once a track, so mostly before the steady window',
    source: 'receiver',
  },
  'track.audio_decoded_ratio': {
    unit: 'ratio',
    description:
      'Sound decoded from packets over time, without what was made up to hide their absence; may exceed 1 for a moment',
    source: 'browser: totalSamplesDuration, concealedSamples',
  },
  'track.freeze_ratio': {
    unit: 'ratio',
    description: 'Time frozen over time, by the rule of getStats',
    source: 'receiver',
  },
  'track.out_of_order_ratio': {
    unit: 'ratio',
    description: 'Packets out of order over packets received',
    source: 'synthetic receiver',
  },
  'track.one_way_delay_ms': {
    unit: 'ms',
    description: 'From the sender’s stamp through the SFU to reception, same host clock',
    source: 'synthetic receiver',
  },
  'generator.cpu_ratio': {
    unit: 'ratio',
    description: 'CPU time of all generator processes over wall time and cores',
    source: 'getrusage',
  },
  'generator.event_loop_delay_ms': {
    unit: 'ms',
    description: 'Longest event-loop delay in the interval',
    source: 'perf_hooks; synthetic: when a thread begins a turn',
  },
  'generator.late_send_ratio': {
    unit: 'ratio',
    description: 'Packets sent over 20 ms after they were due, over packets sent',
    source: 'synthetic sender',
  },
  'generator.late_send_ms': {
    unit: 'ms',
    description: 'p99 of how late packets left',
    source: 'synthetic sender',
  },
  'generator.socket_drops': {
    unit: 'count',
    description: 'Datagrams dropped in the interval because our own sockets were full',
    source: 'kernel, per socket',
  },
  'host.cpu_ratio': {
    unit: 'ratio',
    description: 'Busy CPU time of the host over wall time and cores',
    source: '/proc/stat',
  },
  'host.steal_ratio': {
    unit: 'ratio',
    description: 'CPU time that the hypervisor gave to others',
    source: '/proc/stat',
  },
  'host.udp_datagrams_out_pps': {
    unit: 'packets/s',
    description: 'Datagrams sent by every process of the network namespace',
    source: '/proc/net/snmp',
  },
  'host.udp_receive_buffer_errors': {
    unit: 'count',
    description: 'Datagrams dropped in the interval because a socket buffer was full',
    source: '/proc/net/snmp',
  },
  'host.udp_send_buffer_errors': {
    unit: 'count',
    description: 'Datagrams that could not be sent in the interval because a send buffer was full',
    source: '/proc/net/snmp',
  },
  'host.backlog_drops': {
    unit: 'count',
    description: "Packets dropped in the interval because a CPU's queue before the sockets was full",
    source: '/proc/net/softnet_stat',
  },
} as const satisfies Record<`${MetricSubject}.${string}`, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** Labels a gate may filter by. What a subject lacks is simply not there. */
export interface MetricLabels {
  bridge?: string;
  room?: string;
  engine?: string;
  kind?: string;
  source?: string;
  direction?: string;
  codec?: string;
  /** What kind of endpoint a participant is. */
  endpoint?: string;
  /** What kind of endpoint publishes the track, and what kind receives it. */
  sender?: string;
  receiver?: string;
  /** `first`, or `later` for what happened after a bridge died or a subscription came back. */
  attempt?: string;
}
export type MetricLabel = keyof MetricLabels;

export const METRIC_LABELS: Record<MetricSubject, readonly MetricLabel[]> = {
  bridge: ['bridge'],
  participant: ['engine', 'endpoint', 'bridge', 'room', 'source', 'attempt'],
  track: ['engine', 'kind', 'source', 'direction', 'codec', 'sender', 'receiver', 'bridge', 'room'],
  generator: ['engine'],
  host: [],
};

const ENDPOINT_VALUES = ['chromium', 'firefox', 'edge', 'synthetic'];

/** Labels with few values; the others take ids and names. */
export const LABEL_VALUES: Partial<Record<MetricLabel, readonly string[]>> = {
  engine: ['browser', 'synthetic', 'runner'],
  kind: ['audio', 'video'],
  source: ['microphone', 'camera', 'screen'],
  direction: ['up', 'down'],
  attempt: ['first', 'later'],
  codec: ['opus', 'vp8', 'h264'],
  endpoint: ENDPOINT_VALUES,
  sender: ENDPOINT_VALUES,
  receiver: ENDPOINT_VALUES,
};

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}
