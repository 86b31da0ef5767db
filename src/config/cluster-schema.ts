import * as z from "zod";
import { orVariable, reference } from "./auth-schema.js";
import type { ClusterSettings, NatsCredentialSettings } from "./settings.js";
import { exact, expecting, expectingKind, flag, integer, oneOf, strict, text } from "./words.js";

const URLS = "a URL such as nats://127.0.0.1:4222, or a list of them";
const NAME = "1 to 64 of the characters A-Z a-z 0-9 _ -";

const CREDENTIALS: z.ZodType<NatsCredentialSettings> = z.union(
  [
    strict({ file: text("the path of a file", true) }),
    strict({ nkeySeed: reference().describe("The seed of an nkey.") }),
    strict({
      user: text("the name of a user", true).describe("A user of NATS."),
      password: reference().describe("Its password."),
    }),
    strict({ token: reference().describe("A token of NATS.") }),
  ],
  expecting(
    'an object such as { "file": "router.creds" }, { "nkeySeed": { "env": "NAME" } }, { "user": "router", "password": { "env": "NAME" } } or { "token": { "env": "NAME" } }',
  ),
);

const TLS = strict({
  caFile: text("the path of a file in PEM", true)
    .optional()
    .describe("The authorities that NATS's certificate comes from. Default: those of Node."),
  certFile: text("the path of a file in PEM", true)
    .optional()
    .describe("The router's certificate, where NATS asks for one. Default: none."),
  keyFile: text("the path of a file in PEM", true).optional().describe("The key of that certificate. Default: none."),
});

/** Other routers with which this one makes its realms one. */
export const CLUSTER: z.ZodType<ClusterSettings> = exact(
  z.discriminatedUnion(
    "type",
    [
      strict({
        type: z.literal("nats").describe("The routers find each other on NATS."),
        servers: orVariable(z.union([text(URLS), z.array(text(URLS)).min(1)], expecting(URLS)), URLS)
          .default("nats://127.0.0.1:4222")
          .describe(
            "NATS servers, version 2.10.23 or newer with JetStream; an environment variable has commas between them.",
          ),
        node: orVariable(text(NAME, true), NAME)
          .optional()
          .describe(
            "The router's name in the cluster, which no other has. Default: the host's name and a random suffix.",
          ),
        name: text(NAME, true).default("wampact").describe("Keeps clusters on one NATS apart."),
        replicas: z
          .union([z.literal(1), z.literal(3), z.literal(5)], expecting("1, 3 or 5", { quotes: true }))
          .default(1)
          .describe("On how many NATS servers the directory is kept: 1, 3 or 5."),
        leaseMs: integer(1_500, 600_000)
          .default(6_000)
          .describe("How long a router may be silent before the others expel it; the same on all routers."),
        isolated: oneOf("serve", "close")
          .default("serve")
          .describe("While NATS is away for longer: `serve` its own clients, or `close` their sessions and take none."),
        preferLocal: flag()
          .default(false)
          .describe("Whether a shared registration's callees at this router are called before those at others."),
        credentials: CREDENTIALS.optional().describe(
          "How it logs in to NATS: the `file` of its credentials, or one of these. Default: without.",
        ),
        tls: TLS.optional().describe("TLS to NATS. Default: as the URLs say."),
        insecure: flag()
          .default(false)
          .describe("Whether NATS may be reached beyond this machine without TLS or credentials."),
      } satisfies { readonly [Name in keyof Required<ClusterSettings>]: z.ZodType }),
    ],
    expectingKind("type", ["nats"]),
  ),
);
