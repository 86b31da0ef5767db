/** The roles that may use a procedure. Realms that enforce the contract check it. */
export interface ProcedureAccess {
  /** The roles whose sessions may call the procedure. All other sessions may not. */
  readonly roles: readonly string[];
}

/** The roles that may use a topic. The contract does not restrict an action that is omitted. */
export interface TopicAccess {
  /** The roles whose sessions may publish to the topic. All other sessions may not. Default: the contract does not restrict it. */
  readonly publish?: readonly string[];
  /** The roles whose sessions may subscribe to the topic. All other sessions may not. Default: the contract does not restrict it. */
  readonly subscribe?: readonly string[];
}
