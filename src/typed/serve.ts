import { type CallStack, callStackAbove, leadTo } from "#call-stack";
import { checkDrain } from "#check-options";
import { suggestion } from "#suggestion";
import { type Contract, membersOf } from "../contract/contract.js";
import { invalidInput } from "../contract/errors.js";
import { validateMode } from "../contract/validate-mode.js";
import { DRAIN_MS } from "../peer/request-options.js";
import type { DrainOptions, Invocation, Peer, RegisterOptions, Registration } from "../peer/types.js";
import { isWampError, WampError } from "../wire/error.js";
import { kindOf } from "../wire/fields.js";
import { checkSettings, functions, list, object, oneOf, type SettingRules } from "../wire/settings.js";
import { Discovery } from "./discovery/discovery.js";
import type { InferredHandlers } from "./inferred.js";
import type { AddedBy, Middleware } from "./middleware.js";
import { planProcedure } from "./procedure-plan.js";
import { defineContract } from "./reflection.js";
import { type Handler, type Served, ServedProcedure } from "./served-procedure.js";
import type { ServeOptions, Service } from "./types.js";

/**
 * Serves a contract with handlers typed by inference. Resolves when every registration is acknowledged, and unregisters all of
 * them if one fails. Rejects with `TypeError` for an unknown option, an invalid value, and a missing handler; use `pick` to serve
 * only a part.
 */
export function serve<const C extends Contract, const Use extends readonly Middleware[] = readonly Middleware[]>(
  peer: Peer,
  contract: C,
  handlers: InferredHandlers<C, AddedBy<Use>>,
  options?: ServeOptions<Use> & { readonly pick?: undefined },
): Promise<Service>;
export function serve<
  const C extends Contract,
  const Name extends keyof InferredHandlers<C> & string,
  const Use extends readonly Middleware[] = readonly Middleware[],
>(
  peer: Peer,
  contract: C,
  handlers: Pick<InferredHandlers<C, AddedBy<Use>>, NoInfer<Name>>,
  options: ServeOptions<Use> & { readonly pick: readonly Name[] },
): Promise<Service>;
export function serve(peer: Peer, contract: Contract, handlers: object, options?: ServeOptions): Promise<Service> {
  return bindService(peer, contract, handlers, options);
}

const OPTIONS: SettingRules<ServeOptions> = {
  pick: list,
  params: object,
  invoke: oneOf("single", "roundrobin", "random", "first", "last"),
  validate: validateMode,
  use: functions,
  discover: object,
};

/**
 * Serves a contract for generated code. The handlers match the generated interface. The module has the type `object`, as in
 * `bindClient`.
 */
export async function bindService(
  peer: Peer,
  module: object,
  handlers: object,
  options: ServeOptions = {},
): Promise<Service> {
  const callStack = peer.callStacks ? callStackAbove(bindService) : undefined;
  checkSettings(options, OPTIONS, "serve");
  const contract = module as Contract;
  const served = pickProcedures(contract, handlers, options);
  const discovery = options.discover && new Discovery(options.discover);
  const outcomes = await Promise.allSettled(served.map(async (one) => register(peer, one, { ...options, discovery })));
  const registrations = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const close = async (drainMs: number) => {
    await Promise.all(registrations.map((registration) => registration.unregister({ drainMs })));
  };
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) {
    await close(0);
    throw failureAt(callStack, failed.reason);
  }
  const undefine = await describe(
    peer,
    contract,
    served.map(({ name }) => name),
  );
  const hide = await discovery?.announce(peer, contract);
  const end = async (drain: DrainOptions = {}) => {
    checkDrain(drain, "close");
    undefine();
    await Promise.all([hide?.(), close(drain.drainMs ?? DRAIN_MS)]);
  };
  return { close: end, [Symbol.asyncDispose]: () => end() };
}

/**
 * Returns the failure of a registration with the stack of the call to `serve`. The original stack points to where the answer was
 * read.
 */
