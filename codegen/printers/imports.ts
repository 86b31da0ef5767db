/** The names a file imports from one module, gathered while its body is printed. */
export class Imports {
  readonly #taken: ReadonlySet<string>;
  readonly #used = new Map<string, { readonly local: string; readonly isType: boolean }>();

  /** `taken` are the names the file declares: an import of one of them gets another name. */
  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  /** The local name of an imported type. */
  type(name: string): string {
    return this.#use(name, true);
  }

  /** The local name of an imported value. */
  value(name: string): string {
    return this.#use(name, false);
  }

  has(name: string): boolean {
    return this.#used.has(name);
  }

  /** The import statement, or nothing where no name is used. */
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

/** The name, or one like it that is not taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let candidate = name; ; candidate = `${candidate}_`) if (!taken.has(candidate)) return candidate;
}

/** The same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
