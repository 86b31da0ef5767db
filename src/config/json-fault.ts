/** What may come next in a text that is to be JSON. */
type Expected = "value" | "first item" | "item" | "first key" | "key" | "colon" | "comma";

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y;

/** Where and why a text is no JSON, in words that do not quote it: it may hold secrets. */
export function jsonFault(text: string): string {
  const { offset, expected } = scan(text);
  return `${placeOf(text, offset)}: ${hint(text.slice(offset), expected)}`;
}

/** Where a JSON text has a key twice in an object, of which `JSON.parse` would lose the first; `undefined` where it has none. */
export function repeatedKey(text: string): string | undefined {
  const { repeated } = scan(text);
  return repeated === undefined
    ? undefined
    : `${placeOf(text, repeated)}: this key is in its object twice; leave one of them out`;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `line ${before.split("\n").length}, column ${offset - before.lastIndexOf("\n")}`;
}

/** What is found on the way through a text. */
interface Scanned {
  /** Where it is no JSON, or its end. */
  readonly offset: number;
  readonly expected: Expected;
  /** Where an object has a key again. */
  readonly repeated: number | undefined;
}

function scan(text: string): Scanned {
  const open: ("{" | "[")[] = [];
  const keys: Set<string>[] = []; // of each object that is open
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
  if (rest === "") return "it ends too early";
  if (rest.startsWith("//") || rest.startsWith("/*"))
    return "there are no comments in JSON; a module such as wampact.config.mjs may have some";
  if (/^[\]}]/.test(rest) && (expected === "key" || expected === "item")) return "there is a comma too many before it";
  if (expected === "comma" && /^["\w{[-]/.test(rest)) return "a comma is missing before it";
  if (expected === "colon") return "a colon is missing before it";
  if (rest.startsWith('"')) return "this text has no end in its line, or holds a character that JSON does not allow";
  if (expected === "key" || expected === "first key") return 'expected a key between " and "';
  if (/^['`A-Za-z_]/.test(rest)) return 'expected a value; texts stand between " and "';
  return "this cannot stand here";
}
