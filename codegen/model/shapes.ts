import type { Declaration } from "./model.js";
import { mapParts, type Type } from "./type.js";

/**
 * Numbers types by their structure. Two types have the same number if and only if the compiler treats them as identical, with all
 * names of one class (`classOf`) as equal. Docs do not count, nor does the order of properties and of a union's options.
 */
export class Shapes {
  readonly #classOf: (name: string) => number | string;
  readonly #numbers = new Map<string, number>();

  constructor(classOf: (name: string) => number | string) {
    this.#classOf = classOf;
  }

  of(type: Type): number {
    const text = JSON.stringify(this.#outline(type));
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** Returns the type with the number of each part instead of the part. */
  #outline(type: Type): unknown {
    const flat = mapParts(type, (part) => ({ kind: "keyword", keyword: `#${this.of(part)}` }));
    switch (flat.kind) {
      case "object": {
        const properties = flat.properties.map((property) => JSON.stringify({ ...property, doc: {} })).sort();
        return { ...flat, properties };
      }
      case "union":
        return { ...flat, options: flat.options.map((option) => JSON.stringify(option)).sort() };
      case "reference":
        return { ...flat, name: this.#classOf(flat.name) };
      default:
        return flat;
    }
  }
}

/** Sorts the names of declarations into classes. The names of one class have the same structure at every depth. */
export function classesOf(declarations: readonly Declaration[]): ReadonlyMap<string, number> {
  let classes = new Map(declarations.map(({ name }) => [name, 0]));
  for (let before = 1; ; ) {
    const known = classes;
    const shapes = new Shapes((name) => known.get(name) ?? name);
    classes = new Map(declarations.map(({ name, type }) => [name, shapes.of(type)]));
    const count = new Set(classes.values()).size;
    if (count <= before) return classes; // no class was split any more
    before = count;
  }
}
