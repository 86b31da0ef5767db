import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Returns the server's answer to a client's key. Spec: RFC 6455, "Server Requirements". */
export function acceptOf(key: string | undefined): string {
  return createHash("sha1").update(`${key}${GUID}`).digest("base64");
}
