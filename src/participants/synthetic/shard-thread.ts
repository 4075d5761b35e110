import { parentPort, workerData } from 'node:worker_threads';
import type { FromShard, ShardData, ToShard } from './messages.ts';
import { Shard } from './shard.ts';

/** The thread of a shard: messages in, calls on the shard, messages out. */
function main(): void {
  const port = parentPort;
  if (port === null) throw new Error('a shard runs in a worker thread');
  const tell = (message: FromShard) => port.postMessage(message);
  const shard = Shard.create(workerData as ShardData, tell);
  port.on('message', (message: ToShard) => {
    switch (message.type) {
      case 'join':
        void shard.join(message.plan).finally(() => tell({ type: 'done', requestId: message.requestId }));
        return;
      case 'leave':
        void shard
          .leave(message.participantId, message.reason)
          .catch(() => null)
          .then((last) => tell({ type: 'left', requestId: message.requestId, last }));
        return;
      case 'sample':
        tell({ type: 'samples', requestId: message.requestId, samples: shard.sample() });
        return;
      case 'sample-generator':
        tell({ type: 'generator', requestId: message.requestId, sample: shard.sampleGenerator() });
        return;
      case 'rtcp':
        tell({ type: 'rtcp', requestId: message.requestId, counts: shard.rtcpCounts });
        return;
      case 'access':
        shard.answerAccess(message.requestId, message.access);
        return;
      case 'access-failed':
        shard.answerAccess(message.requestId, new Error(message.reason));
        return;
      case 'close':
        void shard.close().finally(() => {
          tell({ type: 'done', requestId: message.requestId });
          port.close();
        });
        return;
    }
  });
  tell({ type: 'ready', packetLoop: shard.packetLoop });
}

main();
