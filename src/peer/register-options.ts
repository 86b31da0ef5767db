import { checkRegisterOption } from "#check-options";
import type * as m from "../wire/messages.js";
import { toWire, type WireKeys, type WireOptions } from "./request-options.js";
import type { RegisterOptions } from "./types.js";

const REGISTER: WireKeys<RegisterOptions, m.Register["options"]> = {
  signal: undefined,
  timeoutMs: undefined,
  match: "match",
  invoke: "invoke",
  discloseCaller: "disclose_caller",
  forwardTimeout: "forward_timeout",
};

/** Returns the options of a REGISTER with wire keys. Throws `TypeError` for an invalid option. */
export const toRegisterOptions = (options: RegisterOptions): WireOptions =>
  toWire(options, REGISTER, checkRegisterOption);
