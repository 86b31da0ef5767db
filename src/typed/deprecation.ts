import type { ClientOptions } from "./types.js";

/** A member of a contract, and the receiver of the warning. */
export interface Deprecated {
  /** The member's description. */
  readonly what: string;
  /** The contract's deprecation text; `undefined` if it is not deprecated. */
  readonly deprecated: string | undefined;
  readonly onDeprecated: ClientOptions["onDeprecated"];
  /** Receives exceptions from `onDeprecated`, which do not affect calls. */
  readonly onError: (error: unknown) => void;
}

/** Creates a function that reports on its first call that a member is deprecated. It never throws. */
export function deprecation({ what, deprecated, onDeprecated = console.warn, onError }: Deprecated): () => void {
  if (deprecated === undefined) return () => {};
  let told = false;
  return () => {
    if (told) return;
    told = true;
    try {
      onDeprecated(`${what} is deprecated: ${deprecated}`);
    } catch (error) {
      onError(error);
    }
  };
}
