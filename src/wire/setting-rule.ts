/** The rule for the value of one option. */
export interface SettingRule {
  /** The text after "expected" in an error message. */
  readonly expected: string;
  /**
   * Whether an error message may quote a rejected string. Set it only for options that hold no secret. The user and the query
   * of a URL are never quoted. Numbers and booleans are always quoted.
   */
  readonly quotes?: true;
  accepts(value: unknown): boolean;
}

/** One rule for each member of an options interface. A missing or surplus rule is a compile error. */
export type SettingRules<Options> = { readonly [Name in keyof Required<Options>]: SettingRule };
