/** An error in a configuration. */
export interface ConfigProblem {
  /** The path, such as `realms[0].name`; empty for the whole file. */
  readonly path: string;
  /** The description. It never quotes a secret. */
  readonly words: string;
}

/** Thrown for an invalid configuration. The message has one line per problem, with file and path. */
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

/** A path, whose names in brackets may contain anything, and the text after it. */
const OPTION = /^((?:[\w$.]|\[\d+\]|\["(?:[^"\\]|\\.)*"\])+): (.*)$/s;

/** Collects problems, so that the user sees all of them at once. */
export class Problems {
  readonly #file: string;
  readonly #found: ConfigProblem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(path: string, words: string): void {
    this.#found.push({ path, words });
  }

  /** Adds the message of an option check, which starts with the option's own path. */
  addOption(path: string, message: string): void {
    const [, option, words] = OPTION.exec(message) ?? [undefined, "", message];
    this.add([path, option].filter(Boolean).join("."), words as string);
  }

  /**
   * Runs a function that throws `TypeError` for invalid options, and adds its message with `addOption`. `called` is the function
   * name in the message, which is not part of the path. If `run` has added problems itself, its exception is ignored.
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

  /** Returns whether there is a problem with a setting or within it. */
  isWrong(path: string): boolean {
    return this.#found.some((each) => each.path.startsWith(path) && !/^\w/.test(each.path.slice(path.length)));
  }

  /** Throws `ConfigError` if there is a problem. */
  check(): void {
    if (this.#found.length > 0) throw new ConfigError(this.#file, this.#found);
  }
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}

/** Returns a path in JavaScript syntax, such as `realms[0].roles.backend`. Names of principals may be any text. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part, index) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = String(part);
    if (path[index - 1] === "principals" || !/^[\w$]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text ? `${text}.${name}` : name;
  }, "");
}
