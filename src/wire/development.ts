/**
 * Whether errors for misuse and for violations of the protocol explain themselves. False in `production.ts`, which bundles for browsers
 * get under the condition `production`. Use it in expressions only: esbuild drops no statements by it.
 */
export const DEVELOPMENT: boolean = true;
