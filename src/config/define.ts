import type { Reference, WampactConfig } from "./settings.js";

/** Types a configuration: `export default defineConfig({ … })` in `wampact.config.ts` or `.mjs`. It is checked when it is loaded. */
export function defineConfig(config: WampactConfig): WampactConfig {
  return config;
}

/** Stands for the value of an environment variable, which is never printed. */
export function env(name: string): { readonly env: string } {
  return { env: name };
}

/** Stands for the content of a file, relative to the configuration, without its last line end. It is never printed. */
export function file(path: string): Extract<Reference, { file: string }> {
  return { file: path };
}
