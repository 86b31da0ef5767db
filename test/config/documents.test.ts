/** The committed files that are generated from the configuration's schema: `npx vitest run test/config --update` renews them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { configJsonSchema, type JsonSchema } from "../../src/config/json-schema.js";
import { CONFIG } from "../../src/config/schema.js";
import { ROUTER_KEYS } from "../../src/config/settings.js";
import { settingsTables } from "../support/config-docs.js";
import { PAGES, snippetsOf } from "../support/snippets.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const schema = configJsonSchema();

test("the JSON Schema that is published is that of the configuration", async () => {
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(
    join(ROOT, "wampact.config.schema.json"),
  );
});

test("docs/configuration.md has every setting with its type, range, default and unit", async () => {
  const page = join(ROOT, "docs/configuration.md");
  const [before = "", rest = ""] = readFileSync(page, "utf8").split(/(?<=<!-- settings -->\n)/);
  const after = rest.slice(rest.indexOf("<!-- end of settings -->"));
  const tables = settingsTables(schema);
  expect(
    tables.match(/^.*\| (?:integer|number)(?: \| | or ).*$/gm) ?? [],
    "give each number a range in its schema",
  ).toEqual([]);
  await expect(`${before}\n${tables}\n\n${after}`).toMatchFileSnapshot(page);
});

test("every setting has a description, and every one of the router is in the schema", () => {
  const without: string[] = [];
  const walk = (part: JsonSchema, path: string) => {
    for (const [name, each] of Object.entries(part.properties ?? {})) {
      if (each.description === undefined && name !== "env" && name !== "file") without.push(`${path}.${name}`);
      walk(each, `${path}.${name}`);
    }
    const entries = typeof part.additionalProperties === "object" ? [part.additionalProperties] : [];
    for (const each of [
      ...(part.oneOf ?? []),
      ...(part.anyOf ?? []),
      ...(part.items ? [part.items] : []),
      ...entries,
    ]) {
      walk(each, path);
    }
  };
  walk(schema, "");
  expect(without).toEqual([]);
  const inModules = ["onListening"];
  expect(ROUTER_KEYS.filter((key) => !inModules.includes(key) && !schema.properties?.[key])).toEqual([]);
});

test("every warning is explained in docs/configuration.md", () => {
  const text = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const codes = [
    ...text("src/config/warnings.ts").matchAll(/code: "([\w-]+)"/g),
    ...text("src/cli/router/run.ts").matchAll(/"([WE]_\w+)"/g),
    ...text("src/cli/router/running.ts").matchAll(/"([WE]_\w+)"/g),
  ].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(10);
  const page = text("docs/configuration.md");
  for (const code of codes) expect(page).toContain(`| \`${code}\` |`);
});

/** The configurations of the documentation. */
const CONFIGURATIONS = PAGES.flatMap((page) =>
  snippetsOf(page)
    .filter(({ language, code }) => language === "json" && code.includes('"realms"'))
    .map(({ code, line }) => [`${page}:${line}`, JSON.parse(code) as unknown] as const),
);

test("there are configurations in README and docs", () => {
  expect(CONFIGURATIONS.map(([place]) => place.replace(/:\d+/, ""))).toEqual(
    expect.arrayContaining(["README.md", "docs/configuration.md"]),
  );
  expect(readdirSync(join(ROOT, "docs"))).toContain("configuration.md");
});

test.for(CONFIGURATIONS)("the configuration at %s passes both the schema and the JSON Schema", ([, config]) => {
  expect(CONFIG.safeParse(config).error).toBeUndefined();
  const validate = new Ajv2020({ strict: false }).compile(schema as object);
  expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
});

test.for<unknown>([
  { realm: [] },
  { realms: [{ name: 1 }] },
  { realms: [{ name: "com.app", auth: [{ method: "scram" }] }] },
  { listeners: [{ type: "websocket", port: "80" }] },
  { listeners: [{ type: "websocket", port: 70_000 }] },
  { realms: [{ name: "com.app", store: { type: "lmdb" } }] },
  { drainMs: -1 },
])("an editor marks %j", (config) => {
  const validate = new Ajv2020({ strict: false }).compile(schema as object);
  expect(validate(config)).toBe(false);
  expect(CONFIG.safeParse(config).success).toBe(false);
});
