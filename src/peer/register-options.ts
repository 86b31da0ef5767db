import type * as m from "../wire/messages.js";
import { flag, natural, oneOf } from "../wire/settings.js";
import { match, type OptionRules, signal, toWire, type WireOptions } from "./request-options.js";
import type { RegisterOptions } from "./types.js";

const REGISTER: OptionRules<RegisterOptions, m.Register["options"]> = {
  signal: [signal],
  timeoutMs: [natural],
  match: [match, "match"],
  invoke: [oneOf("single", "roundrobin", "random", "first", "last"), "invoke"],
  discloseCaller: [flag, "disclose_caller"],
  forwardTimeout: [flag, "forward_timeout"],
};

/** Returns the options of a REGISTER with wire keys. Throws `TypeError` for an invalid option. */
export const toRegisterOptions = (options: RegisterOptions): WireOptions => toWire(options, REGISTER, "register");
