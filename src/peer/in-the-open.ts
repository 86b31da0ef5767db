import { DEVELOPMENT } from "#development";
import { misuse } from "../wire/misuse.js";
import type { PayloadPacking } from "./payload-schemes.js";

/**
 * The packing of peers that support no payload schemes. They send everything unpacked. A packed payload stays a single argument.
 */
export const IN_THE_OPEN: PayloadPacking = {
  replying: () => undefined,
  packing: () => undefined,
  pack(payload, how) {
    if (how) throw misuse("passthru", DEVELOPMENT && "this peer packs no payloads; use connect of wampact/peer");
    return { payload, keys: undefined };
  },
  unpack: (payload) => payload,
};
