/** The `wire` that `procedure()` and `topic()` take for a schema, checked by the compiler and never run. */
import { type ProcedureDefinition, procedure, type TopicDefinition, topic, type Wire } from "wampact";
import * as z from "zod";

const Pair = z.object({ a: z.number(), b: z.number().optional() });
const Other = z.object({ c: z.string() });
const List = z.array(z.number());
const Text = z.codec(Pair, z.string(), { decode: ({ a }) => String(a), encode: (a) => ({ a: Number(a) }) });
const Tree = z.object({
  value: z.string(),
  get children() {
    return z.array(Tree);
  },
});

// ── keywords need a dictionary ──
// @ts-expect-error a string
procedure("com.app.x", { input: z.string(), wire: { input: "kwargs" } });
// @ts-expect-error a list
procedure("com.app.x", { output: List, wire: { output: "kwargs" } });
// @ts-expect-error nothing
procedure("com.app.x", { progress: z.void(), wire: { progress: "kwargs" } });
// @ts-expect-error an object that may be left out
procedure("com.app.x", { chunks: Pair.optional(), wire: { chunks: "kwargs" } });
// @ts-expect-error an object that may be null
topic("com.app.x", { event: Pair.nullable(), wire: "kwargs" });
// @ts-expect-error an object or a list
topic("com.app.x", { event: z.union([Pair, List]), wire: "kwargs" });
// @ts-expect-error what a codec decodes to does not travel
topic("com.app.x", { event: z.codec(z.string(), Pair, { decode: () => ({ a: 1 }), encode: String }), wire: "kwargs" });
procedure("com.app.x", { input: Pair, output: Other, wire: { input: "kwargs", output: "kwargs" } });
procedure("com.app.x", { input: z.record(z.string(), z.number()), wire: { input: "kwargs" } });
procedure("com.app.x", { input: z.union([Pair, Other]).readonly(), wire: { input: "kwargs" } });
procedure("com.app.x", { input: z.lazy(() => Tree), progress: Text, wire: { input: "kwargs", progress: "kwargs" } });
procedure("com.app.x", { chunks: z.looseObject({}), wire: { chunks: "kwargs" } });
topic("com.app.x", { event: Tree.brand("Tree").refine(() => true), wire: "kwargs" });
topic("com.app.x", { event: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") })]), wire: "kwargs" });

// ── arguments need a list ──
// @ts-expect-error an object
procedure("com.app.x", { input: Pair, wire: { input: "args" } });
// @ts-expect-error a record
topic("com.app.x", { event: z.record(z.string(), z.number()), wire: "args" });
// @ts-expect-error a list that may be left out
topic("com.app.x", { event: List.default([]), wire: "args" });
procedure("com.app.x", { input: z.tuple([z.number(), z.string().optional()]), wire: { input: "args" } });
procedure("com.app.x", {
  output: List.readonly(),
  progress: z.union([List, z.tuple([z.string()])]),
  wire: { output: "args" },
});
topic("com.app.x", { event: z.tuple([z.number()]).rest(z.string()), wire: "args" });

// ── names are fields ──
// @ts-expect-error a name that the schema does not have
procedure("com.app.x", { input: Pair, wire: { input: { args: ["a", "c"], kwargs: "rest" } } });
// @ts-expect-error names of a string
procedure("com.app.x", { input: z.string(), wire: { input: { args: ["length"], kwargs: "rest" } } });
// @ts-expect-error names of a list
topic("com.app.x", { event: List, wire: { args: ["length"], kwargs: "rest" } });
// @ts-expect-error no rest
topic("com.app.x", { event: Pair, wire: { args: ["a"] } });
procedure("com.app.x", { input: Pair, wire: { input: { args: ["a", "b"], kwargs: "rest" } } });
procedure("com.app.x", { input: z.intersection(Pair, Other), wire: { input: { args: ["a", "c"], kwargs: "rest" } } });
topic("com.app.x", { event: z.union([Pair, Other]), wire: { args: ["a", "c"], kwargs: "rest" } });
topic("com.app.x", { event: Pair.loose(), wire: { args: ["whatever"], kwargs: "rest" } });

// ── one positional argument takes everything ──
procedure("com.app.x", { input: z.string(), output: Pair.optional(), wire: { input: "arg0", output: "arg0" } });
topic("com.app.x", { event: z.tuple([z.number()]), wire: "arg0" });

// ── a part that is not declared ──
// @ts-expect-error no schema that it could apply to
procedure("com.app.x", { wire: { input: "arg0" } });
// @ts-expect-error a part that does not exist
procedure("com.app.x", { input: Pair, wire: { inputs: "kwargs" } });

// ── what says nothing of its values ──
declare const schema: z.ZodType;
declare const wire: Wire;
procedure("com.app.x", { input: schema, output: z.unknown(), wire: { input: "args", output: "kwargs" } });
procedure("com.app.x", { input: z.any(), wire: { input: wire } });
procedure("com.app.x", {} as ProcedureDefinition<"com.app.x">);
topic("com.app.x", {} as TopicDefinition<"com.app.x">);
