/**
 * How deep lists and dictionaries may nest in a message. A deeper one is refused where it is sent (`TypeError`) and a
 * protocol violation where it arrives.
 */
export const MAX_DEPTH = 128;

/** Throws `TypeError` for a setting that is no number above 0, naming it. One that is not given is left to its default. */
export function checkPositive(settings: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value > 0) continue;
    throw new TypeError(`${name}: expected a number above 0, got ${value}`);
  }
}
