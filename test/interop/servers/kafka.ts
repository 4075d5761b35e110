import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Admin } from '@platformatic/kafka';
import { mavenJars } from './provide.ts';
import { freePort, startServer, succeeds, type TestServer } from './server.ts';

const run = promisify(execFile);
/** 4.4.0 does not resolve on Maven Central. */
const VERSION = '4.3.0';
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg';

function properties(port: number, controllerPort: number, dataDirectory: string): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${dataDirectory}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // A killed broker may come back after these instead of after 18 s.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    '',
  ].join('\n');
}

export interface KafkaServer extends TestServer {
  /** Starts it again on the same port with the same data. */
  restart(): Promise<KafkaServer>;
}

/** A real Kafka broker with its data in `directory`. */
export async function startKafka(directory: string): Promise<KafkaServer> {
  const classPath = await mavenJars('org.apache.kafka', 'kafka_2.13', VERSION);
  const port = await freePort();
  const file = join(directory, 'server.properties');
  await writeFile(file, properties(port, await freePort(), join(directory, 'data')));
  await run('java', ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file]);
  return boot(port, classPath, file);
}

async function boot(port: number, classPath: string, file: string): Promise<KafkaServer> {
  const args = ['-Xms256m', '-Xmx256m', '-cp', classPath, 'kafka.Kafka', file];
  // An open port is not enough: the broker has to answer for itself.
  const answers = async (): Promise<void> => {
    const admin = new Admin({
      clientId: 'ready',
      bootstrapBrokers: [`127.0.0.1:${port}`],
      retries: 0,
      connectTimeout: 1000,
      timeout: 2000,
    });
    try {
      await admin.listTopics();
    } finally {
      await admin.close();
    }
  };
  const server = await startServer('java', args, port, () => succeeds(answers));
  return { ...server, restart: () => boot(port, classPath, file) };
}
