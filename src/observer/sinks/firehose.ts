import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { errorMessage } from '../../errors.ts';
import type { FirehoseConfig } from '../config/sinks.ts';
import type { Report } from '../reports/types.ts';
import { clientOptions, lineWriter } from './aws.ts';
import { type FirehoseRecord, packRecords, splitCalls, streamFor } from './firehose-records.ts';
import type { Sink, WriteResult } from './types.ts';

/** Direct PUT to delivery streams. CSV rows go `csvChunkSize` to a record, JSON one to a record. */
export async function openFirehoseSink(
  config: FirehoseConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Sink> {
  const client = new FirehoseClient(clientOptions(config, env));
  const line = lineWriter(config);
  const linesPerRecord = config.encodingType === 'CSV' ? config.csvChunkSize : 1;

  /** Returns what has to be sent again, and why. */
  async function put(
    stream: string,
    records: readonly FirehoseRecord[],
    abortSignal: AbortSignal,
  ): Promise<{ retry: Report[]; reason: string | null }> {
    try {
      const answer = await client.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: stream,
          Records: records.map(({ data }) => ({ Data: data })),
        }),
        { abortSignal },
      );
      const failed = (answer.RequestResponses ?? []).flatMap((response, index) => {
        const record = records[index];
        return response.ErrorCode === undefined || record === undefined ? [] : [{ record, response }];
      });
      return {
        retry: failed.flatMap(({ record }) => [...record.reports]),
        reason: failed[0]?.response.ErrorCode ?? null,
      };
    } catch (error) {
      return { retry: records.flatMap((record) => [...record.reports]), reason: errorMessage(error) };
    }
  }

  return {
    description: 'FirehoseSink',
    async write(batch, signal): Promise<WriteResult> {
      const retry: Report[] = [];
      const rejected: Report[] = [];
      let reason: string | null = null;
      for (const [stream, reports] of Map.groupBy(batch, (report) => streamFor(config, report))) {
        if (stream === null) {
          rejected.push(...reports);
          reason ??= 'no delivery stream for that type';
          continue;
        }
        const { records, tooLarge } = packRecords(reports, line, linesPerRecord);
        if (tooLarge.length > 0) reason ??= 'larger than a record may be';
        rejected.push(...tooLarge);
        for (const call of splitCalls(records)) {
          const outcome = await put(stream, call, signal);
          retry.push(...outcome.retry);
          reason = outcome.reason ?? reason;
        }
      }
      return { retry, rejected, reason };
    },
    async close() {
      client.destroy();
    },
  };
}
