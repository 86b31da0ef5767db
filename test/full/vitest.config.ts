import { defineConfig } from "vitest/config";
import { reporters } from "../support/reporters.js";

/** The slow tier: `npm run test:full`, after the fast one. */
// biome-ignore lint/style/noDefaultExport: what vitest reads
export default defineConfig({
  test: {
    include: ["test/full/**/*.test.ts"],
    reporters,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    fileParallelism: false,
  },
});
