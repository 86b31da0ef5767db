/** Something in a configuration that cannot be. */
export interface ConfigProblem {
  /** Where, such as `realms[0].name`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, in words that quote no secret. */
  readonly words: string;
}

/** A configuration that cannot be. The message has a line for each problem, with file and path. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    readonly file: string,
    readonly problems: readonly ConfigProblem[],
    options?: ErrorOptions,
  ) {
    super(problems.map(({ path, words }) => [file, path, words].filter(Boolean).join(": ")).join("\n"), options);
  }
}

/** A path, whose names in brackets may have anything in them, and the words behind it. */
const OPTION = /^((?:[\w$.]|\[\d+\]|\["(?:[^"\\]|\\.)*"\])+): (.*)$/s;

/** Collects problems, so that a user is told of all of them at once. */
export class Problems {
  readonly #file: string;
  readonly #found: ConfigProblem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(path: string, words: string): void {
    this.#found.push({ path, words });
  }

  /** Adds what a check of options says, whose message starts with the option's own path. */
  addOption(path: string, message: string): void {
    const [, option, words] = OPTION.exec(message) ?? [undefined, "", message];
    this.add([path, option].filter(Boolean).join("."), words as string);
  }

  /**
   * Runs what throws `TypeError` for options that cannot be, as `addOption` takes it; `called` is the function whose options they are, which is no
   * part of the path. Where it has added a problem itself, what it throws follows from that and is not told.
   */
  attempt<T>(path: string, run: () => T, called?: string): T | undefined {
    const before = this.#found.length;
    try {
      return run();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (this.#found.length === before) this.addOption(path, withoutStart(error.message, `${called}.`));
      return undefined;
    }
  }

  /** Whether something is wrong with a setting, or within it. */
  isWrong(path: string): boolean {
    return this.#found.some((each) => each.path.startsWith(path) && !/^\w/.test(each.path.slice(path.length)));
  }

  /** Throws `ConfigError` where there is a problem. */
  check(): void {
    if (this.#found.length > 0) throw new ConfigError(this.#file, this.#found);
  }
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}

/** A path as JavaScript has it, such as `realms[0].roles.backend`. The names of principals may be anything. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part, index) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = String(part);
    if (path[index - 1] === "principals" || !/^[\w$]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text ? `${text}.${name}` : name;
  }, "");
}
