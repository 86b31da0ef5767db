import type { Timeline } from "../../../src/cluster/simulation/timeline.js";
import type * as m from "../../../src/wire/messages.js";
import { Payload } from "../../../src/wire/payload.js";
import type { SimulatedConnection } from "./connection.js";
import type { AnswerPlan } from "./plan.js";
import type { CallSeen, SessionSeen } from "./witness.js";

/** A request that waits for its answer. */
interface Asked {
  readonly answered: (message: m.Message) => void;
  readonly refused: (error: string) => void;
}

/** A call that this session is to answer. */
interface Task {
  readonly request: number;
  readonly plan: AnswerPlan;
  readonly call: CallSeen;
  readonly stops: (() => void)[];
}

/** A session as its client has it. It answers calls as their arguments say. */
export class ClientSession {
  readonly seen: SessionSeen;
  readonly connection: SimulatedConnection;
  readonly asked = new Map<number, Asked>(); // REGISTER, SUBSCRIBE …, by request
  readonly calls = new Map<number, CallSeen>(); // by request
  readonly ended = new Map<number, CallSeen>(); // calls that are answered
  readonly #askedRealm = new Map<number, () => void>(); // calls of the meta API, by request
  readonly #timeline: Timeline;
  readonly #tasks = new Map<number, Task>(); // by INVOCATION.Request
  #requests = 0;
  #isOpen = true;

  constructor(seen: SessionSeen, connection: SimulatedConnection, timeline: Timeline) {
    this.seen = seen;
    this.connection = connection;
    this.#timeline = timeline;
  }

  /** The next ID of a request. */
  next(): number {
    return ++this.#requests;
  }

  /** The same, of a request whose answer means nothing: what it gives up may have been taken away. */
  nextUnheeded(): number {
    const request = this.next();
    this.asked.set(request, { answered: () => {}, refused: () => {} });
    return request;
  }

  /** Calls a procedure of the meta API. */
  askRealm(procedure: string, args: readonly unknown[], done: () => void): void {
    const request = this.next();
    this.#askedRealm.set(request, done);
    this.send({ type: "CALL", request, options: {}, procedure, payload: Payload.of(args) });
  }

  /** Whether something answers a call of the meta API. */
  isFromRealm(message: m.Result | m.ErrorMessage): boolean {
    const done = this.#askedRealm.get(message.request);
    if (!done) return false;
    this.#askedRealm.delete(message.request);
    if (message.type === "RESULT") done();
    return true;
  }

  send(message: m.Message): void {
    if (this.#isOpen) this.connection.sendToRouter(message);
  }

  /** Ends the session: nothing is answered any more. */
  end(): void {
    this.#isOpen = false;
    for (const { stops } of this.#tasks.values()) for (const stop of stops) stop();
    this.#tasks.clear();
  }

  /** A callee is given a call, or another part of one. */
  invoked({ request, payload, details }: m.Invocation, call: CallSeen): void {
    const [key, part, plan] = payload.args as [string, number, AnswerPlan];
    call.invocations.push({ callee: this.seen, request, part, atMs: this.#timeline.nowMs });
    if (details.progress) return; // there is more to come
    const task: Task = { request, plan, call, stops: [] };
    this.#tasks.set(request, task);
    const later = (ms: number, run: () => void) => task.stops.push(this.#timeline.after(ms, run));
    if (typeof details.timeout === "number") later(details.timeout, () => this.#fail(request, "wamp.error.timeout"));
    if (plan.kind === "never") return;
    for (let number = 1; number <= plan.progress && details.receive_progress; number++)
      later((plan.afterMs * number) / (plan.progress + 1), () =>
        this.#yield(request, { progress: true }, Payload.of([`${key} progress ${number}`])),
      );
    later(plan.afterMs, () => this.#answer(task));
  }

  interrupted({ request }: m.Interrupt): void {
    this.#fail(request, "wamp.error.canceled");
  }

  #answer({ request, plan, call }: Task): void {
    if (plan.kind === "unavailable") {
      call.refusals++;
      return this.#fail(request, "wamp.error.unavailable");
    }
    if (plan.kind === "error") return this.#fail(request, "com.error.planned");
    this.#end(request);
    this.#yield(request, {}, Payload.of([`${call.key} done`, "x".repeat(plan.bytes)]));
  }

  #end(request: number): void {
    for (const stop of this.#tasks.get(request)?.stops ?? []) stop();
    this.#tasks.delete(request);
  }

  #yield(request: number, options: m.Yield["options"], payload: Payload): void {
    this.send({ type: "YIELD", request, options, payload });
  }

  #fail(request: number, error: string): void {
    this.#end(request);
    this.send({ type: "ERROR", requestType: "INVOCATION", request, details: {}, error, payload: Payload.EMPTY });
  }
}
