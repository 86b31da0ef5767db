import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { createTestRouter } from "wampact/testing";
import { contract, createProject } from "../support/project.js";
import { compile } from "./compile.js";

const CONTRACT = contract(`
  const Day = z.codec(z.iso.date(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString().slice(0, 10),
  });
  /** Adds what comes. */
  export const sum = procedure("com.example.sum", { chunks: z.number(), output: z.number() });
  export const log = procedure("com.example.{room}.log", {
    input: z.tuple([z.string().meta({ name: "chunks" }), z.int()]),
    chunks: z.object({ day: Day, level: z.int().default(3) }),
    progress: z.string(),
    output: z.int(),
  });
`);

/** The exports of the test's generated file that the test uses. */
interface Generated {
  readonly serveChunked: (peer: unknown, handlers: object) => Promise<unknown>;
  readonly createChunkedClient: (peer: unknown) => {
    sum(chunks: Iterable<number>): PromiseLike<number>;
    log(params: object, name: string, count: number, chunks: Iterable<object>): AsyncIterable<string>;
  };
}

test("chunks stand behind the input, in a client and in the handlers' context, and what is printed compiles and runs", async (t) => {
  const project = createProject(t, { "schemas/chunked.ts": CONTRACT });
  await project.generate();
  const text = project.read("schemas/generated/chunked.gen.ts");
  for (const line of [
    "sum(chunks: AsyncIterable<number> | Iterable<number>, options?: CallOptions): Call<number>;",
    "chunks_: AsyncIterable<LogChunkInit> | Iterable<LogChunkInit>,",
    "sum(ctx: Context & { readonly chunks: AsyncIterable<number> }): Answer<number>;",
    "readonly chunks: AsyncIterable<LogChunk>;",
    "/** A chunk of `log`. */",
  ]) {
    expect(text).toContain(line);
  }
  expect(compile(project)).toBe("");

  const file = pathToFileURL(`${project.dir}/schemas/generated/chunked.gen.ts`).href;
  const { serveChunked, createChunkedClient } = (await import(/* @vite-ignore */ file)) as Generated;
  await using router = createTestRouter();
  const [service, consumer] = [await router.connect(), await router.connect()];
  await serveChunked(service, {
    async sum({ chunks }: { chunks: AsyncIterable<number> }) {
      let sum = 0;
      for await (const chunk of chunks) sum += chunk;
      return sum;
    },
    async *log(name: string, count: number, ctx: { chunks: AsyncIterable<{ day: Date; level: number }> }) {
      let heard = 0;
      for await (const { day, level } of ctx.chunks) {
        heard++;
        yield `${name} ${count} ${day.getTime()} ${level}`;
      }
      return heard;
    },
  });
  const client = createChunkedClient(consumer);
  expect(await client.sum([1, 2, 3])).toBe(6);
  const lines: string[] = [];
  for await (const line of client.log({ room: "a" }, "b", 7, [{ day: new Date(86_400_000) }])) lines.push(line);
  expect(lines).toEqual(["b 7 86400000 3"]);
});
