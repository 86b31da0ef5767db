import type { ClientOptions } from "./types.js";

/** A member of a contract and who uses it. */
export interface Deprecated {
  /** The member, in words. */
  readonly what: string;
  /** What its contract says about it; `undefined` where it is not deprecated. */
  readonly deprecated: string | undefined;
  readonly onDeprecated: ClientOptions["onDeprecated"];
  /** Takes what `onDeprecated` throws: it harms no call. */
  readonly onError: (error: unknown) => void;
}

/** Creates a function that reports, at its first call, that a member is deprecated. It never throws. */
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
