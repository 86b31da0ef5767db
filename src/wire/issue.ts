/** One problem that a schema found in a payload, as sent in the `issues` of an error's kwargs. */
export interface Issue {
  /** The path to the value; `[]` is the whole value. Keys chosen by a peer are truncated to 64 characters. */
  readonly path: readonly (string | number)[];
  /** zod's code, such as `invalid_type` or `too_small`. */
  readonly code: string;
  readonly expected?: string;
  /** A message made from the code. It never quotes the value. */
  readonly message: string;
}
