import type { $ZodType } from "zod/v4/core";
import { type ErrorType, type Member, membersOf } from "../../src/contract/contract.js";
import type { SchemaDescriber } from "./describe-schema.js";
import type {
  Description,
  ErrorDescription,
  MemberDescription,
  ModuleDescription,
  NamedSchema,
} from "./description.js";

/** Turns contract modules into plain data. Schemas and errors keep their identity from module to module. */
export class ModuleDescriber {
  readonly #schemas: SchemaDescriber;
  readonly #errors = new Map<object, number>();
  readonly #modules: ModuleDescription[] = [];

  constructor(schemas: SchemaDescriber) {
    this.#schemas = schemas;
  }

  /** Adds a module that has been run. */
  add(file: string, namespace: Readonly<Record<string, unknown>>): void {
    const exported = exportsOf(namespace);
    const exports = Object.entries(exported).flatMap(([name, value]) =>
      isSchema(value) ? [{ name, schema: this.#schemas.add(value) }] : [],
    );
    const members = membersOf(exported).map(([name, member]) => this.#member(name, member));
    this.#modules.push({ file, members, exports });
  }

  get description(): Description {
    return { schemas: this.#schemas.nodes, modules: this.#modules };
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
    if (kind === "topic") return { kind, ...common, ...this.#part("event", definition.event) };
    return {
      kind,
      ...common,
      ...this.#part("input", definition.input),
      ...this.#part("output", definition.output),
      ...this.#part("progress", definition.progress),
      ...this.#part("chunks", definition.chunks),
      errors: Object.entries(definition.errors ?? {}).map(([code, error]) => ({ code, ...this.#error(error) })),
    };
  }

  #error(error: ErrorType): ErrorDescription {
    const identity = this.#errors.get(error) ?? this.#errors.size;
    this.#errors.set(error, identity);
    return { identity, uri: error.uri, data: this.#schemas.add(error.data) };
  }

  #params(schemas: Readonly<Record<string, $ZodType | undefined>> = {}): readonly NamedSchema[] {
    return Object.entries(schemas).flatMap(([name, schema]) =>
      schema ? [{ name, schema: this.#schemas.add(schema) }] : [],
    );
  }

  #part<Name extends string>(name: Name, schema: $ZodType | undefined): { readonly [N in Name]?: number } {
    return schema ? ({ [name]: this.#schemas.add(schema) } as { readonly [N in Name]?: number }) : {};
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
