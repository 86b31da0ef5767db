import { expect, test } from "vitest";
import { contract, createProject } from "../support/project.js";
import { compile } from "./compile.js";

/** Wrong handlers, and the compiler's message for each. */
const MISTAKES = [
  ["a missing handler", "{ add }", "", /Property 'sub' is missing in type .* but required in type 'SumsHandlers'/],
  ["a misspelt handler", "{ add, sub, ad: add }", "", /'ad' does not exist in type 'SumsHandlers'/],
  [
    "a picked handler that is missing",
    "{ add }",
    '{ pick: ["add", "sub"] }',
    /Property 'sub' is missing .* required in type 'SumsHandlers'/,
  ],
  [
    "a missing handler, with middleware",
    "{ add: (n, { user }) => n + user.length }",
    "{ use: [named] }",
    /Property 'sub' is missing .* required in type 'HandlersWith<SumsHandlers, { readonly user: string; }>'/,
  ],
  [
    "a result of a wrong type, with middleware",
    "{ add: (_, { user }) => user, sub }",
    "{ use: [named] }",
    /Type 'string' is not assignable to type 'Answer<number>'/,
  ],
] as const;

test("the compiler names what is wrong with handlers, and the interface they are for", async (t) => {
  const members = ["add", "sub"].map(
    (name) => `export const ${name} = procedure("com.${name}", { input: z.int(), output: z.int() });`,
  );
  const calls = MISTAKES.map(([, handlers, options]) => `void serveSums(peer, ${[handlers, options].join(", ")});`);
  const project = createProject(t, {
    "schemas/sums.ts": contract(members.join("\n")),
    "schemas/main.ts": `import type { Middleware, Peer } from "wampact";
import { serveSums } from "./generated/sums.gen.js";
declare const peer: Peer;
const [add, sub] = [(n: number) => n, (n: number) => n];
const named: Middleware<{ readonly user: string }> = (_, next) => next({ user: "ada" });
${calls.join("\n")}
void named;
`,
  });
  await project.generate({ files: ["schemas/sums.ts"] });
  const errors = compile(project).split(/\n(?=\S)/);
  MISTAKES.forEach(([what, , , message], index) => {
    const told = errors.filter((error) => error.startsWith(`schemas/main.ts(${index + 6},`));
    expect(told, what).toEqual([expect.stringMatching(message)]);
  });
  expect(errors).toHaveLength(MISTAKES.length);
});
