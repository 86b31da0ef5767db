import { suggestion as listed } from "./suggestion-plain.js";

/** What to write instead of an unknown name, in words: the nearest known name, or all of them where none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  let nearest = "";
  let fewest = Math.max(2, name.length / 2); // more edits than that make another word
  for (const each of known) {
    const edits = editsBetween(name.toLowerCase(), each.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = each;
  }
  return nearest ? `did you mean "${nearest}"?` : listed(name, known);
}

/** How many characters must be added, removed or replaced to make one word of another (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] as number) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] as number) + 1, (current[column - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[to.length] as number;
}
