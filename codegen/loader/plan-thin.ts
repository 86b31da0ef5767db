import { type $ZodCheck, type $ZodType, safeParse } from "zod/v4/core";
import { defOf, isSchema, type SchemaDef } from "../../src/contract/schema.js";
import { hasTail, isAsync, isOneWay } from "../../src/contract/schema-walk.js";
import type { Conversion, NamedConversion } from "./conversion.js";
import { expressionText } from "./expression-text.js";
import { type CodecFunctions, knownCodec, knownOverwrite } from "./known-codecs.js";
import { stableText } from "./metadata.js";
import { casesByKind, casesByProperty } from "./thin-cases.js";
import { kindsOf, type Side } from "./value-kinds.js";

/** The directions in which values of a payload travel, seen from the thin client. */
export interface Ways {
  readonly sends: boolean;
  readonly receives: boolean;
}

/** The exports of a contract's codecs file, and the name of that file. */
export interface OwnCodecs {
  readonly file: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

type Plan = Conversion | undefined;
type Functions = Readonly<Record<"transform" | "reverseTransform", (value: unknown) => unknown>>;

/** Plans the conversions of thin clients, and finds those that they cannot do. */
export class ThinPlanner {
  readonly recursive: Record<number, Conversion> = {};
  readonly problems: { readonly path: string; readonly problem: string }[] = [];
  readonly #codecs: OwnCodecs;
  readonly #lazy = new Map<unknown, $ZodType>(); // getter → its result
  readonly #ids = new Map<string, number>(); // schema and directions → ID of a recursive conversion
  readonly #numbers = new Map<$ZodType, number>();
  readonly #open = new Set<string>(); // schemas that are being planned
  #ways: Ways = { sends: true, receives: true };

  constructor(codecs: OwnCodecs) {
    this.#codecs = codecs;
  }

  /** Returns the conversion of a schema's values at one path. */
  plan(schema: $ZodType, path: string, ways: Ways): Plan {
    this.#ways = ways;
    return this.#changes(schema, new Set()) ? this.#plan(schema, path) : undefined;
  }

