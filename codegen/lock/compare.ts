import { isDeepStrictEqual } from "node:util";
import type { Payload } from "../model/model.js";
import { compareSchemas, required } from "./compare-schemas.js";
import type { Difference } from "./difference.js";
import type { ContractSurface, MemberSurface } from "./surface.js";
import {
  type First,
  type Flow,
  judge,
  MEMBER_CHANGES,
  type MemberChange,
  type SchemaChange,
  type Severity,
} from "./table.js";

/** One change of a contract, and its effect on peers that still use the old contract. */
export interface ContractChange {
  readonly severity: Severity;
  /** The contract file, relative to the project. */
  readonly source: string;
  /** The member and the path in it, such as `divide.input.a`. */
  readonly path: string;
  /** The kind of change, such as `requiredFieldAdded`. */
  readonly change: MemberChange | SchemaChange;
  /** A description of the change. */
  readonly what: string;
  /** The reason for the severity. */
  readonly because: string;
  /** The side to update first, so that both keep working in the meantime. `both` if no order helps. */
  readonly first: First;
}

/** A member and its contract. */
interface Located {
  readonly name: string;
  readonly contract: ContractSurface;
  readonly member: MemberSurface;
}

/**
 * Returns every change between two states of a project's contracts. A member is identified by its URI, or by its name if the URI
 * has changed.
 */
