/** Returns a hint for an unknown name. Browser bundles use this version, which lists all known names. */
export function suggestion(_name: string, known: readonly string[]): string {
  return `expected one of ${known.join(", ")}`;
}