  #plan(schema: $ZodType, path: string): Plan {
    const key = this.#keyOf(schema);
    if (this.#open.has(key)) return { kind: "reference", id: this.#idOf(key) };
    this.#open.add(key);
    const inner = this.#planType(schema, path);
    const plan = chained([inner, ...this.#overwrites(schema, path)]);
    this.#open.delete(key);
    const id = this.#ids.get(key);
    if (id === undefined || !plan) return plan;
    this.recursive[id] = plan;
    return { kind: "reference", id };
  }

  /** Plans a part. Returns nothing if nothing in it changes values, at any depth. */
  #part(schema: unknown, path: string): Plan {
    return isSchema(schema) && this.#changes(schema, new Set()) ? this.#plan(schema, path) : undefined;
  }

  #planType(schema: $ZodType, path: string): Plan {
    const def = defOf(schema);
    switch (def.type) {
      case "object": {
        const properties = this.#named(Object.entries(def.shape as Record<string, unknown>), path);
        const rest = this.#part(def.catchall, `${path}.*`);
        return properties.length > 0 || rest ? { kind: "object", properties, rest } : undefined;
      }
      case "array": {
        const item = this.#part(def.element, `${path}[]`);
        return item && { kind: "list", item };
      }
      case "tuple": {
        const items = (def.items as unknown[]).map((item, index) => this.#part(item, `${path}[${index}]`) ?? null);
        const rest = this.#part(def.rest, `${path}[…]`);
        const trims = this.#ways.sends && hasTail(schema);
        return trims || rest || items.some((item) => item) ? { kind: "tuple", items, rest } : undefined;
      }
      case "record":
        return this.#planRecord(def, path);
      case "union":
        return this.#planUnion(def, path);
      case "intersection":
        return joined("both", [this.#part(def.left, path), this.#part(def.right, path)]);
      case "optional": {
        const inner = this.#part(def.innerType, path);
        return this.#ways.receives && forMissing(schema) !== undefined ? inner : wrapped("optional", inner);
      }
      case "nullable":
        return wrapped("nullable", this.#part(def.innerType, path));
      case "nonoptional":
      case "readonly":
        return this.#part(def.innerType, path);
      case "lazy":
        return this.#part(this.#behind(def), path);
      case "default":
      case "prefault":
      case "catch":
        return this.#planFilled(schema, path);
      case "pipe":
        return this.#planPipe(schema, def, path);
      case "map":
      case "set": {
        const inner = this.#part(def.keyType, path) ?? this.#part(def.valueType, path);
        return (
          inner &&
          this.#refuse(
            path,
            "a thin client cannot convert the items of a z.map() or z.set()",
            "one codec for the whole value",
          )
        );
      }
      case "string":
      case "number":
      case "boolean":
        return def.coerce && this.#ways.receives ? { kind: "named", name: COERCED[def.type] } : undefined;
      default:
        return undefined;
    }
  }

  /** A record with a known set of keys has them all, so its values are filled in like those of an object. */
  #planRecord(def: SchemaDef, path: string): Plan {
    const value = this.#part(def.valueType, `${path}.*`);
    const keys = def.partial ? undefined : (def.keyType as $ZodType)._zod.values;
    if (keys && value) {
      const names = [...keys].filter((key) => typeof key === "string" || typeof key === "number").map(String);
      return {
        kind: "object",
        properties: names.map((name) => ({ name, conversion: value })),
        rest: undefined,
      };
    }
    if (value && def.mode === "loose") {
      this.problems.push({ path, problem: LOOSE_RECORD });
      return undefined;
    }
    const key = this.#part(def.keyType, `${path}.(key)`);
    return key || value ? { kind: "record", value, key } : undefined;
  }

  #planFilled(schema: $ZodType, path: string): Plan {
    const def = defOf(schema);
    const inner = this.#part(def.innerType, path);
    if (!this.#ways.receives) return wrapped("optional", inner);
    if (def.type === "catch" && acceptsMissing(def.innerType as $ZodType)) return inner;
    const text = stableText(() => (def.type === "catch" ? forMissing(schema) : def.defaultValue), expressionText);
    if (text === undefined) {
      this.problems.push({
        path,
        problem: `a thin client cannot print the value of .${def.type}(), which is computed; ${INSTEAD_OF_COMPUTED}`,
      });
      return undefined;
    }
    if (def.type === "prefault" && inner) return { kind: "prefault", text, inner };
    return { kind: "default", text, inner };
  }

  #planPipe(schema: $ZodType, def: SchemaDef, path: string): Plan {
    const [given, made] = [def.in as $ZodType, def.out as $ZodType];
    if ("reverseTransform" in def) {
      return chained([this.#part(given, path), this.#planCodec(schema, def, path), this.#part(made, path)]);
    }
    if (isOneWay(def)) {
      const then = this.#ways.receives ? this.#part(made, path) : undefined; // the sender passes the pipe's input
      return chained([this.#part(given, path), then && { kind: "receipt", inner: then }]);
    }
    if (defOf(given).type === "transform") return this.#part(made, path);
    return chained([this.#part(given, path), this.#part(made, path)]);
  }

  #planCodec(schema: $ZodType, def: SchemaDef, path: string): Plan {
    const { transform: decode, reverseTransform: encode } = def as unknown as Functions;
    const own = this.#exported((value) => {
      const codec = value as Partial<CodecFunctions> | null;
      return typeof value === "object" && codec?.decode === decode && codec?.encode === encode;
    });
    if (isAsync(schema)) return this.#refuse(path, "this codec is asynchronous", "a synchronous codec");
    if (own !== undefined) return { kind: "own", name: own };
    const known = knownCodec({ decode, encode });
    if (known !== undefined) return { kind: "named", name: known };
    return this.#refuse(
      path,
      "a thin client cannot print what this codec does",
      "its { decode, encode }",
      "z.codec(…, …, yours)",
    );
  }

  #planUnion(def: SchemaDef, path: string): Plan {
    const options = (def.options as $ZodType[]).map((schema) => ({ schema, plan: this.#part(schema, path) }));
    if (options.every(({ plan }) => !plan)) return undefined;
    const { discriminator } = def;
    if (typeof discriminator === "string") {
      const cases = casesByProperty(options, discriminator);
      if (cases) return { kind: "byProperty", name: discriminator, cases };
    } else {
      const casesOf = (side: Side) =>
        casesByKind(options.map((each) => ({ ...each, kinds: kindsOf(each.schema, side) })));
      const [wire, own] = [casesOf("wire"), casesOf("own")];
      if (wire && own) return { kind: "byKind", wire, own };
    }
    const mend =
      typeof discriminator === "string"
        ? `give "${discriminator}" literals whose texts differ, and no codec`
        : "use z.discriminatedUnion(), or a different kind of value for each";
    this.problems.push({
      path,
      problem: `a thin client cannot tell the alternatives of this union apart, and it must convert some of them; ${mend}`,
    });
    return undefined;
  }

  /** Plans changes in place, which only the receiver makes, as for full clients. */
  #overwrites(schema: $ZodType, path: string): readonly Plan[] {
    if (!this.#ways.receives) return [];
    return overwritesOf(schema).map((change): Plan => {
      const own = this.#exported((value) => value === change);
      if (own !== undefined) return { kind: "ownReceipt", name: own };
      const known = knownOverwrite(change);
      if (known !== undefined) return { kind: "named", name: known };
      return this.#refuse(
        path,
        "a thin client cannot print what .overwrite() does",
        "its function",
        ".overwrite(yours)",
      );
    });
  }

  #refuse(path: string, why: string, what: string, use?: string): undefined {
    const then = use === undefined ? "" : `, and use it in the contract as ${use}`;
    this.problems.push({
      path,
      problem: `${why}; export ${what} from ${this.#codecs.file}, a module that does not import zod${then}`,
    });
  }

  #exported(test: (value: unknown) => boolean): string | undefined {
    return Object.entries(this.#codecs.exports).find(([, value]) => test(value))?.[0];
  }

  #named(entries: readonly (readonly [string, unknown])[], path: string): readonly NamedConversion[] {
    return entries.flatMap(([name, schema]) => {
      const conversion = this.#part(schema, `${path}.${name}`);
      return conversion ? [{ name, conversion }] : [];
    });
  }

  /** Returns whether anything in a schema converts values in these directions. */
  #changes(schema: $ZodType, seen: Set<$ZodType>): boolean {
    if (seen.has(schema)) return false;
    seen.add(schema);
    const def = defOf(schema);
    const { sends, receives } = this.#ways;
    if ("reverseTransform" in def || (sends && hasTail(schema))) return true;
    if (receives && (FILLED.has(def.type) || def.coerce || overwritesOf(schema).length > 0)) return true;
    return this.#partsOf(def).some((part) => this.#changes(part, seen));
  }

  #partsOf(def: SchemaDef): readonly $ZodType[] {
    if (def.type === "lazy") return [this.#behind(def)];
    if (def.type === "template_literal") return [];
    return Object.entries(def).flatMap(([, member]) =>
      isSchema(member)
        ? [member]
        : typeof member === "object" && member !== null
          ? Object.values(member).filter(isSchema)
          : [],
    );
  }

  #behind(def: SchemaDef): $ZodType {
    const known = this.#lazy.get(def.getter) ?? (def.getter as () => $ZodType)();
    this.#lazy.set(def.getter, known);
    return known;
  }

