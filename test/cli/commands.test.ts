/** The command line: an unknown command is rejected, and the message suggests one. */
import { expect, test } from "vitest";
import { wampact } from "../support/cli.js";
import { createProject } from "../support/project.js";

test.for<readonly [args: readonly string[], words: string]>([
  [["ruoter"], 'error: unknown command "ruoter" of wampact; did you mean "router"?\n'],
  [
    ["serve"],
    'error: unknown command "serve" of wampact; expected one of router, cluster, codegen, docs, lock, diff, secret\n',
  ],
  [["secret", "scarm"], 'error: unknown command "scarm" of wampact secret; did you mean "scram"?\n'],
  [["cluster", "list"], 'error: unknown command "list" of wampact cluster; expected one of status, expel\n'],
])("wampact %s is rejected with a suggestion", async ([args, words], t) => {
  const { dir } = createProject(t, {});
  const { stderr, status } = await wampact(dir, args);
  expect(stderr).toBe(words);
  expect(status).toBe(1);
});
