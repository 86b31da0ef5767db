import type { Authenticator } from "./authenticator.js";

/** Returns the error message of `connect` for the router's part of a method. `name` is the name of both functions. */
export function instead(name: string): string {
  return `this is the router's part of ${name}; import it from "wampact/auth/${name}"`;
}

/** Throws `TypeError` for the peer's part of a method, which has the same name. */
export function checkHalves(auth: readonly Authenticator[], path: string): void {
  for (const [index, { method, half }] of auth.entries()) {
    if (half === undefined) continue;
    const name = method.replace("wamp-", "");
    throw new TypeError(`${path}[${index}]: this is the peer's part of ${name}; import it from "wampact/router"`);
  }
}
