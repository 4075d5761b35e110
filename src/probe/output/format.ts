/** Bits a second with three digits and the unit that people say: `48.2 Mbit/s`. */
export function formatBitrate(bps: number | null): string {
  if (bps === null) return '-';
  const [value, unit] =
    bps >= 1e9
      ? [bps / 1e9, 'Gbit/s']
      : bps >= 1e6
        ? [bps / 1e6, 'Mbit/s']
        : bps >= 1e3
          ? [bps / 1e3, 'kbit/s']
          : [bps, 'bit/s'];
  return `${threeDigits(value)} ${unit}`;
}

export function formatPacketRate(pps: number | null): string {
  return pps === null ? '-' : `${Math.round(pps).toLocaleString('en-US')} packets/s`;
}

export function formatCount(value: number | null): string {
  return value === null ? '-' : Math.round(value).toLocaleString('en-US');
}

export function formatPercent(ratio: number | null): string {
  if (ratio === null) return '-';
  const percent = ratio * 100;
  return `${percent === 0 ? '0' : percent < 0.01 ? percent.toPrecision(2) : percent.toFixed(percent < 10 ? 2 : 1)} %`;
}

export function formatMs(ms: number | null): string {
  return ms === null ? '-' : `${threeDigits(ms)} ms`;
}

/** Sizes of buffers, in powers of 1024 as the kernel counts them. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '-';
  if (bytes >= 1024 * 1024) return `${threeDigits(bytes / 1024 / 1024)} MiB`;
  return bytes >= 1024 ? `${threeDigits(bytes / 1024)} KiB` : `${bytes} B`;
}

function threeDigits(value: number): string {
  if (value === 0) return '0';
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toPrecision(2);
}
