import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT } from "../wire/uris.js";

/** The error of a request that is none of this bridge's, or not as it has to be. */
export const BAD_REQUEST = "wampact.error.bad_request";

/** Settings of a refusal. */
interface RefusalParts {
  readonly uri?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is answered with an error of HTTP, before it becomes one of WAMP. */
export class Refusal extends WampError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, why: string, { uri = BAD_REQUEST, headers = {} }: RefusalParts = {}) {
    super(uri, { args: [why] });
    this.status = status;
    this.headers = headers;
  }
}

/** The error of a part of a request that is not as it has to be. */
export function wrong(why: string): Refusal {
  return new Refusal(400, why, { uri: INVALID_ARGUMENT });
}
