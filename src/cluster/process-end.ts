import type { ChildProcess } from 'node:child_process';

/** Characters of standard error that are kept to tell why a process ended. */
const STDERR_TAIL = 2000;

/** Resolves to how a child process ended, with the last it said on standard error, which must be a pipe. */
export function processEnd(child: ChildProcess): Promise<string> {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`process could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const said = tail.trim();
      resolve(`process ended (${signal ?? `exit code ${code}`})${said === '' ? '' : `: ${said}`}`);
    });
  });
}
