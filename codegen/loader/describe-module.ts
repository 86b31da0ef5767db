import type { $ZodType } from "zod/v4/core";
import type { ProcedureAccess, TopicAccess } from "../../src/contract/access.js";
import { checkMember } from "../../src/contract/check-definition.js";
import { membersOf } from "../../src/contract/contract.js";
import type { ErrorType, Member, Wire } from "../../src/contract/definition.js";
import { type WireMapping, wireOf } from "../../src/contract/mapping.js";
import { isSchema } from "../../src/contract/schema.js";
import { isDict, kindOf } from "../../src/wire/fields.js";
import type { JsonSchema } from "../json-schema.js";
import type { SchemaDescriber } from "./describe-schema.js";
import type {
  Description,
  ErrorDescription,
  MemberDescription,
  MemberFault,
  ModuleDescription,
  NamedSchema,
  SchemaId,
} from "./description.js";
import { payloadSchema } from "./payload-schema.js";
import { SchemaFault } from "./schema-fault.js";

/** Turns contract modules into plain data. Schemas and errors keep their identity across modules. */
export class ModuleDescriber {
  readonly #schemas: SchemaDescriber;
  readonly #payloads: Record<SchemaId, JsonSchema> = {};
  readonly #identities = new Map<object, number>(); // member → its number
  readonly #modules: ModuleDescription[] = [];

  constructor(schemas: SchemaDescriber) {
    this.#schemas = schemas;
  }

  /** Adds modules that have been run. Exported schemas go first, because the others may be copies of them. */
  add(modules: readonly { readonly file: string; readonly namespace: Readonly<Record<string, unknown>> }[]): void {
    const exported = modules.map(({ file, namespace }) => {
      const faults: MemberFault[] = [];
      const values = exportsOf(namespace);
      const exports = attemptEach(Object.entries(values).filter(isSchemaEntry), faults, (name, schema) => {
        return { name, schema: this.#schemas.add(schema, name) };
      });
      return { file, values, exports, faults };
    });
    for (const { file, values, exports, faults } of exported) {
      const members = attemptEach(membersOf(values), faults, (name, member) => ({
        ...this.#member(name, member),
        ...declarationFault(member),
      }));
      const broken = Object.entries(values).filter(isErrorWithoutSchema); // values that are not members
      attemptEach(broken, faults, (name, { data }) => this.#schemas.add(data, `${name}.data`));
      faults.push(...Object.entries(values).flatMap(brokenDeclaration));
      this.#modules.push({ file, members, exports, faults });
    }
  }

  get description(): Description {
    return { schemas: this.#schemas.nodes, payloads: this.#payloads, modules: this.#modules };
  }

  #member(name: string, member: Member): MemberDescription {
    if (member.kind !== "error" && !isDict(member.definition)) throw new SchemaFault(whyNot(member) ?? "", name);
    if (member.kind === "error") return { kind: "error", name, ...this.#error(`${name}.data`, member) };
    const { kind, uri, definition } = member;
    const { summary, deprecated } = definition;
    const common = {
      identity: this.#identityOf(member),
      name,
      uri,
      ...(summary !== undefined && { summary }),
      ...(deprecated !== undefined && { deprecated }),
      params: this.#params(`${name}.params`, definition.params),
    };
    const part = <Name extends string>(part: Name): { readonly [N in Name]?: SchemaId } =>
      this.#part(name, part, definition);
    if (kind === "topic") {
      const { event, wire, retain, disclose, access } = definition;
      return {
        kind,
        ...common,
        ...part("event"),
        wire: { ...mappingOf("event", event, wire) },
        policy: stated({ retain, disclose, access: access && sortedRoles(access) }),
      };
    }
    const { input, output, progress, chunks, wire, idempotent, timeoutMs, invoke, disclose, access } = definition;
    return {
      kind,
      ...common,
      ...part("input"),
      ...part("output"),
      ...part("progress"),
      ...part("chunks"),
      errors: Object.entries(definition.errors ?? {}).map(([code, error]) => ({
        code,
        ...this.#error(`${name}.errors.${code}`, error),
      })),
      wire: {
        ...mappingOf("input", input, wire?.input),
        ...mappingOf("output", output, wire?.output),
        ...mappingOf("progress", progress, wire?.progress),
        ...mappingOf("chunks", chunks, wire?.chunks),
      },
      policy: stated({ idempotent, timeoutMs, invoke, disclose, access: access && sortedRoles(access) }),
    };
  }

  #identityOf(member: object): number {
    const identity = this.#identities.get(member) ?? this.#identities.size;
    this.#identities.set(member, identity);
    return identity;
  }

  #error(path: string, error: ErrorType): ErrorDescription {
    if (error?.kind !== "error") throw new SchemaFault(`expected an error made by error(), got ${kindOf(error)}`, path);
    return {
      identity: this.#identityOf(error),
      uri: error.uri,
      data: this.#add(error.data, path),
      wire: { data: wireOf(error.data, "input") },
    };
  }

  #params(path: string, schemas: Readonly<Record<string, $ZodType | undefined>> = {}): readonly NamedSchema[] {
    return Object.entries(schemas).map(([name, schema]) => {
      return { name, schema: this.#add(schema as $ZodType, `${path}.${name}`) };
    });
  }

  /** Returns a part of the definition. A part that is `undefined` is a fault, because its author meant a schema. */
  #part<Name extends string>(member: string, part: Name, definition: object): { readonly [N in Name]?: SchemaId } {
    if (!(part in definition)) return {};
    const schema = (definition as Readonly<Record<string, $ZodType>>)[part] as $ZodType;
    return { [part]: this.#add(schema, `${member}.${part}`) } as { readonly [N in Name]?: SchemaId };
  }

  /** Returns the ID of a member's own schema, whose values are on the wire. */
  #add(schema: $ZodType, path: string): SchemaId {
    const id = this.#schemas.add(schema, path);
    const payload = this.#payloads[id] ?? payloadSchema(schema, this.#schemas);
    if (payload) this.#payloads[id] = payload;
    return id;
  }
}

