import * as z from "zod";
import type { AuthSettings, ProcedureSource, Reference } from "./settings.js";
import { exact, expecting, expectingKind, flag, integer, oneOf, some, strict, text } from "./words.js";

const variable = strict({ env: text("the name of an environment variable", true) });
const file = strict({ file: text("the path of a file", true) });

/** Creates the schema of a reference to a value that must not be in a configuration. */
export function reference(): z.ZodType<Reference> {
  return z.union(
    [variable, file],
    expecting('{ "env": "NAME" } or { "file": "path" }; secrets must not be in a configuration'),
  );
}

/** Creates the schema of a text or a reference to it. The text is never quoted. */
export function referring(expected: string): z.ZodType<string | Reference> {
  const words = `${expected}, { "env": "NAME" } or { "file": "path" }`;
  return z.union([text(words), variable, file], expecting(words));
}

/** Creates the schema of a setting that may come from an environment variable. */
export function orVariable<T>(schema: z.ZodType<T>, expected: string): z.ZodType<T | { readonly env: string }> {
  return z.union([schema, variable], expecting(`${expected}, or { "env": "NAME" }`, { quotes: true }));
}

const procedure: z.ZodType<ProcedureSource> = exact(
  strict(
    {
      procedure: text('the URI of a procedure, such as "com.app.auth.find"', true).describe("The procedure's URI."),
      realm: text("the name of a realm", true)
        .optional()
        .describe("The realm of the procedure. Default: the realm that the client joins."),
    },
    'an object such as { "procedure": "com.app.auth.find" }',
  ),
);

const ENTRY = {
  role: text('the role of its sessions, such as "backend"').describe("The `authrole` of the principal's sessions."),
  authid: text()
    .optional()
    .describe("The `authid` of the principal's sessions. Default: the `authid` that the client sent."),
  authextra: z
    .record(z.string(), z.unknown(), expecting("an object"))
    .optional()
    .describe("The `authextra` in WELCOME."),
};

function principals<Entry extends z.ZodType>(entry: Entry) {
  return {
    principals: z
      .record(z.string(), entry, expecting("an object with an entry for each authid"))
      .optional()
      .describe("The principals that may log in, by `authid`."),
    findBy: procedure.optional().describe("A procedure that finds principals, instead of `principals`."),
  };
}

const channelBinding = oneOf("optional", "required")
  .default("optional")
  .describe("Whether clients may or must bind their login to the TLS connection.");
const decoySeed = reference()
  .optional()
  .describe(
    "The seed for the salts of unknown principals, so that they stay the same after a restart. Default: random.",
  );

const COSTS = "an object, or a list of objects";

/** Creates the schema of the login cost of unknown principals, or of several such costs. */
function decoyCost<Cost extends z.ZodType>(cost: Cost) {
  return z
    .union([cost, some(cost, COSTS)], expecting(COSTS))
    .optional()
    .describe(
      "The cost of a login of unknown principals: that of the principals that `findBy` finds, or several costs. Default: the cost of `principals`, or that of `wampact secret`.",
    );
}

const anonymous = strict({
  method: z.literal("anonymous").describe("Clients join without authentication."),
  authrole: text("the name of a role", true).default("anonymous").describe("The role of anonymous sessions."),
});

const ticket = strict({
  method: z.literal("ticket").describe("Clients send a ticket. The router stores its hash."),
  ...principals(
    strict({ ...ENTRY, ticket: referring('what "wampact secret ticket" prints').describe("The ticket's hash.") }),
  ),
  decoyCost: decoyCost(
    strict({
      logN: integer(1).describe("The base-2 logarithm of scrypt's cost."),
      r: integer(1).describe("The block size of scrypt."),
      p: integer(1).describe("The parallelism of scrypt."),
    }),
  ),
  checkBy: procedure.optional().describe("A procedure that checks tickets, instead of `principals`."),
});

const scram = strict({
  method: z.literal("wamp-scram").describe("Clients prove that they know a password, without sending it."),
  ...principals(
    strict({
      ...ENTRY,
      scram: referring('what "wampact secret scram" prints').describe(
        "The stored keys, which cannot be used to log in.",
      ),
    }),
  ),
  channelBinding,
  decoySeed,
  decoyCost: decoyCost(
    strict({
      kdf: oneOf("argon2id13", "pbkdf2").default("argon2id13").describe("The key derivation function."),
      iterations: integer(1)
        .optional()
        .describe("The iterations of the key derivation. Default: 3; 600,000 for pbkdf2."),
      memory: integer(1)
        .optional()
        .describe("The memory of the key derivation in KiB, for argon2id13. Default: 65,536."),
    }),
  ),
});

const wampcra = strict({
  method: z.literal("wampcra").describe("Clients sign a challenge with a shared secret."),
  ...principals(
    strict({
      ...ENTRY,
      key: referring('what "wampact secret wampcra" prints')
        .optional()
        .describe("The salted key. Anyone who knows it can log in."),
      secret: reference().optional().describe("A reference to the plain secret, instead of `key`."),
    }),
  ),
  decoySeed,
  decoyCost: decoyCost(
    strict({
      iterations: integer(1).optional().describe("The iterations of the key derivation. Default: 100,000."),
      salted: flag().default(true).describe("Whether the secret is salted; false for a plain secret."),
    }),
  ),
});

const PUBKEY = "64 hexadecimal digits";
const PUBKEYS = `${PUBKEY}, or a list of them`;
const pubkey = text(PUBKEY);
const cryptosign = strict({
  method: z.literal("cryptosign").describe("Clients sign a challenge with an Ed25519 key."),
  ...principals(
    strict({
      ...ENTRY,
      pubkey: z
        .union([pubkey, some(pubkey, PUBKEYS)], expecting(PUBKEYS))
        .describe('The public key that "wampact secret cryptosign" prints, or a list of them.'),
    }),
  ),
  key: reference().optional().describe("The router's private key, to prove its identity to clients."),
  channelBinding,
});

const METHODS = ["anonymous", "ticket", "wamp-scram", "wampcra", "cryptosign"];

/** An authentication method. */
export const AUTH: z.ZodType<AuthSettings> = exact(
  z.discriminatedUnion("method", [anonymous, ticket, scram, wampcra, cryptosign], expectingKind("method", METHODS)),
);
