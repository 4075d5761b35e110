import { writeFile } from 'node:fs/promises';
import type { Conversation } from './tap.ts';

const MICROSECOND_MAGIC = 0xa1b2c3d4;
/** LINKTYPE_RAW: packets begin with the IP header. */
const RAW_IP = 101;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const SFU_PORT = 40_000;

/** Writes conversations as a capture that Wireshark opens (https://www.tcpdump.org/manpages/pcap-savefile.5.txt). */
export async function writePcap(file: string, conversations: readonly Conversation[]): Promise<void> {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MICROSECOND_MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(RAW_IP, 20);
  const packets = conversations
    .flatMap(({ clientPort, datagrams }) => datagrams.map((datagram) => ({ clientPort, ...datagram })))
    .sort((a, b) => a.atMs - b.atMs)
    .flatMap(({ clientPort, atMs, direction, data }) => {
      const [from, to] = direction === 'to-sfu' ? [clientPort, SFU_PORT] : [SFU_PORT, clientPort];
      const headers = ipUdp(from, to, data.length);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Math.floor(atMs / 1000), 0);
      record.writeUInt32LE(Math.floor((atMs % 1000) * 1000), 4);
      record.writeUInt32LE(headers.length + data.length, 8);
      record.writeUInt32LE(headers.length + data.length, 12);
      return [record, headers, data];
    });
  await writeFile(file, Buffer.concat([header, ...packets]));
}

/** IPv4 and UDP between two ports of the loopback address, without checksums, which is allowed for UDP. */
function ipUdp(from: number, to: number, payloadBytes: number): Buffer {
  const headers = Buffer.alloc(IP_BYTES + UDP_BYTES);
  headers.writeUInt8(0x45, 0);
  headers.writeUInt16BE(headers.length + payloadBytes, 2);
  headers.writeUInt8(64, 8);
  headers.writeUInt8(17, 9);
  headers.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
  headers.writeUInt16BE(from, IP_BYTES);
  headers.writeUInt16BE(to, IP_BYTES + 2);
  headers.writeUInt16BE(UDP_BYTES + payloadBytes, IP_BYTES + 4);
  return headers;
}