/** Converts each entry. An entry that fails is added to `faults`, so that one run reports all of them. */
function attemptEach<T, U>(
  entries: readonly (readonly [name: string, value: T])[],
  faults: MemberFault[],
  describe: (name: string, value: T) => U,
): readonly U[] {
  return entries.flatMap(([name, value]) => {
    try {
      return [describe(name, value)];
    } catch (error) {
      faults.push(faultOf(name, error));
      return [];
    }
  });
}

function faultOf(member: string, error: unknown): MemberFault {
  if (error instanceof SchemaFault) return { member, path: error.path, problem: error.message };
  const reason =
    error instanceof RangeError ? "they are nested too deeply, or are copies of too many copies" : String(error);
  return { member, path: member, problem: `its schemas cannot be read: ${reason}` };
}

function isSchemaEntry(entry: readonly [string, unknown]): entry is [string, $ZodType] {
  return isSchema(entry[1]);
}

function isErrorWithoutSchema(entry: readonly [string, unknown]): entry is [string, ErrorType] {
  const [, value] = entry;
  if (typeof value !== "object" || value === null || !("kind" in value && "uri" in value && "data" in value))
    return false;
  return value.kind === "error" && typeof value.uri === "string" && !isSchema(value.data);
}

const KINDS: ReadonlySet<unknown> = new Set(["procedure", "topic", "error"]);

/** Returns the faults of a `procedure()`, `topic()` or `error()` without a URI or a definition. */
function brokenDeclaration([name, value]: readonly [string, unknown]): readonly MemberFault[] {
  if (!isDict(value) || !KINDS.has(value.kind) || !("uri" in value)) return [];
  const isWhole = typeof value.uri === "string" && ("data" in value || typeof value.definition === "object");
  if (isWhole || !("definition" in value || "data" in value)) return [];
  return [{ member: name, path: name, problem: whyNot(value as unknown as Member) ?? "" }];
}

function mappingOf(
  part: "input" | "output" | "progress" | "chunks" | "event",
  schema: $ZodType | undefined,
  override: Wire | undefined,
): Readonly<Record<string, WireMapping>> {
  const direction = part === "output" || part === "progress" ? "output" : "input";
  return schema ? { [part]: wireOf(schema, direction, override) } : {};
}

/** Returns the policy without the settings that the contract omits. */
function stated<T extends object>(policy: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined)) as never;
}

function declarationFault(member: Member): { readonly fault?: string } {
  const fault = whyNot(member);
  return fault === undefined ? {} : { fault };
}

/** Returns the reason why a member cannot be declared. */
function whyNot(member: Member): string | undefined {
  try {
    checkMember(member);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Returns the exports of a module. In a CommonJS package `import()` may return them only as `default`. */
export function exportsOf(namespace: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { default: whole } = namespace;
  const isCommonJs = typeof whole === "object" && whole !== null && "__esModule" in whole;
  return isCommonJs ? { ...whole } : namespace;
}

/** Returns lists of roles in an order that does not depend on the source. */
function sortedRoles<Access extends ProcedureAccess | TopicAccess>(access: Access): Access {
  const entries = Object.entries(access).map(([name, roles]) => [name, [...(roles ?? [])].sort()]);
  return Object.fromEntries(entries) as Access;
}
