import { type Contract, membersOf } from "../contract/contract.js";
import { invalidInput, invalidOutput } from "../contract/errors.js";
import { type Mapped, type Mapper, whenReady } from "../contract/mapper.js";
import type { ParamValues } from "../contract/template-params.js";
import { validateMode } from "../contract/validate.js";
import { isThenable, result, type WampReply } from "../peer/invocations.js";
import type { Invocation, Peer, RegisterOptions, Registration } from "../peer/types.js";
import { WampError } from "../wire/error.js";
import { checkSettings, functions, list, object, oneOf, type SettingRules } from "../wire/settings.js";
import type { InferredHandlers } from "./inferred.js";
import { type AddedBy, extend, type Middleware, type MiddlewareCall, runThrough } from "./middleware.js";
import { type PlannedError, type ProcedurePlan, planProcedure } from "./procedure-plan.js";
import type { Context, ServeOptions, Service } from "./types.js";

type Handler = (...given: unknown[]) => unknown;

/**
 * Serves a contract with handlers typed by inference. Resolves once every registration is acknowledged, and unregisters
 * all of them if one fails. Rejects with `TypeError` for an unknown option, a value that cannot be, and a handler that is missing:
 * `pick` serves a part on purpose.
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
};

/** What generated code calls: the handlers are those of the interface it has printed for this contract. */
export async function bindService(
  peer: Peer,
  contract: Contract,
  handlers: object,
  options: ServeOptions = {},
): Promise<Service> {
  checkSettings(options, OPTIONS);
  const served = pickProcedures(contract, handlers, options);
  const outcomes = await Promise.allSettled(served.map((one) => register(peer, { ...one, options })));
  const registrations = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const close = async () => {
    await Promise.all(registrations.map((registration) => registration.unregister()));
  };
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) {
    await close();
    throw failed.reason;
  }
  const undefine = await describe(
    peer,
    contract,
    served.map(({ name }) => name),
  );
  const end = async () => {
    undefine();
    await close();
  };
  return { close: end, [Symbol.asyncDispose]: end };
}

/** Describes what is served, now and in every later session. The generator of JSON Schemas is loaded only here. */
async function describe(peer: Peer, contract: Contract, served: readonly string[]): Promise<() => void> {
  const { defineContract } = await import("./reflection.js");
  const define = () => defineContract(peer, contract, served).catch(peer.onError); // it is served all the same
  await define();
  return peer.on("state", (state) => {
    if (state === "ready") void define();
  });
}

interface Served {
  readonly name: string;
  readonly plan: ProcedurePlan;
  readonly handler: Handler;
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
    if (unknown !== undefined) throw new TypeError(`${option}: the contract has no procedure "${unknown}"`);
  }
  const picked = procedures.filter(({ name }) => pick?.includes(name) ?? true);
  const functions = handlers as Readonly<Record<string, Handler | undefined>>;
  const missing = picked.filter(({ name }) => typeof functions[name] !== "function").map(({ name }) => name);
  if (missing.length > 0) {
    throw new TypeError(
      `no handler for ${missing.join(", ")}; write one for each, or serve a part on purpose with pick`,
    );
  }
  return picked.map(({ name, member }) => ({
    name,
    plan: planProcedure(member.uri, member.definition, validate),
    handler: (...given) => functions[name]?.(...given), // as a member of its object, so that `this` is right
  }));
}

function register(
  peer: Peer,
  { name, plan, handler, options }: Served & { readonly options: ServeOptions },
): Promise<Registration> {
  const pattern = plan.template.pattern(options.params?.[name] ?? {});
  if (!pattern.ok) throw invalidInput(`${plan.uri} params`, pattern.issues);
  const invoke = options.invoke ?? plan.definition.invoke;
  // The time limit comes along, so that handlers know what is left and pass it on.
  const registration: RegisterOptions = {
    match: pattern.value.match,
    forwardTimeout: true,
    ...(invoke && { invoke }),
  };
  const makers = [...plan.errors].map(([code, error]) => [code, errorMaker(error)] as const);
  const errors = makers.length > 0 ? Object.fromEntries(makers) : undefined;
  const served: ServedProcedure = { peer, name, plan, handler, use: options.use ?? [], errors };
  return peer.register(pattern.value.uri, (invocation) => answer(invocation, served), registration);
}

/** A handler in its place. */
interface ServedProcedure extends Served {
  readonly peer: Peer;
  /** Makers of the declared errors, where there are any. */
  readonly errors: Readonly<Record<string, (data: unknown) => WampError>> | undefined;
  readonly use: readonly Middleware[];
}

function answer(invocation: Invocation, served: ServedProcedure): unknown {
  const { plan } = served;
  const params = plan.template.read(invocation.procedure);
  if (!params)
    throw invalidInput(`${plan.uri} params`, [{ path: [], code: "custom", message: "do not fit their schemas" }]);
  return whenReady(plan.input.receive(invocation), (input) => {
    if (!input.ok) throw invalidInput(`${plan.uri} input`, input.issues);
    const value = handled(invocation, served, { params, input: input.value });
    const ready = isThenable(value) ? Promise.resolve(value) : value;
    return whenReady(ready, (returned) => whenReady(plan.output.send(returned), (mapped) => reply(plan, mapped)));
  });
}

