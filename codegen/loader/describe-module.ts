import type { $ZodType } from "zod/v4/core";
import { checkMember } from "../../src/contract/check-definition.js";
import { type ErrorType, type Member, membersOf, type Wire } from "../../src/contract/contract.js";
import { type WireMapping, wireOf } from "../../src/contract/mapping.js";
import type { JsonSchema } from "../json-schema.js";
import type { SchemaDescriber } from "./describe-schema.js";
import type {
  Description,
  ErrorDescription,
  MemberDescription,
  ModuleDescription,
  NamedSchema,
  SchemaId,
} from "./description.js";
import { payloadSchema } from "./payload-schema.js";

/** Turns contract modules into plain data. Schemas and errors keep their identity from module to module. */
export class ModuleDescriber {
  readonly #schemas: SchemaDescriber;
  readonly #payloads: Record<SchemaId, JsonSchema> = {};
  readonly #errors = new Map<object, number>();
  readonly #modules: ModuleDescription[] = [];

  constructor(schemas: SchemaDescriber) {
    this.#schemas = schemas;
  }

  /** Adds modules that have been run. Exported schemas go first: the others may be copies of them. */
  add(modules: readonly { readonly file: string; readonly namespace: Readonly<Record<string, unknown>> }[]): void {
    const exported = modules.map(({ file, namespace }) => ({ file, values: exportsOf(namespace) }));
    const described = exported.map(({ file, values }) => {
      const exports = Object.entries(values).flatMap(([name, value]) =>
        isSchema(value) ? [{ name, schema: this.#schemas.add(value) }] : [],
      );
      return { file, values, exports };
    });
    for (const { file, values, exports } of described) {
      const members = membersOf(values).map(([name, member]) => ({
        ...this.#member(name, member),
        ...faultOf(member),
      }));
      this.#modules.push({ file, members, exports });
    }
  }

  get description(): Description {
    return { schemas: this.#schemas.nodes, payloads: this.#payloads, modules: this.#modules };
  }

  #member(name: string, member: Member): MemberDescription {
    if (member.kind === "error") return { kind: "error", name, ...this.#error(member) };
    const { kind, uri, definition } = member;
    const { summary, deprecated } = definition;
    const common = {
      name,
      uri,
      ...(summary !== undefined && { summary }),
      ...(deprecated !== undefined && { deprecated }),
      params: this.#params(definition.params),
    };
    if (kind === "topic") {
      const { event, wire, retain, disclose } = definition;
      return {
        kind,
        ...common,
        ...this.#part("event", event),
        wire: { ...mappingOf("event", event, wire) },
        policy: stated({ retain, disclose }),
      };
    }
    const { input, output, progress, chunks, wire, idempotent, timeoutMs, invoke, disclose } = definition;
    return {
      kind,
      ...common,
      ...this.#part("input", input),
      ...this.#part("output", output),
      ...this.#part("progress", progress),
      ...this.#part("chunks", chunks),
      errors: Object.entries(definition.errors ?? {}).map(([code, error]) => ({ code, ...this.#error(error) })),
      wire: {
        ...mappingOf("input", input, wire?.input),
        ...mappingOf("output", output, wire?.output),
        ...mappingOf("progress", progress, wire?.progress),
        ...mappingOf("chunks", chunks, wire?.chunks),
      },
      policy: stated({ idempotent, timeoutMs, invoke, disclose }),
    };
  }

  #error(error: ErrorType): ErrorDescription {
    const identity = this.#errors.get(error) ?? this.#errors.size;
    this.#errors.set(error, identity);
    return { identity, uri: error.uri, data: this.#add(error.data), wire: { data: wireOf(error.data, "input") } };
  }

  #params(schemas: Readonly<Record<string, $ZodType | undefined>> = {}): readonly NamedSchema[] {
    return Object.entries(schemas).flatMap(([name, schema]) => (schema ? [{ name, schema: this.#add(schema) }] : []));
  }

  #part<Name extends string>(name: Name, schema: $ZodType | undefined): { readonly [N in Name]?: SchemaId } {
    return schema ? ({ [name]: this.#add(schema) } as { readonly [N in Name]?: SchemaId }) : {};
  }

  /** The id of a schema that stands in a member itself, so that its values travel. */
  #add(schema: $ZodType): SchemaId {
    const id = this.#schemas.add(schema);
    const payload = this.#payloads[id] ?? payloadSchema(schema, this.#schemas);
    if (payload) this.#payloads[id] = payload;
    return id;
  }
}

function mappingOf(
  part: "input" | "output" | "progress" | "chunks" | "event",
  schema: $ZodType | undefined,
  override: Wire | undefined,
): Readonly<Record<string, WireMapping>> {
  const direction = part === "output" || part === "progress" ? "output" : "input";
  return schema ? { [part]: wireOf(schema, direction, override) } : {};
}

/** Without what the contract leaves open. */
function stated<T extends object>(policy: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined)) as never;
}

/** What keeps a program from declaring the member, in words. */
function faultOf(member: Member): { readonly fault?: string } {
  try {
    checkMember(member);
    return {};
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

/** In a CommonJS package `import()` may give the exports as `default` alone. */
function exportsOf(namespace: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { default: whole } = namespace;
  const isCommonJs = typeof whole === "object" && whole !== null && "__esModule" in whole;
  return isCommonJs ? { ...whole } : namespace;
}

function isSchema(value: unknown): value is $ZodType {
  return typeof value === "object" && value !== null && "_zod" in value;
}
