import type { ModuleDescription, SchemaId, SchemaNode } from "../loader/description.js";
import { type NameTable, pascalCase } from "./names.js";
import { partsOf } from "./parts.js";
import { nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

export interface NamingOptions {
  readonly schemas: readonly SchemaNode[];
  readonly slots: readonly Slot[];
  /** The contract first, then the modules it may have imported schemas from: where export names come from. */
  readonly modules: readonly ModuleDescription[];
  /** Has the names that are taken already. */
  readonly table: NameTable;
  /** Told of a name of the author's that cannot be had. */
  readonly onTaken: (taken: { readonly schema: SchemaId; readonly name: string; readonly owner: string }) => void;
}

/**
 * The schemas that get a type name, in the order of their declarations. A name is, in this order: the schema's
 * `meta.id`; the name it is exported by; for one that stands in several places the identifier it is given by; else the
 * way to it, such as `Add2InputAddress`. Objects always have a name, and so has what refers to itself.
 */
export function nameSchemas(options: NamingOptions): ReadonlyMap<SchemaId, string> {
  return new Namer(options).name();
}

/** How a schema was come to. */
interface Way {
  readonly path: string;
  /** Whether it is the slot's own schema, or what that one wraps. */
  readonly isRoot: boolean;
  /** Whether what wraps it declares its type: a `z.object()` that is `.readonly()` at once. */
  readonly isCarried: boolean;
}

class Namer {
  readonly #options: NamingOptions;
  readonly #uses: ReadonlyMap<SchemaId, number>;
  readonly #authored: ReadonlyMap<SchemaId, string>;
  readonly #recursive: ReadonlySet<SchemaId>;
  readonly #identifiers: ReadonlyMap<SchemaId, string>;
  readonly #names = new Map<SchemaId, string>();
  readonly #visited = new Set<SchemaId>();

  constructor(options: NamingOptions) {
    const { schemas, slots } = options;
    this.#options = options;
    this.#uses = countUses(schemas, slots);
    this.#authored = authoredNames(options, this.#uses);
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
    const name = this.#authored.get(id) ?? (this.#needsName(id, way) ? this.#freeName(id, way.path) : undefined);
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
    return this.#options.table.claimFree(
      identifier === undefined ? path : pascalCase(identifier),
      `the type of ${path}`,
    );
  }

  #isShared(id: SchemaId): boolean {
    return (this.#uses.get(id) ?? 0) > 1;
  }

  #isOwnObject(id: SchemaId): boolean {
    return nodeOf(this.#options.schemas, id).kind === "object" && !this.#isShared(id) && !this.#authored.has(id);
  }
}

/** How often each schema is referred to, by slots and by other schemas. */
function countUses(schemas: readonly SchemaNode[], slots: readonly Slot[]): ReadonlyMap<SchemaId, number> {
  const uses = new Map<SchemaId, number>();
  const use = (id: SchemaId): void => {
    const known = uses.get(id) ?? 0;
    uses.set(id, known + 1);
    if (known === 0) for (const { schema } of partsOf(nodeOf(schemas, id), schemas)) use(schema);
  };
  for (const { schema } of slots) use(schema);
  return uses;
}

/** Names given by the author, to schemas that are worth one: for a plain string, `string` says more. */
function authoredNames(
  { schemas, modules, table, onTaken }: NamingOptions,
  used: ReadonlyMap<SchemaId, unknown>,
): ReadonlyMap<SchemaId, string> {
  const exported = new Map<SchemaId, string>();
  for (const { name, schema } of modules.flatMap((module) => module.exports)) {
    if (!exported.has(schema)) exported.set(schema, name);
  }
  const names = new Map<SchemaId, string>();
  const authors = new Set<string>(); // names that the author has given
  for (const id of used.keys()) {
    const node = nodeOf(schemas, id);
    const given = node.meta.id ?? exported.get(id);
    if (given === undefined || !isNameable(node)) continue;
    const [name, self] = [pascalCase(given), `the schema ${JSON.stringify(given)}`];
    const owner = table.claim(name, self);
    if (owner === undefined) names.set(id, name);
    else if (authors.has(name)) onTaken({ schema: id, name, owner });
    else names.set(id, table.claimFree(name, self)); // ours: what is printed beside it, or a global that types refer to
    authors.add(name);
  }
  return names;
}

function isNameable(node: SchemaNode): boolean {
  switch (node.kind) {
    case "object":
    case "array":
    case "tuple":
    case "record":
    case "partialRecord":
    case "union":
    case "intersection":
    case "template":
    case "nullable":
    case "readonly":
    case "brand":
      return true;
    case "literal":
      return node.values.length > 1;
    default:
      return false;
  }
}

/** Schemas that must have a name because they refer to themselves and no object, which has one, is on the way. */
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
