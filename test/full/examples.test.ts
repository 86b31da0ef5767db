import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generate } from "wampact/codegen";
import { temporary } from "../support/folder.js";
import { joined, snippetsOf } from "../support/snippets.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const ROUTER = `import { createTestRouter } from "wampact/testing";
const router = createTestRouter();
Object.assign(globalThis, { router, peer: await router.connect() });
`;
const HANDLERS = `Object.assign(globalThis, { handlers: {
  add2: ({ a, b }) => a + b, divide: ({ a, b }) => a / b, scale: (value, factor) => value * factor, countdown() {} } });
`;

/** Snippets of a page that are one program, what they take for granted, and what they print. */
const PROGRAMS: readonly (readonly [
  page: string,
  which: readonly number[],
  before: string,
  printed: readonly (string | RegExp)[],
])[] = [
  [
    "streaming",
    [1, 2, 3, 4],
    ROUTER,
    [/^1\n2\n3\n(\d+\n){97}film\.mp4\n3 bytes heard\nhello\n\{\s+ok: false,\s+error: .*code: 'canceled'/s],
  ],
  [
    "permissions",
    [0, 1, 2, 3],
    "",
    [
      `[ 42 ]\n${"wamp.error.not_authorized\n".repeat(4)}clerk by a clerk\nanonymous notAuthorized\nError: the router has revoked the subscription of com.shop.news: wamp.error.not_authorized\n0\n`,
    ],
  ],
  ["errors", [1], ROUTER, ["20\n"]],
  [
    "zod",
    [1],
    `${ROUTER}import { serveCalendar } from "./schemas/generated/calendar.gen.js";
await serveCalendar(await router.connect(), { plan: ({ at }) => ({ at, id: 41n }) });\n`,
    [`${new Date().getFullYear()} 42n\n`],
  ],
  ["testing", [0], HANDLERS, ["5\n"]],
  [
    "testing",
    [1],
    `${ROUTER}import { createCalculatorClient } from "./schemas/generated/calculator.gen.js";
Object.assign(globalThis, { client: createCalculatorClient(await router.connect()) });\n`,
    ["[ [ { a: 1, b: 2 } ] ]\n"],
  ],
  ["testing", [0, 2], HANDLERS, [/^5\n\{\s+ok: false,.*code: 'timeout'/s]],
];

test.for(PROGRAMS)("docs/%s.md: snippets %j print what they say", async ([page, which, before, [printed]], t) => {
  const dir = temporary(t, join(ROOT, "test"));
  mkdirSync(join(dir, "schemas"));
  copyFileSync(join(ROOT, "schemas/calculator.ts"), join(dir, "schemas/calculator.ts"));
  const snippets = snippetsOf(`docs/${page}.md`).filter(({ language }) => language === "ts");
  for (const { code } of snippets) {
    const [, file] = /^\/\/ (schemas\/[\w-]+\.ts)\n/.exec(code) ?? [];
    if (file !== undefined) writeFileSync(join(dir, file), code);
  }
  await generate({ cwd: dir });
  writeFileSync(join(dir, "before.ts"), before);
  const program = joined(which.flatMap((index) => snippets[index] ?? []));
  writeFileSync(join(dir, "program.ts"), `import "./before.js";\n${program}\nprocess.exit(0);\n`);
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "program.ts"], {
    cwd: dir,
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(stderr).toBe("");
  expect(stdout).toEqual(printed instanceof RegExp ? expect.stringMatching(printed) : printed);
});
