import { anonymous } from "../router/auth/anonymous.js";
import type { Authenticator } from "../router/auth/authenticator.js";
import { byProcedure } from "../router/auth/by-procedure.js";
import { cryptosign } from "../router/auth/cryptosign.js";
import type { PrincipalEntry, Principals } from "../router/auth/principals.js";
import { scram } from "../router/auth/scram.js";
import { ticket } from "../router/auth/ticket.js";
import { wampcra } from "../router/auth/wampcra.js";
import { type ReferenceContext, readText, secretOf } from "./references.js";
import type { AuthSettings, ProcedureSource, Reference } from "./settings.js";

/** The context of an authentication method: its path, and how to resolve references. */
interface Context extends ReferenceContext {
  readonly path: string;
}

/** Creates the authenticator of a method. Adds a problem and returns `undefined` if it is not valid. */
export function authenticatorOf(settings: AuthSettings, context: Context): Authenticator | undefined {
  const { path, problems } = context;
  return problems.attempt(path, () => make(settings, context), settings.method.replace("wamp-", ""));
}

function make(settings: AuthSettings, context: Context): Authenticator {
  switch (settings.method) {
    case "anonymous":
      return anonymous(settings.authrole === undefined ? {} : { authrole: settings.authrole });
    case "ticket": {
      const { checkBy, principals, findBy } = settings;
      if (checkBy) {
        if (principals || findBy) throw new TypeError("checkBy: replaces principals and findBy; remove one of them");
        return ticket({ check: byProcedure(checkBy.procedure, realmOf(checkBy)), ...costOf(settings) });
      }
      return ticket({ principals: principalsOf(settings, ["ticket"], context), ...costOf(settings) });
    }
    case "wamp-scram":
      return scram({
        principals: principalsOf(settings, ["scram"], context),
        ...costOf(settings),
        ...secret("decoySeed", settings.decoySeed, context),
        ...(settings.channelBinding && { channelBinding: settings.channelBinding }),
      });
    case "wampcra":
      return wampcra({
        principals: principalsOf(settings, ["key"], context),
        ...costOf(settings),
        ...secret("decoySeed", settings.decoySeed, context),
      });
    case "cryptosign":
      return cryptosign({
        principals: principalsOf(settings, [], context),
        ...secret("key", settings.key, context),
        ...(settings.channelBinding && { channelBinding: settings.channelBinding }),
      });
  }
}

/** Returns the principals with resolved references. `texts` are the names of the members that may be references. */
function principalsOf<Entry extends PrincipalEntry>(
  { principals, findBy }: { readonly principals?: Readonly<Record<string, object>>; readonly findBy?: ProcedureSource },
  texts: readonly string[],
  context: Context,
): Principals<Entry, never> & Principals<Entry, string> & Principals<Entry, string | undefined> {
  if (principals && findBy) throw new TypeError("findBy: replaces principals; remove one of them");
  if (findBy) return byProcedure(findBy.procedure, realmOf(findBy));
  if (!principals)
    throw new TypeError("principals: expected an object with an entry for each authid, or findBy, got nothing");
  const entries = Object.entries(principals).map(([authid, entry]) => {
    const where = `${context.path}.principals[${JSON.stringify(authid)}]`;
    return [authid, resolved(entry, texts, { ...context, path: where })];
  });
  return Object.fromEntries(entries) as Readonly<Record<string, Entry>>; // the authenticator checks each entry
}

function resolved(entry: object, texts: readonly string[], { path, ...context }: Context): object {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]: [string, unknown]) => {
      const where = `${path}.${name}`;
      if (texts.includes(name)) return [name, readText(value as string | Reference, where, context)];
      return [name, name === "secret" && value ? secretOf(value as Reference, where, context) : value];
    }),
  );
}

function secret<Name extends string>(name: Name, given: Reference | undefined, { path, ...context }: Context) {
  return (given ? { [name]: secretOf(given, `${path}.${name}`, context) } : {}) as {
    readonly [Key in Name]?: ReturnType<typeof secretOf>;
  };
}

function costOf<Cost>({ decoyCost }: { readonly decoyCost?: Cost }): { readonly decoyCost?: Cost } {
  return decoyCost === undefined ? {} : { decoyCost };
}

function realmOf({ realm }: ProcedureSource): { readonly realm?: string } {
  return realm === undefined ? {} : { realm };
}
