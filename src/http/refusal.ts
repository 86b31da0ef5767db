import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT } from "../wire/uris.js";

/** The error of a request that the bridge does not serve, or that is malformed. */
export const BAD_REQUEST = "wampact.error.bad_request";

/** The settings of a refusal. */
interface RefusalParts {
  readonly uri?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request is answered with an HTTP error before it becomes a WAMP request. */
export class Refusal extends WampError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, why: string, { uri = BAD_REQUEST, headers = {} }: RefusalParts = {}) {
    super(uri, { args: [why] });
    this.status = status;
    this.headers = headers;
  }
}

/** Returns the error for a malformed part of a request. */
export function wrong(why: string): Refusal {
  return new Refusal(400, why, { uri: INVALID_ARGUMENT });
}
