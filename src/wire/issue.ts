/** One fault that a schema found in a payload, as it travels in the `issues` of an error's kwargs. */
export interface Issue {
  /** Where in the value; `[]` is the whole. Keys that a peer chose are cut at 64 characters. */
  readonly path: readonly (string | number)[];
  /** zod's code, such as `invalid_type` or `too_small`. */
  readonly code: string;
  readonly expected?: string;
  /** Rebuilt from the code, so it never quotes the value. */
  readonly message: string;
}
