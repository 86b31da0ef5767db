/** The options of `wampact/codegen`: an unknown one and an invalid value are rejected before anything is read. */
import { expect, test } from "vitest";
import { diffContracts, generate, lockContracts, watchContracts, writeDocuments } from "wampact/codegen";

const ignored = () => {};
const FUNCTIONS = {
  generate,
  watchContracts: (options: object) => watchContracts({ onGenerated: ignored, onError: ignored, ...options }),
  writeDocuments,
  lockContracts,
  diffContracts,
} as const;

test.for(Object.entries(FUNCTIONS))("%s rejects an unknown option, and a value outside its range", async ([
  name,
  run,
]) => {
  const unknown: object = { filse: ["schemas"] };
  await expect(run(unknown)).rejects.toThrow(new TypeError(`${name}.filse: unknown option; did you mean "files"?`));
  await expect(run({ timeoutMs: 0 })).rejects.toThrow(
    new TypeError(`${name}.timeoutMs: expected a positive number, got 0`),
  );
});

test("watchContracts rejects a negative delay", async () => {
  await expect(FUNCTIONS.watchContracts({ debounceMs: -1 })).rejects.toThrow(
    new TypeError("watchContracts.debounceMs: expected a non-negative number, got -1"),
  );
});
