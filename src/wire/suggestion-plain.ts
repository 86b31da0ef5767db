/** What to write instead of an unknown name, in words. Bundles for browsers have this one, which looks for no nearest name. */
export function suggestion(_name: string, known: readonly string[]): string {
  return `expected one of ${known.join(", ")}`;
}
