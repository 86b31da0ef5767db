import type { Authenticator, Verdict } from "./authenticator.js";
import { instead } from "./halves.js";
import { incomplete, type LoginAttempt } from "./principals.js";

type MaybeLater<T> = T | Promise<T>;

/** The common parts of the authentication methods. */
export interface MethodParts {
  /** The name of the functions for both parts of the method. */
  readonly name: string;
  /** Default: the name. */
  readonly method?: string;
  readonly namedRoles: Readonly<Record<string, string>>;
}

export function methodOf(
  { name, method = name, namedRoles }: MethodParts,
  begin: (attempt: LoginAttempt) => MaybeLater<Verdict>,
): Authenticator {
  return {
    method,
    instead: instead(name),
    namedRoles,
    begin: (hello, info, context) => begin({ method, hello, info, context }),
  };
}

/** Creates an authenticator whose clients must send an `authid`. */
export function namedMethodOf(
  parts: MethodParts,
  begin: (authid: string, attempt: LoginAttempt) => MaybeLater<Verdict>,
): Authenticator {
  return methodOf(parts, (attempt) => {
    const { method, hello } = attempt;
    return hello.authid
      ? begin(hello.authid, attempt)
      : incomplete(`HELLO.details.authid: required by the method ${method}`);
  });
}
