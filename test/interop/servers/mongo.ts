import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { mavenJars } from './provide.ts';
import { freePort, startServer, succeeds, type TestServer } from './server.ts';

const VERSION = '1.47.0';

/** The double's own versions are too old for the driver; one that says it is 6.0 does. */
const PROGRAM = `
import de.bwaldvogel.mongo.*; import de.bwaldvogel.mongo.backend.memory.MemoryBackend; import java.util.*;
public class Main { public static void main(String[] a) throws Exception {
  MongoVersion v = new MongoVersion() {
    public List<Integer> getVersionArray() { return List.of(6, 0, 0); }
    public int getWireVersion() { return 17; } };
  MongoServer s = new MongoServer(new MemoryBackend().version(v));
  s.bind("127.0.0.1", Integer.parseInt(a[0]));
  Runtime.getRuntime().addShutdownHook(new Thread(s::shutdownNow)); } }
`;

/**
 * A double of MongoDB in memory (mongo-java-server), since no real server can be had from a package registry. It
 * counts wrongly after duplicate keys and has no sessions, so tests count documents.
 */
export async function startMongo(directory: string, port?: number): Promise<TestServer> {
  const classPath = await mavenJars('de.bwaldvogel', 'mongo-java-server', VERSION);
  const file = join(directory, 'Main.java');
  await writeFile(file, PROGRAM);
  const chosen = port ?? (await freePort());
  const opens = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(chosen, '127.0.0.1', () => {
        socket.destroy();
        resolve();
      });
      socket.on('error', reject);
    });
  const args = ['-Xmx128m', '-cp', classPath, file, String(chosen)];
  return startServer('java', args, chosen, () => succeeds(opens));
}
