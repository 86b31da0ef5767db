/** The token that the JSON syntax expects next. */
type Expected = "value" | "first item" | "item" | "first key" | "key" | "colon" | "comma";

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y;

/** Returns where and why a text is not JSON. It does not quote the text, which may contain secrets. */
export function jsonFault(text: string): string {
  const { offset, expected } = scan(text);
  return `${placeOf(text, offset)}: ${hint(text.slice(offset), expected)}`;
}

/** Returns the place of a duplicate key, whose first value `JSON.parse` would ignore; `undefined` if there is none. */
export function repeatedKey(text: string): string | undefined {
  const { repeated } = scan(text);
  return repeated === undefined ? undefined : `${placeOf(text, repeated)}: duplicate key; remove one of them`;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `line ${before.split("\n").length}, column ${offset - before.lastIndexOf("\n")}`;
}

/** The result of a scan. */
interface Scanned {
  /** The offset of the syntax error, or the end. */
  readonly offset: number;
  readonly expected: Expected;
  /** The offset of a duplicate key. */
  readonly repeated: number | undefined;
}

function scan(text: string): Scanned {
  const open: ("{" | "[")[] = [];
  const keys: Set<string>[] = []; // of each open object
  let repeated: number | undefined;
  let expected: Expected = "value";
  let offset = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset;
    const [found] = pattern.exec(text) ?? [];
    offset += found?.length ?? 0;
    return found !== undefined;
  };
  for (;;) {
    take(SPACE);
    const next = text[offset];
    const inside = open.at(-1);
    if (expected === "comma" && inside && next === ",") expected = inside === "{" ? "key" : "item";
    else if (expected === "colon" && next === ":") expected = "value";
    else if (closes(next, inside, expected)) {
      if (open.pop() === "{") keys.pop();
      expected = "comma";
    } else if (expected === "key" || expected === "first key") {
      const start = offset;
      if (!take(STRING)) return { offset, expected, repeated };
      const key = JSON.parse(text.slice(start, offset)) as string;
      if (keys.at(-1)?.has(key)) repeated ??= start;
      keys.at(-1)?.add(key);
      expected = "colon";
      continue;
    } else if (expected === "comma" || expected === "colon") return { offset, expected, repeated };
    else if (next === "{" || next === "[") {
      open.push(next);
      if (next === "{") keys.push(new Set());
      expected = next === "{" ? "first key" : "first item";
    } else if (take(STRING) || take(OTHER)) {
      expected = "comma";
      continue;
    } else return { offset, expected, repeated };
    offset++;
  }
}

function closes(next: string | undefined, inside: "{" | "[" | undefined, expected: Expected): boolean {
  if (next === "}") return inside === "{" && (expected === "comma" || expected === "first key");
  return next === "]" && inside === "[" && (expected === "comma" || expected === "first item");
}

function hint(rest: string, expected: Expected): string {
  if (rest === "") return "unexpected end";
  if (rest.startsWith("//") || rest.startsWith("/*"))
    return "JSON does not allow comments; use a module such as wampact.config.mjs for comments";
  if (/^[\]}]/.test(rest) && (expected === "key" || expected === "item")) return "remove the trailing comma before it";
  if (expected === "comma" && /^["\w{[-]/.test(rest)) return "a comma is missing before it";
  if (expected === "colon") return "a colon is missing before it";
  if (rest.startsWith('"'))
    return "this string is not closed on its line, or contains a character that JSON does not allow";
  if (expected === "key" || expected === "first key") return 'expected a key between " and "';
  if (/^['`A-Za-z_]/.test(rest)) return "expected a value; strings need double quotes";
  return "unexpected character";
}
