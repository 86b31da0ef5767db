/**
 * Returns the error for a misuse of the API. `what` names the argument or option. `why` is false in production bundles for browsers,
 * which contain no explanations.
 */
export function misuse(what: string, why: string | false): TypeError {
  return new TypeError(`${what}: ${why || "not valid"}`);
}
