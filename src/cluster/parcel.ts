/** The kinds of messages between two nodes. The numbers are on the wire. */
export const KINDS = { frames: 1, ack: 2, expelled: 3 } as const;
export type ParcelKind = (typeof KINDS)[keyof typeof KINDS];

/** The head of a message between two nodes. */
export interface ParcelHead {
  readonly kind: ParcelKind;
  /** In frames: the next message continues these. In an acknowledgement: the missing messages must be sent again. */
  readonly more: boolean;
  /** The sender's incarnation. */
  readonly from: number;
  /** The receiver's incarnation, as far as the sender knows. */
  readonly to: number;
  /** In frames: the number of the message, from 1. In an acknowledgement: the first message that has arrived after a gap, or 0. */
  readonly seq: number;
  /** The last message of frames that the sender has received. */
  readonly ack: number;
}

/** A message between two nodes. */
export interface Parcel extends ParcelHead {
  readonly body: Uint8Array;
}

const HEAD_BYTES = 26;

/** Wire: `u8 kind, u8 more, u32 from, u32 to, f64 seq, f64 ack, body`. */
export function encodeParcel({ kind, more, from, to, seq, ack }: ParcelHead, body: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  bytes[0] = kind;
  bytes[1] = more ? 1 : 0;
  bytes.writeUInt32BE(from, 2);
  bytes.writeUInt32BE(to, 6);
  bytes.writeDoubleBE(seq, 10);
  bytes.writeDoubleBE(ack, 18);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

/** Decodes a message. Returns `undefined` for other bytes. */
export function decodeParcel(bytes: Uint8Array): Parcel | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint8(0);
  const [seq, ack] = [view.getFloat64(10), view.getFloat64(18)];
  if (kind < KINDS.frames || kind > KINDS.expelled || !isCount(seq) || !isCount(ack)) return undefined;
  return {
    kind: kind as ParcelKind,
    more: view.getUint8(1) === 1,
    from: view.getUint32(2),
    to: view.getUint32(6),
    seq,
    ack,
    body: bytes.subarray(HEAD_BYTES),
  };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
