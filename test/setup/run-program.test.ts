import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/setup/run-program.ts';
import { createSystem } from '../../src/system/real.ts';

const system = createSystem();
const node = (script: string, options: Parameters<typeof runProgram>[3]) =>
  runProgram(system, process.execPath, ['-e', script], options);

describe('running a program', () => {
  it('gives its exit code, what it said, and each line as it comes', async () => {
    const lines: string[] = [];
    const script = 'console.log("a\\nb"); console.error("c"); process.exitCode = 5';
    const result = await node(script, { timeoutMs: 10_000, onLine: (line) => lines.push(line) });
    expect(result).toMatchObject({ exitCode: 5, failure: null });
    expect(lines.sort()).toEqual(['a', 'b', 'c']);
  });

  it('is told, not thrown, when there is no such program', async () => {
    const result = await runProgram(system, '/nowhere/at/all', [], { timeoutMs: 2000 });
    expect(result).toMatchObject({ exitCode: null, failure: expect.stringContaining('ENOENT') });
  });

  it('ends one that takes too long, with what it started', async () => {
    const script =
      'require("child_process").spawn("sleep", ["60"], { stdio: "inherit" }); setInterval(() => {}, 9)';
    const result = await node(script, { timeoutMs: 300 });
    expect(result).toMatchObject({ exitCode: null, failure: 'not done after 300 ms' });
  });

  it('ends one that will not be asked', async () => {
    const script =
      'process.on("SIGTERM", () => console.log("no")); setInterval(() => {}, 9); console.log("up")';
    const result = await node(script, { timeoutMs: 2000 });
    expect(result).toMatchObject({ exitCode: null, failure: 'not done after 2000 ms', output: 'up\nno\n' });
  });

  it('ends one that falls silent', async () => {
    const result = await node('console.log("up"); setInterval(() => {}, 9)', {
      timeoutMs: 20_000,
      silenceMs: 300,
    });
    expect(result).toMatchObject({ exitCode: null, failure: 'said nothing for 300 ms' });
  });

  it('ends at once when interrupted before it began', async () => {
    const signal = AbortSignal.abort();
    expect(await node('setInterval(() => {}, 9)', { timeoutMs: 20_000, signal })).toMatchObject({
      failure: 'interrupted',
    });
  });
});
