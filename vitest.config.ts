import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { reporters } from "./test/support/reporters.js";

/** The fast tier: `npm test`. The slow one is in test/full. */
// biome-ignore lint/style/noDefaultExport: what vitest reads
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/full/**", "**/node_modules/**", "test/.tmp-*/**"],
    reporters,
    isolate: false, // files share a process and its modules: a test takes back what it changes of them
    maxWorkers: availableParallelism() + 2, // many tests wait for timers, sockets and processes of their own
    testTimeout: 300_000, // for a machine with a load of 14; nothing here takes that long on a quiet one
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
