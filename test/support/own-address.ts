import { networkInterfaces } from 'node:os';

/** An address of this host that is no loopback address; Firefox pairs none of its candidates with one that is. */
export function ownAddress(): string {
  const address = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  if (address === undefined)
    throw new Error('this host has no address but loopback: Firefox cannot be tested');
  return address;
}
