import { describe, expect, it } from 'vitest';
import { attributeLoss, dropsBetween, dropsOfPort } from '../../src/probe/drops.ts';
import { parseUdpSockets } from '../../src/system/udp-sockets.ts';

const PROC_NET_UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  105: 0100007F:B26E 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 21347 2 0000000000000000 17
  106: 0100007F:B26F 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 21348 2 0000000000000000 4
  107: 0200007F:B26E 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 21349 2 0000000000000000 3
`;

describe('dropsOfPort', () => {
  it('adds the sockets of the port up', () => {
    expect(dropsOfPort(parseUdpSockets(PROC_NET_UDP), 0xb26e)).toBe(20);
    expect(dropsOfPort(parseUdpSockets(PROC_NET_UDP), 0xb26f)).toBe(4);
  });

  it('is null where no socket has the port', () => {
    expect(dropsOfPort(parseUdpSockets(PROC_NET_UDP), 80)).toBeNull();
    expect(dropsOfPort(parseUdpSockets(''), 80)).toBeNull();
  });
});

describe('attributeLoss', () => {
  const drops = { socketDrops: 30, receiveBufferErrors: 45, sendBufferErrors: 0, backlogDrops: 5 };

  it('gives the network what no counter explains', () => {
    expect(attributeLoss(drops, 100).networkLost).toBe(65);
    expect(attributeLoss(drops, 20).networkLost).toBe(0);
  });

  it('does not know what the network lost where the host cannot be read', () => {
    expect(attributeLoss({ ...drops, socketDrops: null }, 100).networkLost).toBeNull();
  });

  it('does not subtract drops that count whole batches', () => {
    expect(attributeLoss(drops, 100, { countsBatches: true }).networkLost).toBeNull();
  });
});

it('takes what changed, and nothing where a counter is missing', () => {
  const before = { socketDrops: 1, receiveBufferErrors: 10, sendBufferErrors: null, backlogDrops: 4 };
  const after = { socketDrops: 5, receiveBufferErrors: 16, sendBufferErrors: 3, backlogDrops: 4 };
  expect(dropsBetween(before, after)).toEqual({
    socketDrops: 4,
    receiveBufferErrors: 6,
    sendBufferErrors: null,
    backlogDrops: 0,
  });
});
