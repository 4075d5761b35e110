import { randomUUID } from 'node:crypto';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { safeText } from '../../system/safe-text.ts';
import type { TextStream } from '../../system/types.ts';
import type { KafkaConfig } from '../config/sinks.ts';
import { reportEnvelope } from '../reports/payload.ts';
import { type Report, reportIdentity } from '../reports/types.ts';
import { kafkaProducerSettings } from './kafka-options.ts';
import type { Sink, WriteResult } from './types.ts';

/** Message keys by upstream's strategies: messages with one key stay in order and go to one partition. */
export function keyStrategy(strategy: KafkaConfig['keyAssignmentStrategy']): (report: Report) => string {
  const instance = randomUUID();
  switch (strategy) {
    case 'RANDOM':
      return () => randomUUID();
    case 'INSTANCE_BASED':
      return () => instance;
    default:
      return (report) => {
        const { callId, clientId, sfuId, serviceId } = reportIdentity(report);
        return callId ?? clientId ?? sfuId ?? serviceId;
      };
  }
}

/** Reports in their envelope, one a message, to one topic. */
export async function openKafkaSink(config: KafkaConfig, log: TextStream): Promise<Sink> {
  const { options, acks, maxMessageBytes, unheeded } = kafkaProducerSettings(config.properties);
  if (unheeded.length > 0) {
    log.write(`observer: KafkaSink: properties without effect: ${safeText(unheeded.join(', '))}\n`);
  }
  const producer = new Producer({ ...options, serializers: stringSerializers });
  const key = keyStrategy(config.keyAssignmentStrategy);
  return {
    description: `KafkaSink topic ${config.topic}`,
    async write(batch): Promise<WriteResult> {
      const rejected: Report[] = [];
      const messages = batch.flatMap((report) => {
        const value = JSON.stringify(reportEnvelope(report));
        if (Buffer.byteLength(value) > maxMessageBytes) {
          rejected.push(report);
          return [];
        }
        return [{ topic: config.topic, key: key(report), value }];
      });
      if (messages.length > 0) await producer.send({ messages, acks });
      const reason = rejected.length > 0 ? `larger than ${maxMessageBytes} bytes` : null;
      return { retry: [], rejected, reason };
    },
    async close() {
      await producer.close(true);
    },
  };
}
