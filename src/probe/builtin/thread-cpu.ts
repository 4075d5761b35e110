/** CPU milliseconds of this thread since it started; null on a Node that cannot tell (before 22.19). */
export function threadCpuMs(): number | null {
  if (typeof process.threadCpuUsage !== 'function') return null;
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
