import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A source of WebAssembly, and the module that has it compiled, in Base64. */
export interface WasmModule {
  readonly source: string;
  readonly code: string;
  /** The name of the constant. */
  readonly constant: string;
  /** Memory, in pages of 64 KiB. */
  readonly pages: number;
}

const moduleAt = (name: string, constant: string, pages: number): WasmModule => ({
  source: sourceFile(`${name}.as`),
  code: sourceFile(`${name}-code.ts`),
  constant,
  pages,
});

export const WASM_MODULES: readonly WasmModule[] = [
  moduleAt("wire/serializers/bulk-scan", "BULK_SCAN_CODE", 17), // levels, 1 MiB of bytes, and what may be read behind them
  moduleAt("transport/websocket/mask", "MASK_CODE", 1),
];

/** SHA-256 of a text file, whatever its line endings are. */
export function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file, "utf8").replaceAll("\r\n", "\n")).digest("hex");
}

function sourceFile(path: string): string {
  return fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
}
