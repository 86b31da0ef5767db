/** Names that clash are renamed: with each other, with what codegen derives, with what it prints, and with words of TypeScript. */
import { expect, test } from "vitest";
import { writeDocuments } from "wampact/codegen";
import { compile } from "../../codegen/compile.js";
import { contract, createProject, type TestProject } from "../../support/project.js";

const object = (field: string) => `z.object({ ${field}: z.int() })`;

/** `[contract file, its members, the types that are printed of it beside its client and handlers]`. */
const CLASHES: readonly (readonly [file: string, members: readonly string[], types: readonly string[]])[] = [
  [
    "ids",
    [
      `export const Second = ${object("b")}.meta({ id: "Same" });`,
      `export const Same = ${object("a")};`,
      `const other = () => ${object("c")}.meta({ id: "Same" });`,
      'export const p = procedure("com.ids.p", { input: Second, output: Same });',
      'export const q = procedure("com.ids.q", { input: other(), output: other() });',
    ],
    ["Same", "Same2", "Same3", "Second"],
  ],
  [
    "exports",
    [
      `export const AddInput = ${object("x")};`,
      `export const Article = z.object({ n: z.int().default(1) });`,
      `export const ArticleInit = ${object("m")};`,
      `export const PutParams = ${object("y")};`,
      'export const add = procedure("com.exports.add", { input: z.object({ AddInput, PutParams }), output: AddInput });',
      'export const put = procedure("com.exports.{x}.put", { input: z.tuple([Article, ArticleInit]), output: Article });',
    ],
    ["AddInput", "AddInput2", "Article", "ArticleInit", "ArticleInit2", "PutParams", "PutParams2"],
  ],
  [
    "members",
    [
      `export const add = procedure("com.members.a", { input: ${object("a")} });`,
      `export const Add = procedure("com.members.b", { input: ${object("b")} });`,
      `export const sold_out = topic("com.members.{c}", { event: ${object("d")} });`,
      `export const soldOut = topic("com.members.{e}.f", { event: ${object("g")} });`,
    ],
    ["Add2Input", "AddInput", "SoldOut2Event", "SoldOut2Params", "SoldOutEvent", "SoldOutParams"],
  ],
  [
    "errors",
    [
      `export const LimitReachedError = ${object("a")};`,
      'export const limitReached = error("com.errors.e1", LimitReachedError);',
      `export const limit_reached = error("com.errors.e2", ${object("b")});`,
      `const own = error("com.errors.e3", ${object("c")});`,
      'export const open = procedure("com.errors.open", { errors: { limitReached, limit_reached } });',
      'export const close = procedure("com.errors.close", { errors: { limitReached: own } });',
    ],
    [
      "CloseLimitReachedError",
      "LimitReached2Data",
      "LimitReachedData",
      "LimitReachedError",
      "LimitReachedError2",
      "LimitReachedError3",
    ],
  ],
  [
    "printed",
    [
      ...["PrintedClient", "Call", "Peer", "WampError", "Same", "AllTrue", "PrintedProof", "Date", "Readonly"].map(
        (name, index) => `export const ${name} = ${object(`f${index}`)};`,
      ),
      `export const p = procedure("com.printed.p", { input: z.tuple([PrintedClient, Call, Peer, WampError, Same, AllTrue, PrintedProof, Date, Readonly]) });`,
    ],
    ["AllTrue", "Call", "Date2", "Peer", "PrintedClient2", "PrintedProof", "Readonly2", "Same", "WampError"],
  ],
  [
    "words",
    [
      `const s = (id: string) => ${object("a")}.meta({ id });`,
      'export const größe = procedure("com.words.a", { input: s("große Größe"), output: s("große-größe") });',
      'export const 数 = procedure("com.words.b", { input: s("1st"), output: s("class") });',
      'export const p = procedure("com.words.c", { input: z.object({ a: s("any"), b: s("*/ evil"), c: s("a/b~c"), d: s("__proto__"), e: s("") }) });',
    ],
    ["ABC", "Any", "Class", "Evil", "GroßeGröße", "GroßeGröße2", "PInput", "Proto", "_", "_1st"],
  ],
  ["topic", [`export const t = topic("com.topic.{x}", { event: ${object("a")} });`], ["TEvent", "TParams"]],
];

