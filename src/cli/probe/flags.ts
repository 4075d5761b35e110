import { usageError } from '../../errors.ts';

const SUFFIX: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const BINARY_SUFFIX: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A number with k, M or G; of bytes the powers of 1024, of anything else of 1000. */
export function parseAmount(flag: string, text: string, unit: 'bytes' | 'plain' = 'plain'): number {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text.trim());
  const scale = (unit === 'bytes' ? BINARY_SUFFIX : SUFFIX)[(match?.[2] ?? '').toLowerCase()];
  if (match === null || scale === undefined)
    throw usageError('RTCB_FLAG', `${flag} must be a number like 1200, 50k or 4M, not "${text}"`);
  return Number(match[1]) * scale;
}

export function parseWhole(flag: string, text: string, min: number, max: number): number {
  const value = parseAmount(flag, text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw usageError('RTCB_FLAG', `${flag} must be a whole number from ${min} to ${max}, not "${text}"`);
  return value;
}

export function parseRange(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max))
    throw usageError('RTCB_FLAG', `${flag} must be from ${min} to ${max}, not "${text}"`);
  return value;
}
