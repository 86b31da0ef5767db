import { referencesIn } from "./declare.js";
import type { Declaration, Proof } from "./model.js";
import type { NameTable } from "./names.js";
import { classesOf, Shapes } from "./shapes.js";
import { mapParts, partsIn, type Type } from "./type.js";

/** Proofs with a second form if they need one, and the declarations and proofs that the check file needs for it. */
export interface MergedProofs {
  readonly proofs: readonly Proof[];
  /** Types of the check file only: as declared in the generated file, with one name for all types of the same structure. */
  readonly merged: readonly Declaration[];
  /** Declarations of the generated file that second forms replace. The check file proves each by its structure. */
  readonly restated: readonly Declaration[];
}

/**
 * Adds a second form to proofs if zod may have one type where two names are printed, as for `z.union([s("A"), s("B")])` with `s =
 * (id) => z.object({ … }).meta({ id })`. The compiler removes duplicates from a union, but not equal types with different names:
 * it distinguishes `A | B` from `T | T`, and `[A, B]` from `[T, T]`, whose element is `A | B`. Whether zod has one type or two is
 * not visible at run time, so the schema's type must be one of the two forms.
 */
export function mergeProofs(
  proofs: readonly Proof[],
  { declarations, table }: { readonly declarations: readonly Declaration[]; readonly table: NameTable },
): MergedProofs {
  if (!proofs.some(({ type }) => mayRepeat(type)) && !declarations.some(({ type }) => mayRepeat(type))) {
    return { proofs, merged: [], restated: [] }; // most contracts; comparing types is slow
  }
  const classes = classesOf(declarations);
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const repeats = new Repeats(byName, new Shapes((name) => classes.get(name) ?? name));
  const repeating = new Set(declarations.filter(({ type }) => repeats.isIn(type)).map(({ name }) => name));
  const needing = proofs.filter(({ type }) => {
    return (
      repeats.isIn(type) || (repeating.size > 0 && [...reachedFrom([type], byName)].some((name) => repeating.has(name)))
    );
  });
  if (needing.length === 0) return { proofs, merged: [], restated: [] };

  const reached = reachedFrom(
    needing.map(({ type }) => type),
    byName,
  );
  const restated = declarations.filter(({ name }) => reached.has(name));
  const merger = new Merger(restated, { classes, table });
  const secondForms = new Map(needing.map((proof) => [proof, merger.merge(proof.type)]));
  return {
    proofs: proofs.map((proof) => {
      const merged = secondForms.get(proof);
      return merged ? { ...proof, merged } : proof;
    }),
    merged: merger.declarations,
    restated,
  };
}

/** Returns whether a type has several types side by side that may have the same structure. */
function mayRepeat(type: Type): boolean {
  const parts = partsIn(type);
  const isSite = type.kind === "tuple" || type.kind === "union" || type.kind === "intersection";
  return (isSite && parts.filter((part) => !isPlain(part)).length > 1) || parts.some(mayRepeat);
}

/** Returns whether the compiler has one type for all its occurrences, whatever is declared. */
function isPlain({ kind }: Type): boolean {
  return kind === "keyword" || kind === "literal" || kind === "template";
}

/** Finds several types of the same structure side by side. The compiler makes one union or intersection of them. */
class Repeats {
  readonly #byName: ReadonlyMap<string, Declaration>;
  readonly #shapes: Shapes;

  constructor(byName: ReadonlyMap<string, Declaration>, shapes: Shapes) {
    this.#byName = byName;
    this.#shapes = shapes;
  }

  isIn(type: Type): boolean {
    if (type.kind === "tuple" || type.kind === "union" || type.kind === "intersection") {
      const seen = new Map<number, string>();
      for (const each of partsIn(type).flatMap((part) => this.#flat(part, new Set()))) {
        const [shape, text] = [this.#shapes.of(each), JSON.stringify(each)];
        const other = seen.get(shape);
        if (other !== undefined && (other !== text || hasAnonymous(each))) return true;
        seen.set(shape, text);
      }
    }
    return partsIn(type).some((part) => this.isIn(part));
  }

  /** Returns the options of a union, including those of its aliases. */
  #flat(type: Type, entered: ReadonlySet<string>): readonly Type[] {
    if (type.kind === "union") return type.options.flatMap((option) => this.#flat(option, entered));
    const alias = type.kind === "reference" && !entered.has(type.name) ? this.#byName.get(type.name) : undefined;
    if (!alias || alias.type.kind === "object") return [type];
    return this.#flat(alias.type, new Set([...entered, alias.name]));
  }
}

/** Rewrites types with one name for all names of one class, and with a name for each type that has none. */
class Merger {
  readonly #names: ReadonlyMap<string, string>;
  readonly #table: NameTable;
  readonly #shapes = new Shapes((name) => name);
  readonly #anonymous = new Map<number, Declaration>();
  readonly #named: readonly Declaration[];

  constructor(
    declarations: readonly Declaration[],
    { classes, table }: { readonly classes: ReadonlyMap<string, number>; readonly table: NameTable },
  ) {
    this.#table = table;
    const first = new Map<number | undefined, string>();
    const names = new Map<string, string>();
    for (const { name } of declarations) {
      const known = first.get(classes.get(name)) ?? table.claimFree(`${name}Merged`);
      first.set(classes.get(name), known);
      names.set(name, known);
    }
    this.#names = names;
    const unique = declarations.filter(({ name }, index) => {
      return declarations.findIndex((other) => names.get(other.name) === names.get(name)) === index;
    });
    this.#named = unique.map(({ name, type }) => ({
      name: names.get(name) ?? name,
      type: this.#inside(type),
      doc: {},
    }));
  }

  get declarations(): readonly Declaration[] {
    return [...this.#named, ...this.#anonymous.values()];
  }

  merge(type: Type): Type {
    const merged = this.#inside(type);
    if (!isAnonymous(merged)) return merged;
    const shape = this.#shapes.of(merged);
    const known = this.#anonymous.get(shape) ?? { name: this.#table.claimFree("Merged"), type: merged, doc: {} };
    this.#anonymous.set(shape, known);
    return { kind: "reference", name: known.name };
  }

  #inside(type: Type): Type {
    const merged = mapParts(type, (part) => this.merge(part));
    return merged.kind === "reference" ? { ...merged, name: this.#names.get(merged.name) ?? merged.name } : merged;
  }
}

/** Returns whether the compiler has a separate type for each of its occurrences. */
function isAnonymous({ kind }: Type): boolean {
  return kind === "object" || kind === "mapped";
}

function hasAnonymous(type: Type): boolean {
  return isAnonymous(type) || partsIn(type).some(hasAnonymous);
}

/** Returns the declarations that types refer to, directly or through others. */
function reachedFrom(types: readonly Type[], byName: ReadonlyMap<string, Declaration>): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = types.flatMap(referencesIn);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const declaration = byName.get(name);
    if (!declaration || reached.has(name)) continue;
    reached.add(name);
    open.push(...referencesIn(declaration.type));
  }
  return reached;
}
