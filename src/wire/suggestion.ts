import { suggestion as listed } from "./suggestion-plain.js";

/** Returns a hint for an unknown name: the nearest known name, or all known names if none is close. */
export function suggestion(name: string, known: readonly string[]): string {
  let nearest = "";
  let fewest = Math.max(2, name.length / 2); // the maximum number of edits for a match
  for (const each of known) {
    const edits = editsBetween(name.toLowerCase(), each.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = each;
  }
  return nearest ? `did you mean "${nearest}"?` : listed(name, known);
}

/**
 * Returns the number of characters to insert, delete, replace or swap with their neighbor to turn one word into the other
 * (optimal string alignment distance).
 */
function editsBetween(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : replaced;
      rows[row]?.push(Math.min(replaced, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1));
    }
  }
  return at(from.length, to.length);
}
