/** Returns `OrdersAdmin` for `orders-admin`: it joins words and changes only their first letters. */
export function pascalCase(text: string): string {
  const joined = words(text)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return /^\p{ID_Start}/u.test(joined) ? joined : `_${joined}`;
}

/** Returns `ordersAdmin` for `orders-admin`. */
export function camelCase(text: string): string {
  const joined = pascalCase(text);
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** Returns whether a text is a valid identifier. */
export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(text);
}

/** Returns whether a text can name a variable or parameter. */
export function isBindingName(text: string): boolean {
  return isIdentifier(text) && !RESERVED_WORDS.has(text);
}

/** The names that an export of a contract must not have, with the reason. */
export const RESERVED_MEMBERS: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  // biome-ignore lint/suspicious/noThenProperty: it is named here so that nobody else does
  then: "JavaScript would treat the client as a promise",
  constructor: "every object has this property",
  __proto__: "it would replace the client's prototype",
  toJSON: "JSON.stringify would call it",
  default: "members must be named exports",
});

/** Globals that the generated file may refer to. A type of the contract must not hide them. */
const GLOBAL_TYPES: ReadonlySet<string> = new Set([
  "ArrayBuffer",
  "AsyncGenerator",
  "AsyncIterable",
  "Branded", // exported by wampact and imported where used
  "Date",
  "Iterable",
  "Map",
  "ReadonlyMap",
  "ReadonlySet",
  "Readonly",
  "Set",
  "URL",
  "Uint8Array",
]);

/** Returns the names of the interfaces in every contract's file, made from the contract's name. */
export function ownNames(contract: string): readonly string[] {
  return [`${contract}Client`, `${contract}Handlers`];
}

/** The names of the types in one file. Each is used once. */
export class NameTable {
  readonly #taken = new Set(GLOBAL_TYPES);

  /** Claims a name. Returns false if it is taken. */
  claim(name: string): boolean {
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    return true;
  }

  /** Claims the name, or the first of `name2`, `name3` … that is free. */
  claimFree(name: string): string {
    return firstFree(name, (candidate) => this.claim(candidate));
  }
}

/** Returns the name, or the first of `name2`, `name3` … that `take` accepts. */
export function firstFree(name: string, take: (candidate: string) => boolean): string {
  for (let counter = 1; ; counter++) {
    const candidate = counter === 1 ? name : `${name}${counter}`;
    if (take(candidate)) return candidate;
  }
}

/**
 * Returns the prefix of each member's type names: the member's name in Pascal case. Where two members have the same prefix, the first in
 * alphabetical order keeps it, and the others get a number.
 */
export function typeNamesOf(members: readonly { readonly name: string }[]): ReadonlyMap<string, string> {
  const sorted = members.map(({ name }) => name).sort();
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const take = (member: string, name: string): boolean => {
    if (taken.has(name)) return false;
    taken.add(name);
    names.set(member, name);
    return true;
  };
  const others = sorted.filter((member) => !take(member, pascalCase(member)));
  for (const member of others) firstFree(pascalCase(member), (name) => take(member, name));
  return names;
}

function words(text: string): readonly string[] {
  return text.split(/[^\p{ID_Continue}]+|_+/u).filter((word) => word !== "");
}

const RESERVED_WORDS: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof var void while with yield`.split(/\s+/),
);
