import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installedPackage } from '../../src/setup/package-root.ts';
import { PATCHED_FILE, patchDtlsTransport } from '../../src/setup/worker/patch.ts';

const line = (condition: string) => `x;\n\tconst long r = (${condition}) ? static_cast<long>(ret) : 1;\ny;\n`;

describe('the BIO callback of the DTLS transport', () => {
  it('tests the bit where upstream compares the whole', () => {
    expect(patchDtlsTransport(line('operationType == BIO_CB_RETURN'))).toEqual({
      kind: 'patched',
      source: line('(operationType & BIO_CB_RETURN) != 0'),
    });
  });

  it('is left alone where upstream tests the bit itself', () => {
    expect(patchDtlsTransport(line('operationType & BIO_CB_RETURN'))).toEqual({ kind: 'unneeded' });
  });

  it('is not guessed at in a source that has changed', () => {
    expect(patchDtlsTransport('void somethingElse();')).toEqual({ kind: 'unknown' });
    const twice = line('operationType == BIO_CB_RETURN').repeat(2);
    expect(patchDtlsTransport(twice)).toEqual({ kind: 'unknown' });
  });

  it('is known in the mediasoup that is installed', () => {
    const directory = installedPackage('mediasoup')?.directory ?? '';
    const source = readFileSync(join(directory, 'worker', 'src', PATCHED_FILE), 'utf8');
    expect(patchDtlsTransport(source).kind).not.toBe('unknown');
  });
});
