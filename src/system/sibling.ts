import { fileURLToPath } from 'node:url';

/**
 * The file path of a module beside `from` (an `import.meta.url`), for a child process or worker thread to run:
 * `.ts` in a checkout, `.js` in the published package, whichever the caller itself is.
 */
export function sibling(from: string, nameWithoutExtension: string): string {
  const extension = from.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`${nameWithoutExtension}${extension}`, from));
}
