import { WampError } from "../../wire/error.js";
import { type Dict, isDict, kindOf } from "../../wire/fields.js";
import { type Id, isId } from "../../wire/ids.js";
import type { Arguments } from "../../wire/payload.js";
import { INVALID_ARGUMENT } from "../../wire/uris.js";
import { checkLength, type UriRules } from "../requests.js";
import { FIRST } from "./pages.js";

/** The maximum length of a text that is sent to sessions, in characters. */
const TEXT_LENGTH = 1_024;

/** Reads the arguments of a meta procedure. Every method throws `wamp.error.invalid_argument` with the name of the argument. */
export class MetaArguments {
  readonly #args: readonly unknown[];
  readonly kwargs: Dict;

  constructor({ args, kwargs }: Arguments) {
    this.#args = args;
    this.kwargs = kwargs;
  }

  id(position: number, name: string): Id {
    const value = this.#args[position];
    return isId(value) ? value : this.#refuse(name, "an ID", value);
  }

  text(position: number, name: string): string {
    const value = this.#args[position];
    return typeof value === "string" ? value : this.#refuse(name, "a string", value);
  }

  /** Reads the first argument, a URI or pattern. Throws `wamp.error.invalid_uri` beyond the realm's limits. */
  uri(name: string, { limits }: UriRules): string {
    const uri = this.text(0, name);
    checkLength(uri, limits);
    return uri;
  }

  optionalTexts(position: number, name: string): readonly string[] | undefined {
    const value = this.#args[position];
    if (value === undefined || value === null) return undefined;
    return isTexts(value) ? value : this.#refuse(name, "a list of strings", value);
  }

  optionalList(position: number, name: string): readonly unknown[] {
    const value = this.#args[position] ?? [];
    return Array.isArray(value) ? value : this.#refuse(name, "a list", value);
  }

  optionalDict(position: number, name: string): Dict {
    const value = this.#args[position] ?? {};
    return isDict(value) ? value : this.#refuse(name, "a dictionary", value);
  }

  /** Reads a text of at most 1,024 characters. */
  optionalKwarg(name: string): string | undefined {
    const value = this.kwargs[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") return this.#refuse(name, "a string", value);
    if (value.length <= TEXT_LENGTH) return value;
    throw new WampError(INVALID_ARGUMENT, {
      args: [`${name}: expected at most ${TEXT_LENGTH} characters, got ${value.length}`],
    });
  }

  /** Reads the start of a list page: the keyword argument `from`. Default: the beginning of the list. */
  from(): number {
    const value = this.kwargs.from ?? FIRST;
    return isId(value) ? value : this.#refuse("from", "the `next` of the page before", value);
  }

  #refuse(name: string, expected: string, value: unknown): never {
    throw new WampError(INVALID_ARGUMENT, { args: [`${name}: expected ${expected}, got ${kindOf(value)}`] });
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
