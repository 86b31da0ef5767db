import * as z from "zod";
import { orVariable, reference } from "./auth-schema.js";
import type { ClusterSettings, NatsCredentialSettings } from "./settings.js";
import { exact, expecting, expectingKind, flag, integer, oneOf, strict, text } from "./words.js";

const URL = "a URL such as nats://127.0.0.1:4222";
const URLS = `${URL}, or a list of them`;
const NAME = "1 to 64 of the characters A-Z a-z 0-9 _ -";

const CREDENTIALS: z.ZodType<NatsCredentialSettings> = z.union(
  [
    strict({ file: text("the path of a file", true) }),
    strict({ nkeySeed: reference().describe("A reference to the seed of an nkey.") }),
    strict({
      user: text("the name of a user", true).describe("The NATS user."),
      password: reference().describe("A reference to the user's password."),
    }),
    strict({ token: reference().describe("A reference to the NATS token.") }),
  ],
  expecting(
    'an object such as { "file": "router.creds" }, { "nkeySeed": { "env": "NAME" } }, { "user": "router", "password": { "env": "NAME" } } or { "token": { "env": "NAME" } }',
  ),
);

const TLS = strict({
  caFile: text("the path of a file in PEM", true)
    .optional()
    .describe("The certificate authorities for NATS's certificate. Default: those of Node."),
  certFile: text("the path of a file in PEM", true)
    .optional()
    .describe("The router's client certificate, if NATS requires one. Default: none."),
  keyFile: text("the path of a file in PEM", true)
    .optional()
    .describe("The private key of the client certificate. Default: none."),
});

/** The cluster of routers that share their realms. */
export const CLUSTER: z.ZodType<ClusterSettings> = exact(
  z.discriminatedUnion(
    "type",
    [
      strict({
        type: z.literal("nats").describe("The routers communicate over NATS."),
        servers: orVariable(z.union([text(URL), z.array(text(URL)).min(1)], expecting(URLS)), URLS)
          .default("nats://127.0.0.1:4222")
          .describe(
            "The NATS servers, version 2.10.23 or newer with JetStream. An environment variable contains comma-separated URLs.",
          ),
        node: orVariable(text(NAME, true), NAME)
          .optional()
          .describe("The router's unique name in the cluster. Default: the host name and a random suffix."),
        name: text(NAME, true)
          .default("wampact")
          .describe("The name of the cluster, which separates clusters on the same NATS servers."),
        replicas: z
          .union([z.literal(1), z.literal(3), z.literal(5)], expecting("1, 3 or 5", { quotes: true }))
          .default(1)
          .describe("The number of NATS servers that store the directory: 1, 3 or 5."),
        leaseMs: integer(1_500, 600_000)
          .default(6_000)
          .describe("The maximum silence of a router before the others expel it. Must be the same on all routers."),
        isolated: oneOf("serve", "close")
          .default("serve")
          .describe(
            "The behavior while NATS is unreachable for longer than the lease: `serve` its own clients, or `close` their sessions and accept none.",
          ),
        preferLocal: flag()
          .default(false)
          .describe("Whether calls of a shared registration go to callees at this router first."),
        credentials: CREDENTIALS.optional().describe(
          "The NATS credentials: a credentials `file`, or one of these. Default: none.",
        ),
        tls: TLS.optional().describe("The TLS settings for NATS. Default: according to the URLs."),
        insecure: flag()
          .default(false)
          .describe("Whether NATS on another machine may be used without TLS or credentials."),
      } satisfies { readonly [Name in keyof Required<ClusterSettings>]: z.ZodType }),
    ],
    expectingKind("type", ["nats"]),
  ),
);
