/** Who may use a procedure, by role. Realms that enforce the contract hold to it. */
export interface ProcedureAccess {
  /** The roles whose sessions may call it; all others may not. */
  readonly roles: readonly string[];
}

/** Who may use a topic, by role. Where one of them is left out, the contract says nothing of that. */
export interface TopicAccess {
  /** The roles whose sessions may publish to it; all others may not. Default: the contract does not say. */
  readonly publish?: readonly string[];
  /** The roles whose sessions may subscribe to it; all others may not. Default: the contract does not say. */
  readonly subscribe?: readonly string[];
}
