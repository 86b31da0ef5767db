import type { ClientOptions } from "./types.js";

/** What tells, at the first use of a member, that it is deprecated. */
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
