/**
 * `npm run build:wasm`: compiles bulk-scan.as to bulk-scan-code.ts. AssemblyScript is fetched by npx for this and is no dependency, since
 * the source changes rarely and the compiler takes 100 MB.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BULK_SCAN_CODE, BULK_SCAN_SOURCE, hashOf } from "./bulk-scan-source.js";

const COMPILER = "assemblyscript@0.28.20";
const PAGES = "17"; // 64 KiB each: levels, then 1 MiB of bytes and what may be read behind them

const folder = mkdtempSync(join(tmpdir(), "wampact-wasm-"));
try {
  const source = join(folder, "bulk-scan.ts"); // the only extension that the compiler takes
  const compiled = join(folder, "bulk-scan.wasm");
  copyFileSync(BULK_SCAN_SOURCE, source);
  const options = ["--runtime", "stub", "--noAssert", "-O3", "--converge", "--enable", "simd", "--use", "abort="];
  const memory = ["--initialMemory", PAGES, "--maximumMemory", PAGES];
  const program = ["--yes", "--package", COMPILER, "asc", source, "--baseDir", folder, "-o", compiled];
  execFileSync("npx", [...program, ...options, ...memory], { stdio: "inherit" });
  const code = readFileSync(compiled).toString("base64");
  writeFileSync(
    BULK_SCAN_CODE,
    `// Compiled from bulk-scan.as by \`npm run build:wasm\`. SHA-256 of the source: ${hashOf(BULK_SCAN_SOURCE)}\n\n` +
      `/** The WebAssembly module of bulk-scan.as in Base64. */\nexport const BULK_SCAN_CODE: string =\n  "${code}";\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
