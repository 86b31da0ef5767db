import { misuse } from "../wire/misuse.js";
import type { CallerOptions, ConnectOptions, DrainOptions, EventsOptions, SubscribeOptions } from "./types.js";

// Production bundles for browsers have these instead of `check-options.ts`.

export function checkCaller(_options: CallerOptions): void {}
export function checkConnect(_options: ConnectOptions): void {}

/** Checks what no compiler can: a computed number. The router would end the session for it. */
export function checkCallOption(name: string, value: unknown, _given: object): void {
  if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0)) throw misuse(name, false);
}
export {
  checkCallOption as checkPublishOption,
  checkCallOption as checkRegisterOption,
  checkCallOption as checkSubscribeOption,
};
export function checkDrain(_options: DrainOptions, _method: string): void {}
export function checkEvents(_options: EventsOptions): void {}
export function checkQueuedEvents(_options: EventsOptions & Pick<SubscribeOptions, "match">): void {}
