/** How numbers are written for people: the same in the terminal and on the page. Missing is a dash. */

export const MISSING = '–';

/** Three significant digits, without exponent, with thin grouping from 10,000 on. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return trim(value.toFixed(1));
  if (size >= 10) return trim(value.toFixed(1));
  if (size >= 1) return trim(value.toFixed(2));
  if (size >= 0.001) return trim(value.toFixed(size >= 0.1 ? 3 : 4));
  return value.toExponential(1);
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** 0.0123 as `1.23 %`; tiny shares keep a digit. */
export function formatRatio(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const percent = value * 100;
  const size = Math.abs(percent);
  if (size === 0) return '0 %';
  if (size < 0.001) return '<0.001 %';
  return `${trim(percent.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3))} %`;
}

/** Stress and other ratios around 1 that are not shares. */
export function formatStress(value: number | null): string {
  return value === null || !Number.isFinite(value) ? MISSING : value.toFixed(value >= 10 ? 1 : 3);
}

/** Sizes that the kernel counts in powers of two, as `208 KiB`. */
export function formatBinary(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const [size, unit] =
    value >= 1024 ** 2 ? [value / 1024 ** 2, 'MiB'] : value >= 1024 ? [value / 1024, 'KiB'] : [value, 'B'];
  return `${formatNumber(Number(size.toPrecision(3)))} ${unit}`;
}

/** Binary units are for memory, decimal ones for traffic. */
export function formatBytes(value: number | null): string {
  return scaled(value, ['B', 'kB', 'MB', 'GB', 'TB']);
}

export function formatBitrate(value: number | null): string {
  return scaled(value, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']);
}

function scaled(value: number | null, units: readonly string[]): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  let rest = value;
  let unit = 0;
  while (Math.abs(rest) >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${formatNumber(Number(rest.toPrecision(3)))} ${units[unit] ?? ''}`;
}

export function formatCount(value: number | null): string {
  return value === null || !Number.isFinite(value) ? MISSING : Math.round(value).toLocaleString('en-US');
}

/** `1 h 02 min`, `4 min 10 s`, `12 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  return `${seconds} s`;
}

/** Position in the run: `0:07`, `12:40`, `1:02:03`. */
export function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor((seconds % 3600) / 60);
  return seconds >= 3600
    ? `${Math.floor(seconds / 3600)}:${pad(minutes)}:${pad(seconds % 60)}`
    : `${minutes}:${pad(seconds % 60)}`;
}

/** A value of a metric with its unit. */
export function formatMetric(value: number | null, unit: string): string {
  if (value === null) return MISSING;
  if (unit === 'ratio') return formatRatio(value);
  if (unit === 'bit/s') return formatBitrate(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'packets/s') return `${formatCount(value)} pps`;
  if (unit === 'count') return formatNumber(value);
  return `${formatNumber(value)} ${unit === '1/s' ? 'fps' : unit}`;
}

/** The command as one could type it: words that a shell would take apart are quoted. */
export function formatCommand(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
