import { z } from 'zod';

/**
 * What both ends say beside the packets: lines of JSON over TCP, on the port number that the packets use on UDP.
 * TCP's handshake proves the client's address, so nobody can be made a target by a forged one; and a client's
 * lines are padded, because a server never writes more to a connection than came in for it.
 */
export const PROTOCOL_VERSION = 1;
/** Lines of a client are padded to this many bytes. */
export const CLIENT_LINE_BYTES = 2048;
/** A longer line ends the connection. */
export const MAX_LINE_BYTES = 16_384;

const count = z.number().int().min(0);
const milliseconds = z.number().nullable();

const reading = z.object({
  readAtMs: z.number(),
  receivedPackets: count,
  receivedBytes: count,
  expectedPackets: count,
  outOfOrderPackets: count,
  duplicatePackets: count,
  jitterMs: milliseconds,
  meanJitterMs: milliseconds,
  firstArrivalMs: milliseconds,
  lastArrivalMs: milliseconds,
  foreignPackets: count,
  cpuMs: milliseconds,
});

/** How `tune` makes the receiver busy: it reads nothing for `ms` every `everyMs`. */
const pause = z
  .object({ everyMs: z.number().max(60_000), ms: z.number().min(0).max(2_000) })
  .refine(({ everyMs, ms }) => everyMs > ms);

const kernelLimits = z.object({
  rmemMax: count.nullable(),
  wmemMax: count.nullable(),
  rmemDefault: count.nullable(),
  wmemDefault: count.nullable(),
  netdevMaxBacklog: count.nullable(),
});

const drops = z.object({
  socketDrops: count.nullable(),
  receiveBufferErrors: count.nullable(),
  sendBufferErrors: count.nullable(),
  backlogDrops: count.nullable(),
});

export const clientMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('open'),
    version: z.literal(PROTOCOL_VERSION),
    flows: z.number().int().min(1).max(256),
    durationMs: z.number().positive().max(86_400_000),
    intervalMs: z.number().min(100).max(60_000),
    /** null: what the kernel gives to a program that asks for nothing. */
    receiveBufferBytes: z.number().int().positive().max(1_073_741_824).nullable(),
    pause: pause.nullable().default(null),
  }),
  z.object({ type: z.literal('finish'), sentPackets: count }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

export const serverMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('opened'),
    /** 16 hexadecimal digits. */
    token: z.string().regex(/^[0-9a-f]{16}$/),
    receiveBufferBytes: count.nullable(),
    /** Of the server's host; absent from a server of before it was told. */
    kernelLimits: kernelLimits.nullable().default(null),
    maxPacketRatePps: z.number().positive(),
  }),
  z.object({
    type: z.literal('refused'),
    reason: z.enum(['busy', 'duration', 'rate', 'closing']),
    message: z.string(),
  }),
  z.object({ type: z.literal('interval'), previous: reading, current: reading }),
  z.object({ type: z.literal('report'), first: reading, last: reading, drops }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;

/** One line, padded with spaces, which JSON ignores. */
export function encodeLine(message: ClientMessage | ServerMessage, padTo = 0): string {
  return `${JSON.stringify(message).padEnd(padTo - 1)}\n`;
}

/** Cuts a byte stream into lines; throws RangeError for one that is too long. */
export class LineReader {
  #rest = '';

  push(chunk: Buffer): string[] {
    const lines = (this.#rest + chunk.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_BYTES || lines.some((line) => line.length > MAX_LINE_BYTES))
      throw new RangeError('line too long');
    return lines;
  }
}

/** The message in a line, or null for anything else. */
export function decodeLine<T>(line: string, schema: z.ZodType<T>): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
