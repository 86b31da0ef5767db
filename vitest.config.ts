import { defineConfig } from "vitest/config";
import { reporters } from "./test/support/reporters.js";

/** The fast tier: `npm test`. The slow one is in test/full. */
// biome-ignore lint/style/noDefaultExport: what vitest reads
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/full/**", "**/node_modules/**", "test/.tmp-*/**"],
    reporters,
    testTimeout: 20_000,
  },
});
