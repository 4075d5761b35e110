import { errorMessage } from '../../errors.ts';
import { readSideFile, SIDE_FILES } from '../../results/side-file.ts';
import { type Observed, parseObserved } from './observed.ts';
import { type ProbedPath, parseProbe } from './probed.ts';

export interface SideFindings {
  observed: Observed | null;
  probe: ProbedPath | null;
  /** What is there and could not be read. */
  warnings: string[];
}

/** What the observer and the probe of a run's path left in its folder. */
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
  return { observed, probe, warnings };
}
