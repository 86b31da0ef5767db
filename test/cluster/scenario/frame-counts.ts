import type { Carrier } from "../../../src/cluster/carrier.js";
import type { Frame } from "../../../src/cluster/frames/frame.js";
import { readFrames } from "../../../src/cluster/frames/read.js";
import { decodeParcel, KINDS } from "../../../src/cluster/parcel.js";

/** Counts the frames that nodes send to each other. */
export class FrameCounts {
  /** By type, those that are sent again included. */
  readonly counts = new Map<string, number>();
  /** Key of a call → sessions of other nodes that it was sent to. One that these nodes have given back goes to another. */
  readonly callees = new Map<string, Set<number>>();

  /** The same carrier, whose frames are seen. */
  on(carrier: Carrier): Carrier {
    return {
      ...carrier,
      post: (to, bytes) => {
        this.#see(bytes);
        carrier.post(to, bytes);
      },
    };
  }

  #see(bytes: Uint8Array): void {
    const parcel = decodeParcel(bytes);
    if (parcel?.kind === KINDS.expelled) this.#count("EXPELLED");
    if (parcel?.kind !== KINDS.frames || parcel.more) return;
    for (const frame of readFrames(parcel.body, () => {})) this.#frame(frame);
  }

  #frame(frame: Frame): void {
    this.#count(frame.type);
    if (frame.type !== "CALL") return;
    const key = String(frame.payload.args[0]);
    this.callees.set(key, (this.callees.get(key) ?? new Set()).add(frame.callee));
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
