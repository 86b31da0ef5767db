import type { Authenticator } from "./authenticator.js";

/** What `connect` says where it is given the router's half of a method. `name` is that of the functions that make the halves. */
export function instead(name: string): string {
  return `this is the router's half of ${name}; import it from "wampact/auth/${name}"`;
}

/** Throws `TypeError` for the peer's half of a method, which looks the same. */
export function checkHalves(auth: readonly Authenticator[], path: string): void {
  for (const [index, { method, half }] of auth.entries()) {
    if (half === undefined) continue;
    const name = method.replace("wamp-", "");
    throw new TypeError(`${path}[${index}]: this is the peer's half of ${name}; import it from "wampact/router"`);
  }
}
