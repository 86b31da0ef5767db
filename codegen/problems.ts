/** The place of a problem in a contract. */
export interface Place {
  /** The file, relative to the directory codegen runs in. */
  readonly file: string;
  readonly line?: number | undefined;
  /** The export that has the problem. */
  readonly member?: string | undefined;
  /** The member and the path in it, such as `add2.input.when`. */
  readonly path?: string | undefined;
}

/** One problem of a contract, or of a file that a run needs: the expected value, the actual value, and the remedy. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly file: string;
  readonly line: number | undefined;
  readonly member: string | undefined;
  readonly path: string | undefined;

  constructor(place: Place, problem: string) {
    const line = place.line === undefined ? "" : `:${place.line}`;
    const path = place.path ?? place.member;
    super(`${place.file}${line}${path === undefined ? "" : ` ${path}`}: ${problem}`);
    this.file = place.file;
    this.line = place.line;
    this.member = place.member;
    this.path = place.path;
  }
}

/** All problems of a run, which has written nothing. The message has one line for each. */
export class CodegenError extends Error {
  override readonly name = "CodegenError";

  constructor(readonly problems: readonly ContractError[]) {
    super(problems.map((problem) => problem.message).join("\n"));
  }
}

/** Returns the error of a run that cannot start. */
export function oneProblem(place: Place, problem: string): CodegenError {
  return new CodegenError([new ContractError(place, problem)]);
}

/** Collects problems, so that one run reports all of them. */
export class Problems {
  readonly #found: ContractError[] = [];

  add(place: Place, problem: string): void {
    this.#found.push(new ContractError(place, problem));
  }

  get count(): number {
    return this.#found.length;
  }

  /** Throws `CodegenError` if there are any. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new CodegenError(inReadingOrder(this.#found));
  }
}

function inReadingOrder(problems: readonly ContractError[]): readonly ContractError[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return files.flatMap((file) =>
    problems.filter((problem) => problem.file === file).sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  );
}
