import { LoginMisuse } from "../wire/login-misuse.js";
import { loadOptional } from "./optional.js";

const NOT_PLAIN = /[^ -~]/; // an unanchored character class, so matching uses no stack

/**
 * Normalizes a name or password with SASLprep. Printable ASCII is unchanged and needs no package. Throws `TypeError` for
 * characters that are not allowed; the message names the setting without quoting it. Spec: RFC 4013.
 */
export async function saslPrep(text: string, name: string): Promise<string> {
  if (!NOT_PLAIN.test(text)) return text;
  const { saslprep } = await loadOptional("@mongodb-js/saslprep", () => import("@mongodb-js/saslprep"));
  try {
    return saslprep(text);
  } catch {
    throw new LoginMisuse(
      `${name}: it contains a character or a character sequence that SASLprep (RFC 4013) does not allow`,
    );
  }
}
