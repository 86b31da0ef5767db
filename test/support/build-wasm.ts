/**
 * `npm run build:wasm`: compiles the sources of WebAssembly to modules that have them in Base64. AssemblyScript is fetched by npx for this and
 * is no dependency, since the sources change rarely and the compiler takes 100 MB.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { hashOf, WASM_MODULES, type WasmModule } from "./wasm-modules.js";

const COMPILER = "assemblyscript@0.28.20";

const folder = mkdtempSync(join(tmpdir(), "wampact-wasm-"));
try {
  for (const module of WASM_MODULES) compile(module);
} finally {
  rmSync(folder, { recursive: true });
}

function compile({ source, code, constant, pages }: WasmModule): void {
  const copy = join(folder, "source.ts"); // the only extension that the compiler takes
  const compiled = join(folder, "compiled.wasm");
  copyFileSync(source, copy);
  const options = ["--runtime", "stub", "--noAssert", "-O3", "--converge", "--enable", "simd", "--use", "abort="];
  const memory = ["--initialMemory", String(pages), "--maximumMemory", String(pages)];
  const program = ["--yes", "--package", COMPILER, "asc", copy, "--baseDir", folder, "-o", compiled];
  execFileSync("npx", [...program, ...options, ...memory], { stdio: "inherit" });
  const name = basename(source);
  writeFileSync(
    code,
    `// Compiled from ${name} by \`npm run build:wasm\`. SHA-256 of the source: ${hashOf(source)}\n\n` +
      `/** The WebAssembly module of ${name} in Base64. */\n` +
      `export const ${constant}: string =\n  "${readFileSync(compiled).toString("base64")}";\n`,
  );
}
