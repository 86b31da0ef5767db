import { LoginMisuse } from "../wire/login-misuse.js";
import { loadOptional } from "./optional.js";

const NOT_PLAIN = /[^ -~]/; // one class, unanchored: matching keeps no stack

/**
 * A name or password in the form that both ends compare. Throws `TypeError` that names the setting, and quotes nothing, for characters that
 * are not allowed. Printable ASCII stays as it is, and needs no package. Spec: RFC 4013.
 */
export async function saslPrep(text: string, name: string): Promise<string> {
  if (!NOT_PLAIN.test(text)) return text;
  const { saslprep } = await loadOptional("@mongodb-js/saslprep", () => import("@mongodb-js/saslprep"));
  try {
    return saslprep(text);
  } catch {
    throw new LoginMisuse(
      `${name}: it holds a character, or an order of characters, that SASLprep (RFC 4013) does not allow`,
    );
  }
}
