import { errorMessage } from '../../errors.ts';
import { readSideFile, SIDE_FILES } from '../../results/side-file.ts';
import { parseSwept, type SweptBuffers } from './buffers.ts';
import { type Observed, parseObserved } from './observed.ts';
import { type ProbedPath, parseProbe } from './probed.ts';

export interface SideFindings {
  observed: Observed | null;
  probe: ProbedPath | null;
  buffers: SweptBuffers | null;
  /** What is there and could not be read. */
  warnings: string[];
}

/** What the observer, the probe of the path and a sweep of buffers left in a run's folder. */
export async function readSideFindings(dir: string, originMs: number): Promise<SideFindings> {
  const warnings: string[] = [];
  const read = async <T>(name: string, parse: (text: string) => T): Promise<T | null> => {
    const { text, problem } = await readSideFile(dir, name);
    if (problem !== null) warnings.push(problem);
    if (text === null) return null;
    try {
      return parse(text);
    } catch (error) {
      warnings.push(`${name} is not what it should be: ${errorMessage(error).split('\n')[0] ?? ''}`);
      return null;
    }
  };
  const observed = await read(SIDE_FILES.observer, (text) => parseObserved(text, originMs));
  const probe = await read(SIDE_FILES.probe, parseProbe);
  const buffers = await read(SIDE_FILES.tune, parseSwept);
  return { observed, probe, buffers, warnings };
}
