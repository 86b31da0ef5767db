import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SERIALIZERS = new URL("../../src/wire/serializers/", import.meta.url);

/** The source of the WebAssembly that checks payloads, and the module that has it compiled. */
export const BULK_SCAN_SOURCE: string = fileURLToPath(new URL("bulk-scan.as", SERIALIZERS));
export const BULK_SCAN_CODE: string = fileURLToPath(new URL("bulk-scan-code.ts", SERIALIZERS));

/** SHA-256 of a text file, whatever its line endings are. */
export function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file, "utf8").replaceAll("\r\n", "\n")).digest("hex");
}
