import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * What the servers of the interoperability tests need, installed once into the cache and reused: a folder is moved
 * into place only when it is complete, so one that exists is whole.
 */

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 300_000;

function cached(name: string): string {
  const configured = process.env.XDG_CACHE_HOME;
  const base = configured?.startsWith('/') ? configured : join(homedir(), '.cache');
  return join(base, 'rtc-bench', 'interop', name);
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, [...args], { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

/** A Debian package for a program that is missing; needs root, as CI has. */
export async function ensureProgram(
  program: string,
  args: readonly string[],
  packages: readonly string[],
): Promise<void> {
  if (await works(program, args)) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, timeout: INSTALL_TIMEOUT_MS, maxBuffer: 1 << 26 };
  await run('apt-get', ['update', '-q'], options);
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
  if (!(await works(program, args)))
    throw new Error(`${program} does not work, although ${packages.join(' ')} is installed`);
}

/** Makes `name` in the cache by `build`, unless it is there. Returns its path. */
export async function once(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const place = cached(name);
  if (await works('test', ['-d', place])) return place;
  const draft = `${place}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await build(draft);
  // Another run may have been quicker.
  await rename(draft, place).catch(() => rm(draft, { recursive: true, force: true }));
  return place;
}

/** The jars of a Maven artifact and what it depends on; returns the class path. */
export async function mavenJars(group: string, artifact: string, version: string): Promise<string> {
  await ensureProgram('java', ['-version'], ['default-jdk-headless']);
  await ensureProgram('mvn', ['-v'], ['maven']);
  const directory = await once(`${artifact}-${version}`, async (draft) => {
    const pom = `<project><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version>
      <packaging>pom</packaging><dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>
      <version>${version}</version></dependency></dependencies></project>`;
    await writeFile(join(draft, 'pom.xml'), pom);
    const args = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs'];
    await run('mvn', args, { cwd: draft, timeout: INSTALL_TIMEOUT_MS, maxBuffer: 1 << 26 });
  });
  return join(directory, 'libs', '*');
}

/** A Python environment with a package; returns its folder of programs. */
export async function pythonPrograms(packageName: string, version: string, extras = ''): Promise<string> {
  await ensureProgram('python3', ['-c', 'import ensurepip, venv'], ['python3', 'python3-venv']);
  const name = `${packageName}-${version}`;
  // An environment knows its own path: it is built where it stays, and a mark says that it is whole.
  const place = cached(name);
  const mark = join(place, 'complete');
  if (!(await works('test', ['-f', mark]))) {
    await rm(place, { recursive: true, force: true });
    const options = { timeout: INSTALL_TIMEOUT_MS, maxBuffer: 1 << 26 };
    await run('python3', ['-m', 'venv', place], options);
    const pip = ['install', '-q', '--disable-pip-version-check', `${packageName}${extras}==${version}`];
    await run(join(place, 'bin', 'pip'), pip, options);
    await writeFile(mark, '');
  }
  return join(place, 'bin');
}