/** The names of the types that are printed of a contract, beside its client and handlers. */
function typesOf(project: TestProject, name: string): readonly string[] {
  const text = project.read(`schemas/generated/${name}.gen.ts`);
  const interfaces = new RegExp(`^${name}(Client|Handlers)$`, "i");
  return [...text.matchAll(/^export (?:interface|type) (\S+)/gm)]
    .flatMap(([, type = ""]) => (interfaces.test(type) ? [] : [type]))
    .sort();
}

test("names that clash are renamed, what is printed compiles, and its documents have all of them", async (t) => {
  const files = CLASHES.map(([file, members]) => [`schemas/${file}.ts`, contract(members.join("\n"))]);
  const project = createProject(t, Object.fromEntries(files));
  await project.generate();
  for (const [file, , types] of CLASHES) expect(typesOf(project, file), file).toEqual([...types].sort());
  expect(compile(project)).toBe("");
  await writeDocuments({ cwd: project.dir });
  const { components } = JSON.parse(project.read("schemas/generated/asyncapi.json"));
  const { $defs } = JSON.parse(project.read("schemas/generated/payloads.schema.json"));
  for (const name of ["IdsSame", "Same2", "Same3", "PrintedSame", "Second", "ExportsAddInput2", "SoldOut2Event"]) {
    expect(components.schemas, name).toHaveProperty([name]);
    expect($defs, name).toHaveProperty([name]);
  }
}, 120_000);

test("renaming does not depend on the order of members, or on the files beside them", async (t) => {
  const renamed = CLASHES.filter(([, members]) => !members.some((member) => member.startsWith("const ")));
  const there = createProject(
    t,
    Object.fromEntries(renamed.map(([file, members]) => [`schemas/${file}.ts`, contract(members.join("\n"))])),
  );
  await there.generate();
  for (const [file, members] of renamed) {
    const procedures = members.filter((member) => /(procedure|topic)\(/.test(member)).reverse();
    const others = members.filter((member) => !procedures.includes(member));
    const alone = createProject(t, { [`schemas/${file}.ts`]: contract([...others, ...procedures].join("\n")) });
    await alone.generate();
    expect(typesOf(alone, file), file).toEqual(typesOf(there, file));
    for (const type of typesOf(alone, file))
      expect(declarationOf(alone, file, type)).toBe(declarationOf(there, file, type));
  }
}, 60_000);

/** The text of an interface. */
function declarationOf(project: TestProject, name: string, type: string): string | undefined {
  const text = project.read(`schemas/generated/${name}.gen.ts`);
  return new RegExp(`^export (?:interface|type) ${type} [\\s\\S]*?^}`, "m").exec(text)?.[0];
}

test("labels of arguments that clash, or cannot name one, are renamed", async (t) => {
  const labels = ["in", "x", "x", "x2", "first name", "1", "", "arg8", undefined, "options", "ctx", "params", "*/"];
  const items = labels.map((name) =>
    name === undefined ? "z.int()" : `z.int().meta({ name: ${JSON.stringify(name)} })`,
  );
  const project = createProject(t, {
    "schemas/a.ts": contract(`export const a = procedure("com.{p}.a", { input: z.tuple([${items.join(", ")}]) });`),
  });
  await project.generate();
  const [, parameters = ""] = /a\(([^)]*)\)/.exec(project.read("schemas/generated/a.gen.ts")) ?? [];
  expect(parameters.split(",").map((parameter) => parameter.split(":")[0]?.trim())).toEqual([
    ...["params_", "in_", "x", "x3", "x2", "firstName", "arg5", "arg6", "arg8", "arg82", "options", "ctx", "params"],
    ...["arg12", "options_?", ""],
  ]);
  expect(compile(project)).toBe("");
}, 60_000);

test("members of one name in contracts of one name have keys of their own in documents", async (t) => {
  const member = (uri: string) => contract(`export const add = procedure("${uri}", { input: ${object("a")} });`);
  const project = createProject(t, { "schemas/a/sums.ts": member("com.a"), "schemas/b/sums.ts": member("com.b") });
  await project.generate();
  await writeDocuments({ cwd: project.dir });
  const { channels, operations } = JSON.parse(project.read("schemas/generated/asyncapi.json"));
  expect(Object.keys(channels)).toEqual(["Sums.add", "Sums.add2"]);
  expect(Object.keys(operations)).toHaveLength(2);
});
