import { randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { errorMessage } from '../../errors.ts';
import type { S3Config } from '../config/sinks.ts';
import { type Report, reportIdentity } from '../reports/types.ts';
import { clientOptions, lineWriter } from './aws.ts';
import type { Sink, WriteResult } from './types.ts';

/** A part of a key that comes from a sender: one level, nothing that means something elsewhere. */
const level = (text: string): string => text.replace(/[^\w.=@-]/g, '_').replace(/^\.+$/, '_') || '_';

/** Prefix of the object that a report goes into: prefix, service, category, call or SFU, as far as asked for. */
export function objectPrefix(config: S3Config, report: Report): string {
  const { serviceId, callId, sfuId } = reportIdentity(report);
  const levels = [config.prefixes?.get(report.type) ?? config.defaultPrefix];
  if (config.addServiceIdPrefix) levels.push(level(serviceId));
  if (config.addReportCategoryPrefix)
    levels.push(report.type.startsWith('sfu-') ? 'sfu-reports' : 'call-reports');
  if (config.addSfuOrCallIdPrefix) levels.push(level(sfuId ?? callId ?? ''));
  // Rows of two types have different columns: the type is part of every name.
  levels.push(report.type);
  return levels.filter((part) => part !== '').join('/');
}

/** One object for each type and prefix in a batch. */
export async function openS3Sink(
  config: S3Config,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Sink> {
  const client = new S3Client({ ...clientOptions(config, env), forcePathStyle: config.forcePathStyle });
  const line = lineWriter(config);
  const [extension, contentType] =
    config.encodingType === 'CSV' ? ['csv', 'text/csv; charset=utf-8'] : ['ndjson', 'application/x-ndjson'];

  async function put(prefix: string, reports: readonly Report[], abortSignal: AbortSignal): Promise<void> {
    const now = new Date().toISOString().replace(/[:.]/g, '-');
    const command = new PutObjectCommand({
      Bucket: config.bucketName,
      Key: `${prefix}-${now}-${randomUUID()}.${extension}`,
      Body: reports.map(line).join(''),
      ContentType: contentType,
    });
    await client.send(command, { abortSignal });
  }

  return {
    description: `AwsS3Sink bucket ${config.bucketName}`,
    async write(batch, signal): Promise<WriteResult> {
      const retry: Report[] = [];
      let reason: string | null = null;
      for (const [prefix, reports] of Map.groupBy(batch, (report) => objectPrefix(config, report))) {
        try {
          await put(prefix, reports, signal);
        } catch (error) {
          reason = errorMessage(error);
          retry.push(...reports);
          if (signal.aborted) throw error;
        }
      }
      return { retry, rejected: [], reason };
    },
    async close() {
      client.destroy();
    },
  };
}
