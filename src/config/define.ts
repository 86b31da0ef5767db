import type { Reference, WampactConfig } from "./settings.js";

/**
 * Types a configuration: `export default defineConfig({ … })` in `wampact.config.ts` or `.mjs`. It is validated when it is
 * loaded.
 */
export function defineConfig(config: WampactConfig): WampactConfig {
  return config;
}

/** Refers to an environment variable. Its value is never printed. */
export function env(name: string): { readonly env: string } {
  return { env: name };
}

/**
 * Refers to the content of a file without its last line break. The path is relative to the configuration. The content is
 * never printed.
 */
export function file(path: string): Extract<Reference, { file: string }> {
  return { file: path };
}
