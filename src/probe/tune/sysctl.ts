import { access, constants, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { environmentError, errorMessage, usageError } from '../../errors.ts';
import type { SysctlLine } from './types.ts';

/** Read at every boot after the distribution's own files. */
export const DEFAULT_DROP_IN = '/etc/sysctl.d/60-rtc-bench-udp.conf';
const PROC_SYS = '/proc/sys';

export interface SysctlPlace {
  dropIn: string;
  /** Where the running kernel's values are, `/proc/sys`. */
  procSys: string;
}

export const HOST_PLACE: SysctlPlace = { dropIn: DEFAULT_DROP_IN, procSys: PROC_SYS };

const NAME = /^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/;
const WAS = /^# was ([a-z0-9_.]+) = (\d+)$/;

const pathOf = ({ procSys }: SysctlPlace, name: string) => `${procSys}/${name.replaceAll('.', '/')}`;

/** The file's text: the lines that the kernel reads, and what they were, which `--revert` reads. */
export function dropInText(lines: readonly SysctlLine[], was: ReadonlyMap<string, number>): string {
  return [
    '# UDP buffers for a WebRTC SFU, written by `rtc-bench tune udp-buffers --apply`.',
    '# `rtc-bench tune udp-buffers --revert` restores the values below and removes this file.',
    ...[...was].map(([name, value]) => `# was ${name} = ${value}`),
    ...lines.map(({ name, value }) => `${name} = ${value}`),
    '',
  ].join('\n');
}

/** The values from before, as a drop-in file keeps them. */
export function parsePreviousValues(text: string): Map<string, number> {
  const was = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = WAS.exec(line);
    if (match?.[1] !== undefined && NAME.test(match[1])) was.set(match[1], Number(match[2]));
  }
  return was;
}

/** Throws where nothing could be applied, so that nobody sweeps for a minute to be told then. */
export async function requireWritable(place: SysctlPlace): Promise<void> {
  try {
    await access(pathOf(place, 'net.core.rmem_max'), constants.W_OK);
    await access(dirname(place.dropIn), constants.W_OK);
  } catch (error) {
    throw cannotChange(error);
  }
}

/** Writes the drop-in and loads it. A second time it keeps the values from before the first. */
export async function applySysctl(
  lines: readonly SysctlLine[],
  place: SysctlPlace = HOST_PLACE,
): Promise<void> {
  const before = await readFile(place.dropIn, 'utf8').catch(() => null);
  const was = parsePreviousValues(before ?? '');
  /** As this call found them: what an earlier one applied stays when this one fails. */
  const now = new Map<string, number>();
  for (const { name } of lines) now.set(name, Number(await readValue(place, name)));
  for (const [name, value] of now) if (!was.has(name)) was.set(name, value);
  try {
    const temporary = `${place.dropIn}.tmp`;
    await writeFile(temporary, dropInText(lines, was), { mode: 0o644 });
    await rename(temporary, place.dropIn);
    for (const { name, value } of lines) await writeFile(pathOf(place, name), `${value}\n`);
  } catch (error) {
    await restore(now, place).catch(() => {});
    await putBack(place.dropIn, before).catch(() => {});
    throw cannotChange(error);
  }
}

async function putBack(dropIn: string, text: string | null): Promise<void> {
  await rm(`${dropIn}.tmp`, { force: true });
  if (text === null) await rm(dropIn, { force: true });
  else await writeFile(dropIn, text, { mode: 0o644 });
}

/** Restores what `applySysctl` found and removes its file. Returns the restored values. */
export async function revertSysctl(place: SysctlPlace = HOST_PLACE): Promise<Map<string, number>> {
  let text: string;
  try {
    text = await readFile(place.dropIn, 'utf8');
  } catch {
    throw usageError('RTCB_TUNE_NOTHING', `there is no ${place.dropIn}: nothing was applied here`);
  }
  const was = parsePreviousValues(text);
  try {
    await restore(was, place);
    await rm(place.dropIn);
  } catch (error) {
    throw cannotChange(error);
  }
  return was;
}

async function restore(was: ReadonlyMap<string, number>, place: SysctlPlace): Promise<void> {
  for (const [name, value] of was) await writeFile(pathOf(place, name), `${value}\n`);
}

async function readValue(place: SysctlPlace, name: string): Promise<string> {
  try {
    return (await readFile(pathOf(place, name), 'utf8')).trim();
  } catch (error) {
    throw environmentError('RTCB_TUNE_KERNEL', `this kernel or container has no ${name}`, {
      cause: error,
      hint: 'in a container, apply it on the host: these settings belong to the whole machine',
    });
  }
}

function cannotChange(error: unknown) {
  return environmentError('RTCB_TUNE_APPLY', `cannot change the kernel's settings: ${errorMessage(error)}`, {
    cause: error,
    hint: 'run it as root on the host itself; else run it without --apply and give the printed lines to whoever is',
  });
}
