import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contract, createProject, type TestProject } from "../support/project.js";

const ts = createRequire(import.meta.url)("typescript-5.9") as typeof import("typescript-5.9");

const MEMBERS = `export const bad = error("com.bad", z.object({ why: z.string() }));
/** Adds two numbers. */
export const add2 = procedure("com.add2", { input: z.object({ a: z.int() }), output: z.object({ sum: z.int() }), errors: { bad } });
export const state = topic("com.{id}.state", { event: z.object({ at: z.string() }) });
export const news = topic("com.news", { event: z.string() });`;

const PROGRAM = `import { createClient, type Peer } from "wampact";
import * as contract from "./schemas/a.js";
import { createAClient } from "./schemas/generated/a.gen.js";
declare const peer: Peer;
const client = createAClient(peer);
const inferred = createClient(peer, contract);
client./*add2*/add2({ a: 1 })./*safe*/safe();
inferred.add2({ a: 1 })./*inferred safe*/safe();
client./*state*/state./*subscribe*/subscribe({}, () => {});
client.state./*publish*/publish({ id: "a" }, { at: "" });
client./*news*/news./*plain subscribe*/subscribe(() => {});
client.news./*plain publish*/publish("");
`;

/** The information that an editor shows for the name behind a mark in the program. */
function editorOf(project: TestProject) {
  const program = join(project.dir, "program.ts");
  const service = ts.createLanguageService({
    getScriptFileNames: () => [program],
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const text = ts.sys.readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => project.dir,
    getCompilationSettings: () => ({
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      types: [],
      skipLibCheck: true,
    }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    realpath: ts.sys.realpath ?? ((path) => path),
  });
  const infoAt = (mark: string) => {
    const info = service.getQuickInfoAtPosition(program, PROGRAM.indexOf(`/*${mark}*/`) + mark.length + 4);
    if (!info) throw new Error(`nothing at ${mark}`);
    return info;
  };
  return {
    problems: () => service.getSemanticDiagnostics(program),
    signature: (mark: string) => ts.displayPartsToString(infoAt(mark).displayParts),
    words: (mark: string) => ts.displayPartsToString(infoAt(mark).documentation),
    /** The text that a link in the comment leads to, with its file. */
    linked: (mark: string) => {
      const [target] = (infoAt(mark).documentation ?? []).flatMap((part) =>
        "target" in part ? [part.target as import("typescript-5.9").DocumentSpan] : [],
      );
      const text = target && ts.sys.readFile(target.fileName)?.slice(target.textSpan.start);
      return [target?.fileName.slice(project.dir.length + 1), text?.split("\n", 1)[0]];
    },
  };
}

test("an editor leads from a member of a client to the contract's own line, and explains its methods without zod", async (t) => {
  const project = createProject(t, { "schemas/a.ts": contract(MEMBERS), "program.ts": PROGRAM });
  await project.generate();
  const editor = editorOf(project);
  expect(editor.problems()).toEqual([]);
  expect(editor.linked("add2")).toEqual(["schemas/a.ts", expect.stringMatching(/^add2 = procedure\("com\.add2"/)]);
  expect(editor.linked("state")).toEqual([
    "schemas/a.ts",
    expect.stringMatching(/^state = topic\("com\.\{id\}\.state"/),
  ]);
  expect(editor.words("add2")).toContain("Adds two numbers.");
  for (const mark of ["subscribe", "publish", "plain subscribe", "plain publish", "safe"]) {
    expect(editor.words(mark), mark).toMatch(/\w{3,}.*\./s);
  }
  for (const mark of ["safe", "inferred safe"]) expect(editor.signature(mark), mark).not.toMatch(/zod|\$Z|ZodType/i);
});
