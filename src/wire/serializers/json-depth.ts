/** Returns whether lists and dictionaries are nested deeper than `levels`. The value itself is the first. Recursion ends there. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  const members = Array.isArray(value) ? value : Object.values(value);
  for (const member of members) if (typeof member === "object" && isDeeper(member, levels - 1)) return true;
  return false;
}

/** Returns whether JSON text is too short for such a nesting: every opening bracket needs a closing one. */
export function isShallow(text: string, levels: number): boolean {
  return text.length < 2 * levels;
}
