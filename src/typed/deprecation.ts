import type { ClientOptions } from "./types.js";

/** Creates a function that reports, at its first call, that a member is deprecated. */
export function deprecation(what: string, deprecated: string | undefined, options: ClientOptions): () => void {
  if (deprecated === undefined) return () => {};
  let told = false;
  const tell = options.onDeprecated ?? ((message) => console.warn(message));
  return () => {
    if (told) return;
    told = true;
    tell(`${what} is deprecated: ${deprecated}`);
  };
}
