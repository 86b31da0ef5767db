/** The details of an established session, from WELCOME. */
export interface SessionDetails {
  readonly id: number;
  readonly realm: string;
  readonly authid?: string;
  readonly authrole?: string;
  readonly authmethod?: string;
  /** All other details. */
  readonly details: Readonly<Record<string, unknown>>;
}
