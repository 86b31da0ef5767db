import { misuse } from "../wire/misuse.js";
import type { CallerOptions, ConnectOptions, DrainOptions, EventsOptions, SubscribeOptions } from "./types.js";

// Production bundles for browsers have these instead of `check-options.ts`.

/** The options whose number may be 0. */
const NATURAL = /^(timeout|cancelTimeout|heartbeat|drain)Ms$/;
/** The options with further options. */
const NESTED = /^(reconnect|offline|wait)$/;

/** Checks what no compiler can: computed numbers. With NaN, a timer would fire at once, and a limit would limit nothing. */
function checkNumbers(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (NESTED.test(name)) checkNumbers(value ?? {});
    if (typeof value === "number" && !(value > 0 || (value === 0 && NATURAL.test(name)))) throw misuse(name, false);
  }
}

/** Checks the numbers of a request, which must be integers: the router would end the session for others. */
export function checkCallOption(name: string, value: unknown, _given: object): void {
  for (const each of [value].flat()) {
    checkNumbers({ [name]: each });
    if (typeof each === "number" && !Number.isSafeInteger(each)) throw misuse(name, false);
  }
}

export const checkCaller: (options: CallerOptions) => void = checkNumbers;
export const checkConnect: (options: ConnectOptions) => void = checkNumbers;
export const checkDrain: (options: DrainOptions, method: string) => void = checkNumbers;
export const checkEvents: (options: EventsOptions) => void = checkNumbers;
export const checkQueuedEvents: (options: EventsOptions & Pick<SubscribeOptions, "match">) => void = checkNumbers;
export {
  checkCallOption as checkPublishOption,
  checkCallOption as checkRegisterOption,
  checkCallOption as checkSubscribeOption,
};
