/** `npm run bench -- NAME [ARGS]`: runs `bench/NAME.ts`, which exports `main(args)` and resolves to an exit code. */
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !/^[a-z][a-z0-9-]*$/.test(name) || name === 'main') {
  console.error('usage: npm run bench -- NAME [ARGS], where bench/NAME.ts is the benchmark');
  process.exitCode = 2;
} else {
  const benchmark = (await import(`./${name}.ts`)) as { main(args: readonly string[]): Promise<number> };
  process.exitCode = await benchmark.main(args);
}
