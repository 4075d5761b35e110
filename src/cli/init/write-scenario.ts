import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { errorMessage, usageError } from '../../errors.ts';
import { loadScenario } from '../../scenario/load.ts';
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
    flags.fromMalleus === undefined ? scenarioTemplate(name) : fromMalleus(name, flags.fromMalleus);
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

/** What malleus can ask for and a scenario cannot, such as thousands of browsers, is told before a file is written. */
function fromMalleus(name: string, commandLine: string): string {
  const text = malleusScenario(name, parseMalleus(commandLine));
  try {
    loadScenario(text, name);
  } catch (error) {
    // Places in a file that is not written would help nobody.
    const problems = [...errorMessage(error).matchAll(/^.*:\d+:\d+: (.*)$/gm)].map(([, problem]) => problem);
    throw usageError(
      'RTCB_MALLEUS',
      `this malleus command line asks for more than a scenario takes: ${problems.join('; ')}`,
      'docs/malleus.md says what each parameter becomes',
    );
  }
  return text;
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
