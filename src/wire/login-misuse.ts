/**
 * A `TypeError` for what the application gives to log in with, and every attempt would meet again: `connect` rejects with it and does
 * not try again.
 */
export class LoginMisuse extends TypeError {
  readonly isFinal = true;
}
