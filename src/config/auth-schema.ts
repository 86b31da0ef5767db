import * as z from "zod";
import type { AuthSettings, ProcedureSource, Reference } from "./settings.js";
import { exact, expecting, expectingKind, flag, integer, oneOf, some, strict, text } from "./words.js";

const variable = strict({ env: text("the name of an environment variable", true) });
const file = strict({ file: text("the path of a file", true) });

/** Where a value stands that does not belong in a configuration. */
export function reference(): z.ZodType<Reference> {
  return z.union(
    [variable, file],
    expecting('{ "env": "NAME" } or { "file": "path" }: it does not belong in a configuration'),
  );
}

/** A text, or where it stands. Never quoted. */
export function referring(expected: string): z.ZodType<string | Reference> {
  const words = `${expected}, { "env": "NAME" } or { "file": "path" }`;
  return z.union([text(words), variable, file], expecting(words));
}

/** A setting that an environment variable may hold. */
export function orVariable<T>(schema: z.ZodType<T>, expected: string): z.ZodType<T | { readonly env: string }> {
  return z.union([schema, variable], expecting(`${expected}, or { "env": "NAME" }`, { quotes: true }));
}

const procedure: z.ZodType<ProcedureSource> = exact(
  strict(
    {
      procedure: text('the URI of a procedure, such as "com.app.auth.find"', true).describe("Its URI."),
      realm: text("the name of a realm", true)
        .optional()
        .describe("The realm where it is. Default: the one that the client wants to join."),
    },
    'an object such as { "procedure": "com.app.auth.find" }',
  ),
);

const ENTRY = {
  role: text('the role of its sessions, such as "backend"').describe("The `authrole` of its sessions."),
  authid: text().optional().describe("The `authid` of its sessions, where that is another than the client gave."),
  authextra: z
    .record(z.string(), z.unknown(), expecting("an object"))
    .optional()
    .describe("What WELCOME tells the client as `authextra`."),
};

function principals<Entry extends z.ZodType>(entry: Entry) {
  return {
    principals: z
      .record(z.string(), entry, expecting("an object with an entry for each authid"))
      .optional()
      .describe("Everybody who may log in, by `authid`."),
    findBy: procedure.optional().describe("A procedure that finds principals, in place of `principals`."),
  };
}

const channelBinding = oneOf("optional", "required")
  .default("optional")
  .describe("Whether clients may, or must, bind their login to the TLS connection.");
const decoySeed = reference()
  .optional()
  .describe(
    "Makes the salts that unknown principals get, so that they stay the same when the router starts again. Default: random.",
  );

const COSTS = "an object, or a list of objects";

/** What logging in costs for unknown principals, or several such costs. */
function decoyCost<Cost extends z.ZodType>(cost: Cost) {
  return z
    .union([cost, some(cost, COSTS)], expecting(COSTS))
    .optional()
    .describe(
      "What a login costs unknown principals: the cost of all that `findBy` finds, or several. Default: as the `principals`, or that of `wampact secret`.",
    );
}

const anonymous = strict({
  method: z.literal("anonymous").describe("Everybody may come in, without proof."),
  authrole: text("the name of a role", true).default("anonymous").describe("The role of anonymous sessions."),
});

const ticket = strict({
  method: z.literal("ticket").describe("Clients send a ticket, which the router keeps as a hash."),
  ...principals(
    strict({ ...ENTRY, ticket: referring('what "wampact secret ticket" prints').describe("The ticket's hash.") }),
  ),
  decoyCost: decoyCost(
    strict({
      logN: integer(1).describe("The logarithm of the cost, of scrypt."),
      r: integer(1).describe("Its block size."),
      p: integer(1).describe("Its parallelism."),
    }),
  ),
  checkBy: procedure.optional().describe("A procedure that says whose ticket it is, in place of `principals`."),
});

const scram = strict({
  method: z.literal("wamp-scram").describe("Clients prove that they know a password."),
  ...principals(
    strict({
      ...ENTRY,
      scram: referring('what "wampact secret scram" prints').describe("Keys by which nobody can log in."),
    }),
  ),
  channelBinding,
  decoySeed,
  decoyCost: decoyCost(
    strict({
      kdf: oneOf("argon2id13", "pbkdf2").default("argon2id13").describe("What makes a key of a password."),
      iterations: integer(1).optional().describe("Its iterations. Default: 3; 600,000 of pbkdf2."),
      memory: integer(1).optional().describe("Its memory in KiB, for argon2id13. Default: 65,536."),
    }),
  ),
});

const wampcra = strict({
  method: z.literal("wampcra").describe("Clients sign a challenge with a secret that both ends know."),
  ...principals(
    strict({
      ...ENTRY,
      key: referring('what "wampact secret wampcra" prints')
        .optional()
        .describe("The salted key, which is worth a password."),
      secret: reference().optional().describe("Where the plain secret is, in place of `key`."),
    }),
  ),
  decoySeed,
  decoyCost: decoyCost(
    strict({
      iterations: integer(1).optional().describe("Iterations. Default: 100,000."),
      salted: flag().default(true).describe("False for a plain secret."),
    }),
  ),
});

const PUBKEYS = "64 hexadecimal digits, or a list of such";
const pubkey = text(PUBKEYS);
const cryptosign = strict({
  method: z.literal("cryptosign").describe("Clients sign a challenge with an Ed25519 key."),
  ...principals(
    strict({
      ...ENTRY,
      pubkey: z
        .union([pubkey, some(pubkey, PUBKEYS)], expecting(PUBKEYS))
        .describe('What "wampact secret cryptosign" prints; or several of them.'),
    }),
  ),
  key: reference().optional().describe("The router's own private key, by which it proves who it is."),
  channelBinding,
});

const METHODS = ["anonymous", "ticket", "wamp-scram", "wampcra", "cryptosign"];

/** One way for clients to say who they are. */
export const AUTH: z.ZodType<AuthSettings> = exact(
  z.discriminatedUnion("method", [anonymous, ticket, scram, wampcra, cryptosign], expectingKind("method", METHODS)),
);
