/** What a folder says may be anything; what is drawn is a finite number or nothing. */
export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
