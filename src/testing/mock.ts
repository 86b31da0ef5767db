import { suggestion } from "#suggestion";
import { type Contract, membersOf } from "../contract/contract.js";
import type { ProcedureDefinition } from "../contract/definition.js";
import type { Peer } from "../peer/types.js";
import type { InferredHandlers } from "../typed/inferred.js";
import { bindService } from "../typed/serve.js";
import type { ServeOptions, Service } from "../typed/types.js";
import { sampleOf } from "./sample.js";

/** The arguments of a handler without its context. */
export type Given<Handler> = Handler extends (...given: [...infer Input, ctx: never]) => unknown ? Input : never;

/** A served contract without an implementation. */
export interface MockService<C extends Contract> extends Service {
  /**
   * The arguments of the previous calls of each procedure, in order: `mock.calls.add2` is `[[{ a: 1, b: 2 }]]` after one
   * call.
   */
  readonly calls: { readonly [Name in keyof InferredHandlers<C>]: readonly Given<InferredHandlers<C>[Name]>[] };
  /** Sets the handler of a procedure for further calls. */
  answer<Name extends keyof InferredHandlers<C>>(name: Name, handler: InferredHandlers<C>[Name]): void;
  /** Clears the recorded calls and the handlers set by `answer`. */
  reset(): void;
}

type AnyHandler = (...given: unknown[]) => unknown;

/**
 * Serves every procedure of a contract for a test, with the given handlers or else with a sample from the output schema. Inputs,
 * outputs and declared errors are validated as in a real service. Rejects like `serve`, and with `TypeError` for a handler of an
 * unknown procedure.
 *
 * ```ts
 * const mock = await mockService(peer, calculator, { add2: ({ a, b }) => a + b });
 * await runWhatIsTested(consumer);
 * expect(mock.calls.divide).toEqual([[{ a: 1, b: 2 }]]);
 * ```
 */
export async function mockService<const C extends Contract>(
  peer: Peer,
  contract: C,
  rules: Partial<InferredHandlers<C>> = {},
  options: ServeOptions = {},
): Promise<MockService<C>> {
  const procedures = membersOf(contract).flatMap(([name, member]) =>
    member.kind === "procedure" ? [{ name, definition: member.definition }] : [],
  );
  for (const name of Object.keys(rules)) {
    if (procedures.some((each) => each.name === name)) continue;
    const known = procedures.map((each) => each.name);
    throw new TypeError(`rules: the contract has no procedure "${name}"; ${suggestion(name, known)}`);
  }
  const given = rules as Readonly<Record<string, AnyHandler | undefined>>;
  const later = new Map<string, AnyHandler>(); // handlers set by `answer`
  const calls: Record<string, unknown[][]> = {};
  const reset = () => {
    later.clear();
    for (const { name } of procedures) calls[name] = [];
  };
  reset();
  const handlers = Object.fromEntries(
    procedures.map(({ name, definition }) => [
      name,
      (...all: unknown[]) => {
        calls[name]?.push(all.slice(0, -1));
        const rule = later.get(name) ?? given[name];
        return rule ? rule(...all) : sampleOutput(name, definition);
      },
    ]),
  );
  const service = await bindService(peer, contract, handlers, options);
  return {
    ...service,
    [Symbol.asyncDispose]: service[Symbol.asyncDispose],
    calls: calls as unknown as MockService<C>["calls"], // a list per procedure, with the arguments of handlers of these types
    answer: (name, handler) => void later.set(String(name), handler as AnyHandler),
    reset,
  };
}

function sampleOutput(name: string, { output }: ProcedureDefinition<string>): unknown {
  if (!output) return undefined;
  try {
    return sampleOf(output);
  } catch (error) {
    throw new TypeError(`mock of ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
