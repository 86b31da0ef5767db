import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wampact } from "../support/cli.js";
import { temporary } from "../support/folder.js";
import { createProject } from "../support/project.js";

test("the error of a configuration module has its line, also where the file is reached through a link", async (t) => {
  const { dir } = createProject(t, { "wampact.config.mjs": 'export default {};\nthrow new Error("not today");\n' });
  const link = join(temporary(t), "link");
  symlinkSync(dir, link, "junction");
  const { stderr } = await wampact(dir, ["router", "check", "--config", join(link, "wampact.config.mjs")]);
  expect(stderr).toContain("cannot be loaded: line 2: not today");
});
