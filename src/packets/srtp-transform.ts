/** One direction of one profile; the caller knows the packet's index. `rollover` is the ROC. */
export interface SrtpTransform {
  readonly rtpTagBytes: number;
  /**
   * Header in the clear, payload encrypted, tag at the end. The result is only good until the next call of any
   * transform.
   */
  protectRtp(packet: Buffer, headerLength: number, rollover: number): Buffer;
  /** Whether the tag of the packet in the first `length` bytes is right. */
  verifyRtp(packet: Buffer, length: number, headerLength: number, rollover: number): boolean;
  /** At most `bytes` of the payload's beginning in the clear, without looking at the tag. */
  peekPayload(packet: Buffer, length: number, headerLength: number, rollover: number, bytes: number): Buffer;
  protectRtcp(packet: Buffer, index: number): Buffer;
  unprotectRtcp(packet: Buffer): Buffer | null;
}
