import type { PayloadFormat } from './types.ts';

/** How many bytes of a payload tell whether a key frame begins there, and its size. */
export const PEEK_BYTES = 48;

/** Length of the VP8 payload descriptor (RFC 7741, section 4.2) at the head of `payload`. */
export function vp8DescriptorBytes(payload: Uint8Array): number {
  const first = payload[0] ?? 0;
  if ((first & 0x80) === 0) return 1;
  const extension = payload[1] ?? 0;
  let length = 2;
  if ((extension & 0x80) !== 0) length += ((payload[2] ?? 0) & 0x80) !== 0 ? 2 : 1;
  if ((extension & 0x40) !== 0) length += 1;
  if ((extension & 0x30) !== 0) length += 1;
  return length;
}

/** Whether a packet with this payload begins a key frame. */
export function beginsKeyFrame(format: PayloadFormat, payload: Uint8Array): boolean {
  if (format === 'vp8') return beginsVp8KeyFrame(payload);
  return format === 'h264' && beginsH264KeyFrame(payload);
}

function beginsVp8KeyFrame(payload: Uint8Array): boolean {
  const first = payload[0] ?? 0;
  // S bit set and partition 0: the beginning of a frame, whose first bit (P) is 0 in a key frame (RFC 6386, 9.1).
  if ((first & 0x10) === 0 || (first & 0x0f) !== 0) return false;
  const at = vp8DescriptorBytes(payload);
  const frame = payload[at];
  return frame !== undefined && (frame & 1) === 0 && payload[at + 3] === 0x9d && payload[at + 4] === 0x01;
}

/** RFC 6184: a sequence parameter set (7) or the beginning of an IDR slice (5), alone, aggregated or fragmented. */
function beginsH264KeyFrame(payload: Uint8Array): boolean {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === 24) return [5, 7].includes((payload[3] ?? 0) & 0x1f);
  if (type === 28) return ((payload[1] ?? 0) & 0x9f) === 0x85;
  return type === 5 || type === 7;
}
