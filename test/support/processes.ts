import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose parent is `pid`, and theirs, as `/proc` has them now. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(Number(entry));
    if (parent !== null) parents.set(Number(entry), parent);
  }
  const found = [pid];
  for (const ancestor of found) {
    for (const [child, parent] of parents) if (parent === ancestor) found.push(child);
  }
  return found.slice(1);
}

/** Of these, the ones that run; a zombie does not. */
export function running(pids: readonly number[]): number[] {
  return pids.filter((pid) => parentOf(pid) !== null);
}

/** Resolves when none of these runs any more. The test's own time limit is what ends a wait in vain. */
export async function allEnded(pids: readonly number[]): Promise<void> {
  while (running(pids).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

function parentOf(pid: number): number | null {
  try {
    // The command is in parentheses and may itself contain some.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}
