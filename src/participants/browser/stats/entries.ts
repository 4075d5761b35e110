/**
 * Reading a getStats report (https://www.w3.org/TR/webrtc-stats/) of any browser: every member may be missing, and
 * what is missing is null.
 */
export type StatsEntry = Readonly<Record<string, unknown>>;

export function numberOf(entry: StatsEntry | undefined, member: string): number | null {
  const value = entry?.[member];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function textOf(entry: StatsEntry | undefined, member: string): string | null {
  const value = entry?.[member];
  return typeof value === 'string' ? value : null;
}

/** As `vp8`: a MIME type's name, in lower case. */
export function codecOf(report: readonly StatsEntry[], entry: StatsEntry | undefined): string | null {
  const id = textOf(entry, 'codecId');
  const codec = id === null ? undefined : report.find((candidate) => candidate.id === id);
  return textOf(codec, 'mimeType')?.split('/')[1]?.toLowerCase() ?? null;
}

/** Seconds in getStats, milliseconds here. */
export function millisecondsOf(entry: StatsEntry | undefined, member: string): number | null {
  const seconds = numberOf(entry, member);
  return seconds === null ? null : seconds * 1000;
}

export function ofType(entries: readonly StatsEntry[], type: string): StatsEntry[] {
  return entries.filter((entry) => entry.type === type);
}

/** Sum over those that have it; null when none has. */
export function sumOf(entries: readonly StatsEntry[], member: string): number | null {
  return sum(entries.map((entry) => numberOf(entry, member)));
}

export function largestOf(entries: readonly StatsEntry[], member: string): number | null {
  const values = entries.flatMap((entry) => numberOf(entry, member) ?? []);
  return values.length === 0 ? null : Math.max(...values);
}

/** Sum of what is there; null when nothing is. */
export function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
