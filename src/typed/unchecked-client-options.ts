import type { ClientOptions } from "./types.js";

/** The empty check for production bundles for browsers. Everything else has `check-client-options.ts`. */
export function checkClientOptions(_options: ClientOptions): void {}
