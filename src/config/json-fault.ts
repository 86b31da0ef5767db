/** What may come next in a text that is to be JSON. */
type Expected = "value" | "first item" | "item" | "first key" | "key" | "colon" | "comma";

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y;

/** Where and why a text is no JSON, in words that do not quote it: it may hold secrets. */
export function jsonFault(text: string): string {
  const { offset, expected } = findFault(text);
  const before = text.slice(0, offset);
  return `line ${before.split("\n").length}, column ${offset - before.lastIndexOf("\n")}: ${hint(text.slice(offset), expected)}`;
}

function findFault(text: string): { readonly offset: number; readonly expected: Expected } {
  const open: ("{" | "[")[] = [];
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
      open.pop();
      expected = "comma";
    } else if (expected === "key" || expected === "first key") {
      if (!take(STRING)) return { offset, expected };
      expected = "colon";
      continue;
    } else if (expected === "comma" || expected === "colon") return { offset, expected };
    else if (next === "{" || next === "[") {
      open.push(next);
      expected = next === "{" ? "first key" : "first item";
    } else if (take(STRING) || take(OTHER)) {
      expected = "comma";
      continue;
    } else return { offset, expected };
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
  if (expected === "key" || expected === "first key") return 'expected a key between " and "';
  if (/^['`A-Za-z_]/.test(rest)) return 'expected a value; texts stand between " and "';
  return "this cannot stand here";
}
