import type { HttpExchange } from "./service.js";

/** The body of a request, or why there is none: it is too large, or the client has disconnected. */
export type Body = Buffer | "too_large" | "gone";

/**
 * Reads a body up to a number of bytes. Discards the rest of a larger one. Must be called once. Until then the client can send only
 * what fits into the buffers of the connection.
 */
export async function readBody(
  { request, response, expectBody, unfinished }: HttpExchange,
  maxBytes: number,
): Promise<Body> {
  if (request.destroyed) return "gone";
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
    request.resume();
    return "too_large";
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  expectBody(true);
  try {
    return await new Promise<Body>((resolve) => {
      const chunks: Buffer[] = [];
      let length = 0;
      request.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length <= maxBytes) {
          chunks.push(chunk);
          unfinished(length);
        } else {
          chunks.length = 0;
          resolve("too_large");
        }
      });
      request.on("end", () => resolve(Buffer.concat(chunks)));
      request.on("error", () => resolve("gone"));
      request.on("close", () => resolve("gone"));
    });
  } finally {
    unfinished(0);
    expectBody(false);
  }
}

/** Returns whether a request declares a JSON body in UTF-8. Takes linear time: one pattern for all of it would not. */
export function isJson(contentType = ""): boolean {
  const [type, charset = "", ...others] = contentType.split(";").map((part) => part.trim().toLowerCase());
  return type === "application/json" && others.length === 0 && /^(?:charset="?utf-?8"?)?$/.test(charset);
}
