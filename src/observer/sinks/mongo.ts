import { type Document, MongoBulkWriteError, MongoClient, ObjectId } from 'mongodb';
import { safeText } from '../../system/safe-text.ts';
import type { TextStream } from '../../system/types.ts';
import type { MongoConfig } from '../config/sinks.ts';
import { reportEnvelope } from '../reports/payload.ts';
import { type Report, reportIdentity } from '../reports/types.ts';
import type { Sink, WriteResult } from './types.ts';

/** Unless told, the driver waits 30 s for a server, and every batch with it. Milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 3000;
const SOCKET_TIMEOUT_MS = 8000;
const DUPLICATE_KEY = 11_000;

/** The address, put together where the configuration names its parts. */
export function mongoUri({ uri, connection }: Pick<MongoConfig, 'uri' | 'connection'>): string {
  if (uri !== undefined) return uri;
  const { username, password, servers = [] } = connection ?? {};
  const user =
    username === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password ?? '')}@`;
  return `mongodb://${user}${servers.join(',')}`;
}

/** MongoDB forbids some names, and service ids come from senders. */
function collectionName(text: string): string {
  const name = text.replace(/[$\0]/g, '_').replace(/^system\./, 'system_');
  return name === '' ? 'unnamed' : name.slice(0, 120);
}

export function collectionFor(strategy: MongoConfig['savingStrategy']): (report: Report) => string {
  if (strategy === 'ONE_COLLECTION') return () => 'reports';
  if (strategy === 'REPORT_TYPE_BASED') return (report) => report.type;
  return (report) => collectionName(reportIdentity(report).serviceId);
}

/** Reports in their envelope, one a document. */
export async function openMongoSink(config: MongoConfig, log: TextStream): Promise<Sink> {
  const client = new MongoClient(mongoUri(config), {
    appName: 'rtc-bench-observer',
    serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
    connectTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
    socketTimeoutMS: SOCKET_TIMEOUT_MS,
    retryWrites: false,
  });
  const database = client.db(config.database);
  const collection = collectionFor(config.savingStrategy);
  // A report keeps its id over repetitions, so that one which had arrived after all is not there twice.
  const ids = new WeakMap<Report, ObjectId>();
  const document = (report: Report): Document => {
    const id = ids.get(report) ?? new ObjectId();
    ids.set(report, id);
    return { _id: id, ...reportEnvelope(report) };
  };

  /** Returns the reports that the server will never take. */
  async function insert(name: string, reports: readonly Report[]): Promise<Report[]> {
    try {
      await database.collection(name).insertMany(reports.map(document), { ordered: false });
      return [];
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
      if (errors.length === 0) throw error;
      return errors.flatMap(({ code, index }) =>
        code === DUPLICATE_KEY ? [] : reports.slice(index, index + 1),
      );
    }
  }

  return {
    description: `MongoSink ${config.database}`,
    async write(batch): Promise<WriteResult> {
      const groups = Map.groupBy(batch, collection);
      const rejected: Report[] = [];
      const retry: Report[] = [];
      let reason: string | null = null;
      for (const [name, reports] of groups) {
        try {
          rejected.push(...(await insert(name, reports)));
        } catch (error) {
          reason = error instanceof Error ? error.message : String(error);
          retry.push(...reports);
          // The server is gone for the others, too.
          if (retry.length === batch.length) throw error;
        }
      }
      if (config.printSummary) {
        const counts = [...groups].map(([name, reports]) => `${name}: ${reports.length}`).join(', ');
        log.write(`observer: MongoSink: ${safeText(counts)}\n`);
      }
      return { retry, rejected, reason: reason ?? (rejected.length > 0 ? 'refused by the server' : null) };
    },
    async close() {
      await client.close(true);
    },
  };
}
