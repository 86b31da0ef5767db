/** An HTTP service on the port of a WebSocket listener: `httpBridge()` and `longPoll()` of `wampact/http` create one. */
export interface HttpPart {
  /** The path, such as `/api`. The part serves requests below it. */
  readonly path: string;
}
