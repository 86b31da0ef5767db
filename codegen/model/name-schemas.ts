import type { SchemaId, SchemaNode } from "../loader/description.js";
import { countUses, isNameable } from "./authored-names.js";
import { type NameTable, pascalCase } from "./names.js";
import { partsOf } from "./parts.js";
import { nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

export interface NamingOptions {
  readonly schemas: readonly SchemaNode[];
  readonly slots: readonly Slot[];
  readonly authored: ReadonlyMap<SchemaId, string>;
  /** The names that are already taken. */
  readonly table: NameTable;
}

/**
 * Returns the schemas that get a type name, in the order of their declarations. The name is the first of these that exists: the
 * schema's `meta.id`; its export name; for a schema in several places, the identifier that passes it; its path, such as
 * `Add2InputAddress`. Objects and recursive schemas always have a name.
 */
export function nameSchemas(options: NamingOptions): ReadonlyMap<SchemaId, string> {
  return new Namer(options).name();
}

/** The path to a schema. */
interface Way {
  readonly path: string;
  /** Whether it is the slot's own schema, or is wrapped by it. */
  readonly isRoot: boolean;
  /** Whether its wrapper declares its type: a `z.object()` with `.readonly()` called on it. */
  readonly isCarried: boolean;
}

class Namer {
  readonly #options: NamingOptions;
  readonly #uses: ReadonlyMap<SchemaId, number>;
  readonly #recursive: ReadonlySet<SchemaId>;
  readonly #identifiers: ReadonlyMap<SchemaId, string>;
  readonly #names = new Map<SchemaId, string>();
  readonly #visited = new Set<SchemaId>();

  constructor(options: NamingOptions) {
    const { schemas, slots } = options;
    this.#options = options;
    this.#uses = countUses(schemas, slots);
    this.#recursive = findCycles(schemas, slots);
    this.#identifiers = new Map(slots.flatMap(({ schema, identifier }) => (identifier ? [[schema, identifier]] : [])));
  }

  name(): ReadonlyMap<SchemaId, string> {
    for (const { schema, typeName } of this.#options.slots) {
      this.#visit(schema, { path: typeName, isRoot: true, isCarried: false });
    }
    return this.#names;
  }

  #visit(id: SchemaId, way: Way): void {
    if (this.#visited.has(id)) return;
    this.#visited.add(id);
    const { schemas } = this.#options;
    const node = nodeOf(schemas, id);
    const name =
      this.#options.authored.get(id) ?? (this.#needsName(id, way) ? this.#freeName(id, way.path) : undefined);
    if (name !== undefined) this.#names.set(id, name);
    const isCarried = name !== undefined && node.kind === "readonly" && this.#isOwnObject(node.inner);
    for (const { schema, suffix } of partsOf(node, schemas)) {
      this.#visit(schema, { path: `${name ?? way.path}${suffix}`, isRoot: way.isRoot && suffix === "", isCarried });
    }
  }

  #needsName(id: SchemaId, { isRoot, isCarried }: Way): boolean {
    const { schemas } = this.#options;
    const node = nodeOf(schemas, id);
    if (this.#recursive.has(id)) return true;
    switch (node.kind) {
      case "brand":
        return true;
      case "object":
        return !isCarried;
      case "readonly":
        return this.#isOwnObject(node.inner);
      case "union":
      case "intersection":
        if (this.#isShared(id)) return true;
        return isRoot && partsOf(node, schemas).some((part) => nodeOf(schemas, part.schema).kind === "object");
      case "literal":
        return this.#isShared(id) && node.values.length > 1;
      default:
        return false;
    }
  }

  #freeName(id: SchemaId, path: string): string {
    const node = nodeOf(this.#options.schemas, id);
    const identifier = node.kind === "brand" ? node.name : this.#isShared(id) ? this.#identifiers.get(id) : undefined;
    return this.#options.table.claimFree(identifier === undefined ? path : pascalCase(identifier));
  }

  #isShared(id: SchemaId): boolean {
    return (this.#uses.get(id) ?? 0) > 1;
  }

  #isOwnObject(id: SchemaId): boolean {
    return (
      nodeOf(this.#options.schemas, id).kind === "object" && !this.#isShared(id) && !this.#options.authored.has(id)
    );
  }
}

/** Returns the schemas that must have a name because they refer to themselves without a named object on the way. */
function findCycles(schemas: readonly SchemaNode[], slots: readonly Slot[]): ReadonlySet<SchemaId> {
  const found = new Set<SchemaId>();
  const done = new Set<SchemaId>();
  const visit = (id: SchemaId, way: readonly SchemaId[]): void => {
    const start = way.indexOf(id);
    if (start !== -1) {
      const cycle = way.slice(start);
      const hasName = cycle.some((each) => found.has(each) || nodeOf(schemas, each).kind === "object");
      const nameable = cycle.find((each) => isNameable(nodeOf(schemas, each)));
      if (!hasName && nameable !== undefined) found.add(nameable);
      return;
    }
    if (done.has(id)) return;
    for (const { schema } of partsOf(nodeOf(schemas, id), schemas)) visit(schema, [...way, id]);
    done.add(id);
  };
  for (const { schema } of slots) visit(schema, []);
  return found;
}