  #keyOf(schema: $ZodType): string {
    const number = this.#numbers.get(schema) ?? this.#numbers.size;
    this.#numbers.set(schema, number);
    return `${number} ${this.#ways.sends} ${this.#ways.receives}`;
  }

  #idOf(key: string): number {
    const id = this.#ids.get(key) ?? this.#ids.size + 1;
    this.#ids.set(key, id);
    return id;
  }
}

const FILLED: ReadonlySet<string> = new Set(["default", "prefault", "catch"]);
const COERCED = { string: "coercedString", number: "coercedNumber", boolean: "coercedBoolean" } as const;
const LOOSE_RECORD =
  "a thin client cannot tell which keys of a z.looseRecord() match, and it must convert their values; use z.record()";
const INSTEAD_OF_COMPUTED = "use a constant value, or make it optional and compute the value where it is used";

function overwritesOf(schema: $ZodType): readonly ((value: unknown) => unknown)[] {
  const checks = (defOf(schema).checks ?? []) as readonly $ZodCheck[];
  return checks.flatMap(({ _zod }) => {
    const { check, tx } = _zod.def as { check: string; tx?: (value: unknown) => unknown };
    return check === "overwrite" && tx ? [tx] : [];
  });
}

/** Returns what zod makes of a missing value. `undefined` also stands for a schema that refuses it. */
function forMissing(schema: $ZodType): unknown {
  try {
    return safeParse(schema, undefined).data;
  } catch {
    return undefined; // an asynchronous schema, or an author's function that threw
  }
}

function acceptsMissing(schema: $ZodType): boolean {
  try {
    return safeParse(schema, undefined).success;
  } catch {
    return false;
  }
}

function chained(plans: readonly Plan[]): Plan {
  return joined("chain", plans);
}

function joined(kind: "chain" | "both", plans: readonly Plan[]): Plan {
  const parts = plans.filter((plan) => plan !== undefined);
  return parts.length < 2 ? parts[0] : { kind, parts };
}

function wrapped(kind: "optional" | "nullable", inner: Plan): Plan {
  return inner && { kind, inner };
}