export function compareContracts(
  before: readonly ContractSurface[],
  after: readonly ContractSurface[],
): readonly ContractChange[] {
  let [gone, came] = [membersIn(before), membersIn(after)];
  const pairs: (readonly [Located, Located])[] = [];
  for (const isSame of [haveSameUri, haveSameName]) {
    for (const old of gone) {
      const now = came.find((each) => isSame(old, each));
      if (!now) continue;
      pairs.push([old, now]);
      gone = gone.filter((each) => each !== old);
      came = came.filter((each) => each !== now);
    }
  }
  const changes = [
    ...pairs.flatMap(([old, now]) => new MemberComparison(old, now).changes()),
    ...gone.map((each) =>
      ofMember(each, `${each.member.kind}Removed`, `the ${each.member.kind} ${each.member.uri} is gone`),
    ),
    ...came.map((each) =>
      ofMember(each, `${each.member.kind}Added`, `the ${each.member.kind} ${each.member.uri} is new`),
    ),
  ];
  return changes.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const ORDER: Readonly<Record<Severity, number>> = { breaking: 0, risky: 1, safe: 2 };

function keyOf({ source, severity, path, change }: ContractChange): string {
  return [source, ORDER[severity], path, change].join("\n");
}

function membersIn(contracts: readonly ContractSurface[]): readonly Located[] {
  return contracts.flatMap((contract) =>
    Object.entries(contract.members).map(([name, member]) => ({ name, contract, member })),
  );
}

function haveSameUri({ member: a }: Located, { member: b }: Located): boolean {
  return a.kind === b.kind && a.uri === b.uri;
}

function haveSameName(a: Located, b: Located): boolean {
  return a.member.kind === b.member.kind && a.name === b.name && a.contract.source === b.contract.source;
}

function ofMember({ contract, name }: Located, change: MemberChange, what: string, path = name): ContractChange {
  return { source: contract.source, path, change, what, ...MEMBER_CHANGES[change] };
}

/** Roles by permission. */
type Access = Readonly<Record<string, readonly string[]>> | undefined;

function list(roles: readonly string[]): string {
  return roles.length === 0 ? "nobody" : roles.join(", ");
}

/** Compares one member before and after. */
class MemberComparison {
  readonly #before: Located;
  readonly #after: Located;

  constructor(before: Located, after: Located) {
    this.#before = before;
    this.#after = after;
  }

  changes(): readonly ContractChange[] {
    const [before, after] = [this.#before.member, this.#after.member];
    const parts = ["input", "output", "progress", "chunks", "event"].flatMap((part) => this.#part(part));
    return [...this.#identity(), ...this.#policy(), ...this.#params(), ...parts, ...this.#errors(before, after)];
  }

  #change(change: MemberChange, what: string, path?: string): ContractChange {
    return ofMember(this.#after, change, what, path);
  }

  #identity(): readonly ContractChange[] {
    const { name, member } = this.#after;
    const { name: oldName, member: old } = this.#before;
    if (old.uri !== member.uri) return [this.#change("uriChanged", `the URI was ${old.uri} and is ${member.uri}`)];
    return oldName === name ? [] : [this.#change("memberRenamed", `was called ${oldName}`)];
  }

  #policy(): readonly ContractChange[] {
    const [old, now] = [this.#before.member.policy, this.#after.member.policy];
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return names.flatMap((name) => {
      if (isDeepStrictEqual(old[name], now[name])) return [];
      if (name === "access") return this.#access(old[name] as Access, now[name] as Access);
      const words = (value: unknown): string => (value === undefined ? "not set" : JSON.stringify(value));
      const what = `${name} was ${words(old[name])} and is ${words(now[name])}`;
      return [this.#change("policyChanged", what, `${this.#after.name}.${name}`)];
    });
  }

  /** Compares lists of roles. A missing list allows every role. */
  #access(old: Access = {}, now: Access = {}): readonly ContractChange[] {
    const actions = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return actions.flatMap((action) => {
      const [were, are] = [old[action], now[action]];
      const path = `${this.#after.name}.access.${action}`;
      const gone = were?.filter((role) => are && !are.includes(role)) ?? [];
      const came = are?.filter((role) => were && !were.includes(role)) ?? [];
      return [
        ...(!were && are ? [this.#change("accessNarrowed", `only for ${list(are)} now`, path)] : []),
        ...(were && !are ? [this.#change("accessWidened", `no longer only for ${list(were)}`, path)] : []),
        ...(gone.length > 0 ? [this.#change("accessNarrowed", `no longer for ${list(gone)}`, path)] : []),
        ...(came.length > 0 ? [this.#change("accessWidened", `also for ${list(came)}`, path)] : []),
      ];
    });
  }

  /** Callers send a procedure's parameters. Publishers send a topic's parameters, and subscribers receive them. */
  #params(): readonly ContractChange[] {
    const { member, name } = this.#after;
    const flow = member.kind === "topic" ? "publisherToSubscriber" : "callerToCallee";
    return Object.entries(this.#before.member.params).flatMap(([param, was]) => {
      const is = member.params[param];
      return is ? this.#schemas(was, is, { flow, path: `${name}.params.${param}` }) : []; // another name is another URI
    });
  }

  #part(part: string): readonly ContractChange[] {
    const [was, is] = [this.#before.member.payloads[part], this.#after.member.payloads[part]];
    const path = `${this.#after.name}.${part}`;
    if (!was && !is) return [];
    if (was && is) return this.#payload(was, is, { flow: flowOf(part), path });
    if (part === "input" && is) return this.#inputAdded(is, path);
    const change = PRESENCE[part]?.[is ? "added" : "removed"];
    return change ? [this.#change(change, is ? "is new" : "is gone", path)] : [];
  }

  /** Compares with an object without fields, which equals the missing input of old callers. */
  #inputAdded(is: Payload, path: string): readonly ContractChange[] {
    if (is.wire !== "kwargs" && typeof is.wire !== "object")
      return [this.#change("wireChanged", "there was no input", path)];
    const nothing = { type: "object", properties: {} };
    return this.#schemas(nothing, is.schema, { flow: "callerToCallee", path });
  }

  #payload(
    was: Payload,
    is: Payload,
    { flow, path }: { readonly flow: Flow; readonly path: string },
  ): readonly ContractChange[] {
    const isMoved = !isDeepStrictEqual(was.wire, is.wire);
    const what = `the wire mapping was ${wireText(was)} and is ${wireText(is)}`;
    return [
      ...(isMoved ? [this.#change("wireChanged", what, path)] : []),
      ...this.#judged(required(!was.optional, !is.optional, path), flow),
      ...this.#schemas(was.schema, is.schema, { flow, path }),
    ];
  }

  #schemas(
    was: Payload["schema"],
    is: Payload["schema"],
    { flow, path }: { readonly flow: Flow; readonly path: string },
  ): readonly ContractChange[] {
    const before = { schema: was, definitions: this.#before.contract.definitions };
    const after = { schema: is, definitions: this.#after.contract.definitions };
    return this.#judged(compareSchemas(before, after, path), flow);
  }

  #judged(differences: readonly Difference[], flow: Flow): readonly ContractChange[] {
    const { source } = this.#after.contract;
    return differences.map(({ change, path, what }) => ({ source, path, change, what, ...judge(change, flow) }));
  }

  #errors(before: MemberSurface, after: MemberSurface): readonly ContractChange[] {
    const codes = [...new Set([...Object.keys(before.errors), ...Object.keys(after.errors)])];
    return codes.flatMap((code) => {
      const [was, is] = [before.errors[code], after.errors[code]];
      const path = `${this.#after.name}.errors.${code}`;
      if (!was && is) return [this.#change("errorAdded", `the error ${is.uri} is new`, path)];
      if (was && !is) return [this.#change("errorRemoved", `the error ${was.uri} is gone`, path)];
      if (!was || !is) return [];
      if (was.uri !== is.uri) return [this.#change("uriChanged", `the URI was ${was.uri} and is ${is.uri}`, path)];
      if (was.data && is.data) return this.#payload(was.data, is.data, { flow: "calleeToCaller", path });
      if (!was.data && !is.data) return [];
      return [this.#change(is.data ? "outputAdded" : "outputRemoved", `its data is ${is.data ? "new" : "gone"}`, path)];
    });
  }
}

/** The change for a part that is added or removed. An added input is compared in more detail. */
const PRESENCE: Readonly<Record<string, Readonly<Record<"added" | "removed", MemberChange>>>> = {
  input: { added: "wireChanged", removed: "inputRemoved" },
  output: { added: "outputAdded", removed: "outputRemoved" },
  progress: { added: "outputAdded", removed: "progressRemoved" },
  chunks: { added: "chunksAdded", removed: "chunksRemoved" },
  event: { added: "eventAdded", removed: "eventRemoved" },
};

function flowOf(part: string): Flow {
  if (part === "event") return "publisherToSubscriber";
  return part === "input" || part === "chunks" ? "callerToCallee" : "calleeToCaller";
}

function wireText({ wire }: Payload): string {
  return typeof wire === "object" ? `args ${wire.args.join(", ")} and kwargs` : wire === "arg0" ? "args[0]" : wire;
}
