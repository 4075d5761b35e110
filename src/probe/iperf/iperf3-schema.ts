import { z } from 'zod';

/**
 * The part of iperf3's JSON that is read (src/iperf_api.c of 3.9 to 3.22). Every number may be missing: versions
 * differ, and cJSON writes `null` for what is not a number. Unknown keys are ignored; of a key written twice
 * (3.12 with -P) the last counts, as JSON.parse does.
 */
const number = z.number().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);

const sum = z
  .object({
    start: number,
    end: number,
    seconds: number,
    bytes: number,
    bits_per_second: number,
    jitter_ms: number,
    lost_packets: number,
    packets: number,
    out_of_order: number,
    omitted: flag,
    sender: flag,
  })
  .nullish()
  .catch(null);

const interval = z.object({
  sum,
  sum_bidir_reverse: sum,
});

const end = z
  .object({
    streams: z
      .array(z.object({ udp: sum }))
      .nullish()
      .catch(null),
    sum,
    sum_sent: sum,
    sum_received: sum,
    sum_bidir_reverse: sum,
    sum_sent_bidir_reverse: sum,
    sum_received_bidir_reverse: sum,
    cpu_utilization_percent: z.object({ host_total: number, remote_total: number }).nullish().catch(null),
  })
  .nullish()
  .catch(null);

const start = z
  .object({
    version: z.string().nullish().catch(null),
    timestamp: z.object({ timesecs: number }).nullish().catch(null),
    connecting_to: z.object({ host: z.string(), port: z.number() }).nullish().catch(null),
    accepted_connection: z.object({ host: z.string() }).nullish().catch(null),
    sndbuf_actual: number,
    rcvbuf_actual: number,
    test_start: z
      .object({
        protocol: z.string().nullish().catch(null),
        num_streams: number,
        blksize: number,
        omit: number,
        duration: number,
        reverse: number,
        bidir: number,
        target_bitrate: number,
      })
      .nullish()
      .catch(null),
  })
  .nullish()
  .catch(null);

export const iperf3Schema = z.object({
  start,
  intervals: z.array(interval).nullish().catch(null),
  end,
  error: z.string().nullish().catch(null),
  server_output_json: z
    .object({ intervals: z.array(interval).nullish().catch(null) })
    .nullish()
    .catch(null),
  server_output_text: z.string().nullish().catch(null),
});

export type Iperf3Document = z.infer<typeof iperf3Schema>;
export type Iperf3Sum = NonNullable<z.infer<typeof sum>>;
export type Iperf3Interval = z.infer<typeof interval>;

/** A line of `--json-stream` (3.17 and later). */
export const iperf3EventSchema = z.object({ event: z.string(), data: z.unknown() });