function reply({ uri }: ProcedurePlan, mapped: Mapped): WampReply {
  if (!mapped.ok) throw invalidOutput(`${uri} output`, mapped.issues);
  return result(mapped.value.args, mapped.value.kwargs);
}

/** What the handler makes of an input, through middleware where there is any. */
function handled(
  invocation: Invocation,
  served: ServedProcedure,
  { params, input }: { readonly params: ParamValues; readonly input: unknown },
): unknown {
  const { name, plan, handler, use } = served;
  const context = contextOf(invocation, served, params);
  const run = (ctx: Context) => {
    const returned =
      plan.form === "value"
        ? handler(input, ctx)
        : plan.form === "none"
          ? handler(ctx)
          : handler(...(input as unknown[]), ctx);
    return isGenerator(returned) ? drain(returned, invocation, plan) : returned;
  };
  if (use.length === 0) return run(context);
  const idempotent = plan.definition.idempotent === true;
  const call: MiddlewareCall = {
    peer: served.peer,
    kind: "invoke",
    name,
    uri: invocation.procedure,
    params,
    input,
    idempotent,
    context: context as Context & Record<string, unknown>,
  };
  return runThrough(use, call, (added) => run(extend(context, added)));
}

const INVOCATION = Symbol("invocation");
const DEADLINE = Symbol("deadline");

/**
 * What every handler gets beside its input. A signal, which few look at, is made when one does. Symbols rather than private members:
 * middleware makes objects that inherit from this one.
 */
class HandlerContext implements Context {
  readonly caller: Context["caller"];
  readonly procedure: string;
  readonly peer: Peer;
  readonly [INVOCATION]: Invocation;
  readonly [DEADLINE]: number | undefined; // in milliseconds since 1970

  constructor(invocation: Invocation, peer: Peer) {
    const { timeout } = invocation.details;
    this.caller = invocation.caller;
    this.procedure = invocation.procedure;
    this.peer = peer;
    this[INVOCATION] = invocation;
    this[DEADLINE] = timeout ? peer.clock.now() + timeout : undefined;
  }

  get signal(): AbortSignal {
    return this[INVOCATION].signal;
  }

  get remainingMs(): number | undefined {
    const deadline = this[DEADLINE];
    return deadline && Math.max(1, deadline - this.peer.clock.now()); // passed on as a limit, 0 would mean none
  }
}

/** The context of one call, with what its contract has: parameters, errors, progress, chunks. */
function contextOf(invocation: Invocation, { peer, plan, errors }: ServedProcedure, params: ParamValues): Context {
  const context: Context = new HandlerContext(invocation, peer);
  const members = context as Context & Record<string, unknown>;
  if (plan.template.template.names.length > 0) members.params = params;
  if (errors) members.errors = errors;
  if (plan.progress) members.progress = (value: unknown) => progress(invocation, plan, value);
  if (plan.chunks) {
    const mapper = plan.chunks;
    members.chunks = { [Symbol.asyncIterator]: () => receivedChunks(invocation, mapper, plan.uri) };
  }
  return context;
}

/** Chunks as the handler sees them. One that does not fit ends the loop with `wamp.error.invalid_argument`, the caller's fault. */
async function* receivedChunks({ chunks }: Invocation, mapper: Mapper, uri: string): AsyncGenerator<unknown> {
  for await (const chunk of chunks) {
    const outcome = await mapper.receive(chunk);
    if (!outcome.ok) throw invalidInput(`${uri} chunks`, outcome.issues);
    yield outcome.value;
  }
}

/** `errors.divideByZero({ numerator: 1 })`: the error to throw. Data that does not fit is the handler's fault. */
function errorMaker({ name, uri, data }: PlannedError) {
  return (value: unknown): WampError => {
    const mapped = data.send(value);
    if (mapped instanceof Promise) throw new TypeError(`${uri}: schemas of error data must be synchronous`);
    if (!mapped.ok) return invalidOutput(`${uri} data`, mapped.issues);
    const { args, kwargs } = mapped.value;
    return new WampError(uri, { args, kwargs, message: name });
  };
}

function progress(invocation: Invocation, plan: ProcedurePlan, value: unknown): void {
  const mapped = plan.progress?.send(value);
  if (mapped instanceof Promise) throw new TypeError(`${plan.uri}: schemas of progress must be synchronous`);
  if (!mapped) return;
  if (!mapped.ok) throw invalidOutput(`${plan.uri} progress`, mapped.issues);
  invocation.progress(mapped.value.args, mapped.value.kwargs);
}

/** A handler that is an async generator yields its progress, as fast as it can be sent, and returns its result. */
async function drain(
  generator: AsyncGenerator<unknown, unknown, void>,
  invocation: Invocation,
  plan: ProcedurePlan,
): Promise<unknown> {
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return value;
    try {
      invocation.signal.throwIfAborted();
      progress(invocation, plan, value);
      await invocation.drained();
    } catch (error) {
      await generator.return(undefined); // its `finally` runs
      throw error;
    }
  }
}

function isGenerator(value: unknown): value is AsyncGenerator<unknown, unknown, void> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;
}
