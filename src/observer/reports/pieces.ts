/** Memory is taken in pieces of this many bytes; a row that is longer gets one of its own. */
const PIECE_BYTES = 256 * 1024;
/** Pieces that are kept while nobody needs them: what is written of all types in the time between two batches. */
const KEPT_PIECES = 64;

/** A piece of memory, which other threads may read, and how many still need what is in it. */
export interface Piece {
  readonly bytes: Buffer;
  users: number;
}

/**
 * Pieces that are used again and again. The engine counts memory like this as part of the heap: when each was a new
 * one, they alone made it look for garbage in the whole heap every few thousand samples.
 */
export class PiecePool {
  readonly #pieceBytes: number;
  readonly #free: Piece[] = [];

  constructor(pieceBytes = PIECE_BYTES) {
    this.#pieceBytes = pieceBytes;
  }

  /** A piece with room for that many bytes and one user. */
  take(bytes: number): Piece {
    const free = bytes <= this.#pieceBytes ? this.#free.pop() : undefined;
    if (free === undefined) {
      const memory = new SharedArrayBuffer(Math.max(this.#pieceBytes, bytes));
      return { bytes: Buffer.from(memory), users: 1 };
    }
    free.users = 1;
    return free;
  }

  /** One user less. */
  release(piece: Piece): void {
    piece.users -= 1;
    if (piece.users > 0 || piece.bytes.length !== this.#pieceBytes) return;
    if (this.#free.length < KEPT_PIECES) this.#free.push(piece);
  }
}
