// biome-ignore-all lint/suspicious/noTemplateCurlyInString: template literal types, as text
/** Kinds of schemas with the types they print as: `[schema, as received, as sent where that differs]`. */
export const KINDS: readonly (readonly [schema: string, received: string, sent?: string])[] = [
  ["z.string()", "k: string"],
  ["z.email().max(9)", "k: string"],
  ["z.iso.datetime()", "k: string"],
  ["z.int().min(1)", "k: number"],
  ["z.boolean()", "k: boolean"],
  ["z.null()", "k: null"],
  ["z.unknown()", "k: unknown"],
  ["z.never()", "k: never"],
  ["z.instanceof(Uint8Array)", "k: Uint8Array<ArrayBuffer>"],
  // literals
  ['z.literal("it\'s \\"x\\"\\n")', 'k: "it\'s \\"x\\"\\n"'],
  ["z.literal([1, true, null])", "k: 1 | true | null"],
  ['z.enum(["a", "b"])', 'k: "a" | "b"'],
  ['z.enum({ A: "a", B: 2 })', 'k: "a" | 2'],
  ['z.templateLiteral(["/a/", z.number()])', "k: `/a/${number}`"],
  ['z.templateLiteral(["`${x}\\\\", z.enum(["x", "y"])])', 'k: `\\`\\${x}\\\\${"x" | "y"}`'],
  ['z.templateLiteral(["a", null, 5, true])', "k: `anull5true`"],
  ['z.templateLiteral([z.string(), "@", z.string().optional()])', 'k: `${string}@${string | ""}`'],
  // optional and the like
  ["z.string().optional()", "k?: string | undefined"],
  ["z.exactOptional(z.string())", "k?: string"],
  ["z.string().nullable()", "k: string | null"],
  ["z.string().nullish()", "k?: string | null | undefined"],
  ["z.string().optional().nonoptional()", "k: string"],
  ["z.union([z.string().optional(), z.number()])", "k?: string | number | undefined"],
  ["z.union([z.string(), z.undefined()]).optional()", "k?: string | undefined"],
  ["z.undefined().optional()", "k?: undefined"],
  ["z.unknown().optional()", "k?: unknown"],
  ["z.lazy(() => z.string().optional())", "k?: string | undefined"],
  ["z.number().default(1)", "k: number", "k?: number | undefined"],
  ["z.number().prefault(1)", "k: number", "k?: number | undefined"],
  ["z.string().default('x').optional()", "k?: string | undefined"],
  ["z.string().optional().default('x')", "k: string", "k?: string | undefined"],
  ["z.string().catch('x')", "k: string"],
  ["z.string().optional().catch('x')", "k?: string | undefined"],
  // arrays, tuples, records
  ["z.array(z.union([z.string(), z.number()]))", "k: (string | number)[]"],
  ["z.array(z.array(z.string()).readonly())", "k: (readonly string[])[]"],
  ["z.tuple([z.string(), z.int()])", "k: [string, number]"],
  ["z.tuple([z.string()], z.int())", "k: [string, ...number[]]"],
  ["z.tuple([z.string(), z.int().optional()])", "k: [string, (number | undefined)?]"],
  ["z.tuple([z.string(), z.int().default(1)])", "k: [string, number]", "k: [string, (number | undefined)?]"],
  ["z.tuple([z.exactOptional(z.string()), z.exactOptional(z.int())])", "k: [string?, number?]"],
  ["z.tuple([z.string()]).readonly()", "k: readonly [string]"],
  ["z.tuple([]).readonly()", "k: readonly never[]"],
  ["z.record(z.string(), z.int())", "k: { [key: string]: number }"],
  ["z.record(z.string(), z.int()).readonly()", "k: { readonly [key: string]: number }"],
  ["z.record(z.number(), z.int())", "k: { [key: number]: number }"],
  ["z.record(z.enum(['a', 'b']), z.int())", 'k: { [Key in "a" | "b"]: number }'],
  ["z.partialRecord(z.enum(['a', 'b']), z.int())", 'k: { [Key in "a" | "b"]?: number }'],
  [
    "z.record(z.string(), z.int().optional())",
    "k: { [key: string]: number | undefined }",
    "k: { [Key in string]?: number | undefined }",
  ],
  // brands: only who receives has them
  ['branded("Name", z.string())', "k: Name", "k: string"],
  ['branded("Count", z.int()).nullable()', "k: Count | null", "k: number | null"],
  ['z.array(branded("Tag", z.enum(["a", "b"])))', "k: Tag[]", 'k: ("a" | "b")[]'],
  ['branded("Day", z.codec(z.iso.date(), z.date(), way))', "k: Day", "k: Date"],
  ['z.record(branded("Key", z.string()), z.int())', "k: { [Each in Key]: number }", "k: { [key: string]: number }"],
  // codecs: both sides hold what is decoded
  ["z.codec(z.iso.date(), z.date(), way)", "k: Date"],
  ["z.codec(z.iso.date(), z.date(), way).optional()", "k?: Date | undefined"],
  ["z.codec(z.string(), z.bigint(), way).nullable()", "k: bigint | null"],
  ["z.codec(z.array(z.string()), z.set(z.string()), way)", "k: Set<string>"],
  ["z.codec(z.json(), z.map(z.string(), z.int()), way).readonly()", "k: ReadonlyMap<string, number>"],
  ["z.codec(z.string(), z.instanceof(URL), way)", "k: URL"],
  ["z.codec(z.string().optional(), z.string(), way)", "k: string"],
  ["z.stringbool()", "k: boolean"],
  ["z.coerce.number()", "k: number"],
  ["z.string().pipe(z.email())", "k: string"],
  ["z.string().transform(Number).pipe(z.number())", "k: number", "k: string"],
  ["z.preprocess((x) => x, z.string())", "k: string"],
  // what a codec or transform has made is never sent
  ["z.string().transform((x) => new Date(x)).pipe(z.date())", "k: Date", "k: string"],
  ["z.codec(z.iso.date(), z.date(), way).pipe(z.date())", "k: Date"],
  ["z.unknown().readonly()", "k: Readonly<unknown>"],
];

/** A contract with a procedure for each kind; `way` is how its codecs go, which no type shows. */
export function kindsContract(): string {
  const procedures = KINDS.map(
    ([schema], index) => `export const k${index} = procedure("com.k${index}", { input: z.object({ k: ${schema} }) });`,
  );
  return ["const way = { decode: () => undefined as never, encode: () => undefined as never };", ...procedures].join(
    "\n",
  );
}