function failureAt(callStack: CallStack | undefined, error: unknown): unknown {
  if (!callStack || !isWampError(error)) return error;
  const { uri, args, kwargs, message } = error;
  const failure = new WampError(uri, { args, kwargs, message, cause: error });
  leadTo(failure, callStack);
  return failure;
}

/** Describes the served members, now and in every later session. */
async function describe(peer: Peer, contract: Contract, served: readonly string[]): Promise<() => void> {
  const define = () => defineContract(peer, contract, served).catch((error: unknown) => peer.onError(error)); // it is served anyway
  await define();
  return peer.on("state", (state) => {
    if (state === "ready") void define();
  });
}

function pickProcedures(
  contract: Contract,
  handlers: object,
  { pick, params = {}, validate = "both" }: ServeOptions,
): readonly Served[] {
  const procedures = membersOf(contract).flatMap(([name, member]) =>
    member.kind === "procedure" ? [{ name, member }] : [],
  );
  const isProcedure = (name: string) => procedures.some((procedure) => procedure.name === name);
  for (const [option, names] of [
    ["pick", pick ?? []],
    ["params", Object.keys(params)],
  ] as const) {
    const unknown = names.find((name) => !isProcedure(name));
    if (unknown !== undefined)
      throw noProcedure(
        option,
        unknown,
        procedures.map((procedure) => procedure.name),
      );
  }
  const picked = procedures.filter(({ name }) => pick?.includes(name) ?? true);
  if (!object.accepts(handlers)) throw new TypeError(`handlers: expected an object, got ${kindOf(handlers)}`);
  const functions = handlers as Readonly<Record<string, Handler | undefined>>;
  const missing = picked.filter(({ name }) => typeof functions[name] !== "function").map(({ name }) => name);
  const extra = Object.keys(functions).find((name) => typeof functions[name] === "function" && !isProcedure(name));
  if (extra !== undefined) {
    throw noProcedure("handlers", extra, missing.length > 0 ? missing : procedures.map(({ name }) => name));
  }
  if (missing.length > 0) {
    const others = inheritedFunctions(handlers).filter((name) => !isProcedure(name));
    const there = others.length > 0 ? `, but their class has ${others.join(", ")}` : "";
    throw new TypeError(`no handler for ${missing.join(", ")}${there}; write one for each, or select a part with pick`);
  }
  return picked.map(({ name, member }) => ({
    name,
    plan: planProcedure(member.uri, member.definition, validate),
    handler: (...given) => functions[name]?.(...given), // called as a method, so that `this` is correct
  }));
}

/** Returns the names of the methods that handlers inherit from their class and its base classes. */
function inheritedFunctions(handlers: object): readonly string[] {
  const names: string[] = [];
  for (
    let each = Object.getPrototypeOf(handlers);
    each && each !== Object.prototype;
    each = Object.getPrototypeOf(each)
  ) {
    names.push(...Object.getOwnPropertyNames(each).filter((name) => name !== "constructor"));
  }
  return names;
}

function noProcedure(where: string, name: string, known: readonly string[]): TypeError {
  return new TypeError(`${where}: the contract has no procedure "${name}"; ${suggestion(name, known)}`);
}

type RegisteringOptions = ServeOptions & { readonly discovery: Discovery | undefined };

function register(peer: Peer, served: Served, options: RegisteringOptions): Promise<Registration> {
  const { name, plan } = served;
  const pattern = plan.template.pattern(options.params?.[name] ?? {});
  if (!pattern.ok) throw invalidInput(`${plan.uri} params`, pattern.issues);
  const invoke = options.invoke ?? plan.definition.invoke;
  // The callee receives the time limit, so that handlers know the remaining time and can forward it.
  const registration: RegisterOptions = {
    match: pattern.value.match,
    forwardTimeout: true,
    ...(invoke && { invoke }),
    ...(plan.definition.disclose && { discloseCaller: true }),
  };
  const procedure = new ServedProcedure(peer, served, options.use ?? []);
  const answer = (invocation: Invocation) => procedure.answer(invocation);
  const recorded = options.discovery?.recorded({ name, uri: plan.uri }, answer) ?? answer;
  return peer.register(pattern.value.uri, recorded, registration);
}
