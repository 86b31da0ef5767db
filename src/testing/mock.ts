import { type Contract, membersOf } from "../contract/contract.js";
import type { ProcedureDefinition } from "../contract/definition.js";
import type { Peer } from "../peer/types.js";
import type { InferredHandlers } from "../typed/inferred.js";
import { bindService } from "../typed/serve.js";
import type { ServeOptions, Service } from "../typed/types.js";
import { sampleOf } from "./sample.js";

/** The arguments of a handler before its context. */
export type Given<Handler> = Handler extends (...given: [...infer Input, ctx: never]) => unknown ? Input : never;

/** A contract that is served without anybody behind it. */
export interface MockService<C extends Contract> extends Service {
  /** The arguments of the calls of each procedure so far, in order: `mock.calls.add2` is `[[{ a: 1, b: 2 }]]` after one call. */
  readonly calls: { readonly [Name in keyof InferredHandlers<C>]: readonly Given<InferredHandlers<C>[Name]>[] };
  /** Answers a procedure from now on. */
  answer<Name extends keyof InferredHandlers<C>>(name: Name, handler: InferredHandlers<C>[Name]): void;
  /** Forgets the calls, and the rules that `answer` has given. */
  reset(): void;
}

type AnyHandler = (...given: unknown[]) => unknown;

/**
 * Serves every procedure of a contract for a test: by rule where there is one, else with a sample made from the schema of its
 * output. Inputs, outputs and declared errors are checked as in a real service. Rejects as `serve` does.
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
  const given = rules as Readonly<Record<string, AnyHandler | undefined>>;
  const later = new Map<string, AnyHandler>(); // rules given by `answer`
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
    calls: calls as unknown as MockService<C>["calls"], // a list for each procedure, filled with what handlers of these types were given
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
