import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { errorMessage, usageError } from '../../errors.ts';
import { scenarioJsonSchema } from '../../scenario/schema.ts';
import type { CliContext } from '../context.ts';
import { parseMalleus } from './malleus/options.ts';
import { malleusScenario } from './malleus/scenario.ts';
import { SCHEMA_FILE_NAME, scenarioTemplate } from './template.ts';

export interface InitFlags {
  force?: boolean;
  fromMalleus?: string;
}

/** Writes a commented scenario, and beside it the schema that editors check it with. */
export async function writeScenario(file: string, flags: InitFlags, context: CliContext): Promise<void> {
  const { cwd, stdout } = context.system;
  const path = resolve(cwd, file);
  const name = basename(path, extname(path)).replaceAll(/[^\w-]+/g, '-') || 'scenario';
  const text =
    flags.fromMalleus === undefined
      ? scenarioTemplate(name)
      : malleusScenario(name, parseMalleus(flags.fromMalleus));
  await mkdir(dirname(path), { recursive: true });
  await create(path, file, text, flags.force === true);
  const schemaPath = join(dirname(path), SCHEMA_FILE_NAME);
  // Made by us and never edited: an older one is replaced.
  await writeFile(schemaPath, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  const shown = relative(cwd, path) || file;
  stdout.write(
    `${shown} written, with ${SCHEMA_FILE_NAME} for your editor.\nNext: rtc-bench plan ${shown}\n`,
  );
}

async function create(path: string, shown: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (exists)
      throw usageError('RTCB_FILE_EXISTS', `${shown} exists`, 'name another file, or --force replaces it');
    throw usageError('RTCB_FILE_NOT_WRITTEN', `cannot write ${shown}: ${errorMessage(error)}`);
  }
}
