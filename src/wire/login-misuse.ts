/**
 * A `TypeError` for invalid credentials from the application, which would fail every attempt. `connect` rejects with it and
 * does not retry.
 */
export class LoginMisuse extends TypeError {
  readonly isFinal = true;
}
