import type { SocketKind } from './types.ts';

/** The implementation of that name, loaded when it is first needed. */
export async function openSockets(kind: SocketKind['kind']): Promise<SocketKind> {
  switch (kind) {
    case 'dgram':
      return (await import('./dgram.ts')).dgramSockets;
    case 'native':
      return (await import('./dgram.ts')).dgramSockets;
  }
}

export async function preferredSockets(_env: unknown): Promise<SocketKind['kind']> {
  return 'dgram';
}
