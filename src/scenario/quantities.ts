import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Milliseconds of `500ms`, `30s`, `1m30s`, `2h`; a bare number is seconds. null: not a duration. */
export function parseDurationMs(value: string | number): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1000 : null;
  const text = value.replaceAll(' ', '');
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!DURATION.test(text)) return null;
  return [...text.matchAll(DURATION_PART)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS],
    0,
  );
}

const UNIT_BYTES = { '': 1, b: 1, k: 1000, kb: 1000, kib: 1024, m: 1e6, mb: 1e6, mib: 1024 ** 2 } as const;

/** Bytes of `262144`, `4MiB`, `512kB`; null: not a size. */
export function parseBytes(value: string | number): number | null {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : null;
  const match = /^(\d+(?:\.\d+)?)\s*([kmib]*)$/i.exec(value.trim());
  const unit = match?.[2]?.toLowerCase() ?? '';
  if (match === null || !Object.hasOwn(UNIT_BYTES, unit)) return null;
  return Math.round(Number(match[1]) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES]);
}

/** `30s`, `1m30s`, `2h`: for people. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = Math.round(milliseconds / 100) / 10;
  if (seconds < 60) return `${seconds}s`;
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.round(seconds % 60)];
  return `${h > 0 ? `${h}h` : ''}${m > 0 ? `${m}m` : ''}${s > 0 ? `${s}s` : ''}`;
}

/** A duration within bounds; parses to milliseconds. */
export function duration(minMs: number, maxMs: number) {
  const written = z.union([z.number(), z.string()]).meta({ examples: ['30s', '1m30s', '500ms'] });
  return written.transform((value, context) => {
    const ms = parseDurationMs(value);
    if (ms === null) {
      context.addIssue({ code: 'custom', message: 'not a duration: write 30s, 1m30s, 500ms or seconds' });
    } else if (ms < minMs || ms > maxMs) {
      context.addIssue({
        code: 'custom',
        message: `must be from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
      });
    } else return ms;
    return z.NEVER;
  });
}

/** A size in bytes within bounds. */
export function byteSize(min: number, max: number) {
  const written = z.union([z.number(), z.string()]).meta({ examples: ['256KiB', '4MiB', 262144] });
  return written.transform((value, context) => {
    const bytes = parseBytes(value);
    if (bytes !== null && bytes >= min && bytes <= max) return bytes;
    context.addIssue({
      code: 'custom',
      message: bytes === null ? 'not a size: write 262144, 256KiB or 4MiB' : `must be ${min} to ${max} bytes`,
    });
    return z.NEVER;
  });
}
