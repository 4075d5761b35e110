import { readFileSync } from 'node:fs';
import { packageRoot } from '../setup/package-root.ts';

/** Version of this package, as in its package.json. */
export function toolVersion(): string {
  const { version } = JSON.parse(readFileSync(`${packageRoot()}/package.json`, 'utf8')) as {
    version: string;
  };
  return version;
}
