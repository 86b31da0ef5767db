import type { PayloadPacking } from "./payload-schemes.js";

/** The packing of peers that know no payload schemes: everything travels in the open, and what comes packed stays its one argument. */
export const IN_THE_OPEN: PayloadPacking = {
  replying: () => undefined,
  packing: () => undefined,
  pack(payload, how) {
    if (how) throw new TypeError("passthru: this peer packs no payloads; connect by wampact/peer");
    return { payload, keys: undefined };
  },
  unpack: (payload) => payload,
};
