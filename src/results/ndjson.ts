import { createReadStream } from 'node:fs';

/** A line longer than this is none of ours; reading on would only fill the memory. */
const LINE_LIMIT = 16 * 1024 * 1024;

export interface NdjsonProblems {
  /** Whole lines that are not JSON objects. */
  malformed: number;
  /** The file ends in the middle of a line, as after a crash. */
  truncated: boolean;
  /** It is not there at all. */
  missing: boolean;
}

/**
 * Calls `onObject` for each line of a file that is a JSON object; everything else is counted, not thrown, because
 * the files of a run that was killed end anywhere. Lines end with a line feed and nothing else (U+2028 is text).
 * `wanted` looks at the raw line first and can spare the parsing.
 */
export async function readNdjson(
  path: string,
  onObject: (value: Record<string, unknown>) => void,
  wanted: (line: string) => boolean = () => true,
): Promise<NdjsonProblems> {
  const problems: NdjsonProblems = { malformed: 0, truncated: false, missing: false };
  const take = (line: string): boolean => {
    if (!wanted(line)) return true;
    const value = parseObject(line);
    if (value === null) return false;
    onObject(value);
    return true;
  };
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
      rest += chunk as string;
      let start = 0;
      for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', start)) {
        if (end > start && !take(rest.slice(start, end))) problems.malformed += 1;
        start = end + 1;
      }
      rest = rest.slice(start);
      if (rest.length > LINE_LIMIT) {
        rest = '';
        problems.malformed += 1;
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { ...problems, missing: true };
  }
  // A last line without its line feed may still be whole.
  if (rest !== '' && !take(rest)) problems.truncated = true;
  return problems;
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
