/** The names that a file imports from one module, collected while its body is printed. */
export class Imports {
  readonly #taken: ReadonlySet<string>;
  readonly #used = new Map<string, { readonly local: string; readonly isType: boolean }>();

  /** `taken` has the names that the file declares. An import with one of these names gets another local name. */
  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  /** Returns the local name of an imported type. */
  type(name: string): string {
    return this.#use(name, true);
  }

  /** Returns the local name of an imported value. */
  value(name: string): string {
    return this.#use(name, false);
  }

  has(name: string): boolean {
    return this.#used.has(name);
  }

  /** Returns the import statement, or nothing if no name is used. */
  statement(from: string): readonly string[] {
    const names = [...this.#used]
      .sort(([a], [b]) => compare(a.toLowerCase(), b.toLowerCase()))
      .map(([name, { local, isType }]) => `${isType ? "type " : ""}${name}${local === name ? "" : ` as ${local}`}`);
    if (names.length === 0) return [];
    const line = `import { ${names.join(", ")} } from "${from}";`;
    return line.length <= 120 ? [line] : ["import {", ...names.map((name) => `  ${name},`), `} from "${from}";`];
  }

  #use(name: string, isType: boolean): string {
    const local = freeName(name, this.#taken);
    this.#used.set(name, { local, isType });
    return local;
  }
}

/** Returns the name, or a similar one that is not taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let candidate = name; ; candidate = `${candidate}_`) if (!taken.has(candidate)) return candidate;
}

/** Compares by code unit, so the order does not depend on the machine's locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
