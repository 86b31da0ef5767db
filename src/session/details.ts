/** A session that stands, as its WELCOME told it. */
export interface SessionDetails {
  readonly id: number;
  readonly realm: string;
  readonly authid?: string;
  readonly authrole?: string;
  readonly authmethod?: string;
  /** Everything else that is known of it. */
  readonly details: Readonly<Record<string, unknown>>;
}
