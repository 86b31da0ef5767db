/** Typical mistakes in a configuration, with all that is said of each, and what is never said: a secret. */
import { expect, test } from "vitest";
import { wampact } from "../../support/cli.js";
import { createProject } from "../../support/project.js";
import { cert, key, otherKey } from "../../support/tls.js";

const SECRET = "correct horse battery staple";
const REALM = { name: "com.app" };
const ADA = (entry: unknown) => ({ realms: [{ ...REALM, auth: [{ method: "ticket", principals: { ada: entry } }] }] });
const RULE = (rule: object) => ({ realms: [{ ...REALM, roles: { anonymous: {}, backend: { permissions: [rule] } } }] });
const LISTENER = (options: object) => ({ realms: [REALM], listeners: [{ type: "websocket", ...options }] });

const HASH = 'expected what "wampact secret ticket" prints, such as "$scrypt$ln=15,r=8,p=1$…", got a string';

test.concurrent.for<readonly [mistake: string, config: unknown, ...lines: readonly string[]]>([
  [
    "a comment",
    '{\n  // realms\n  "realms": []\n}',
    "the file is not JSON: line 2, column 3: JSON does not allow comments; use a module such as wampact.config.mjs for comments",
  ],
  [
    "a comma too many",
    '{\n  "realms": [{ "name": "com.app" },]\n}',
    "the file is not JSON: line 2, column 36: remove the trailing comma before it",
  ],
  [
    "a comma missing",
    '{ "drainMs": 1\n "realms": [] }',
    "the file is not JSON: line 2, column 2: a comma is missing before it",
  ],
  ["an end that is missing", '{ "realms": [', "the file is not JSON: line 1, column 14: unexpected end"],
  ["a list", [], "expected an object, got an empty list"],
  ["a key that is misspelt", { realm: [REALM] }, 'realm: unknown key; did you mean "realms"?'],
  [
    "no realm in the list",
    { realms: [] },
    'realms: expected at least one realm, such as { "name": "com.app" }, got an empty list',
  ],
  [
    "a name that is misspelt",
    { realms: [{ nmae: "com.app" }] },
    'realms[0].name: expected a URI such as "com.app", got nothing',
    'realms[0].nmae: unknown key; did you mean "name"?',
  ],
  ["a realm twice", { realms: [REALM, REALM] }, 'realms[1].name: "com.app" is defined twice'],
  [
    "a match policy that is none",
    RULE({ uri: "com.app.", match: "prefx", allow: ["call"] }),
    'realms[0].roles.backend.permissions[0].match: expected "exact", "prefix" or "wildcard", got "prefx"; did you mean "prefix"?',
  ],
  [
    "an action that is none",
    RULE({ uri: "com.app", allow: ["cal", "listen"] }),
    'realms[0].roles.backend.permissions[0].allow[0]: expected "call", "register", "publish" or "subscribe", got "cal"; did you mean "call"?',
    'realms[0].roles.backend.permissions[0].allow[1]: expected "call", "register", "publish" or "subscribe", got "listen"',
  ],
  [
    "an action in place of a list",
    RULE({ uri: "com.app", allow: "call" }),
    'realms[0].roles.backend.permissions[0].allow: expected a list of "call", "register", "publish", "subscribe", got a string',
  ],
  [
    "a star",
    RULE({ uri: "com.app.*", allow: ["call"] }),
    'realms[0].roles.backend.permissions[0].uri: "*" is not a wildcard; write "com.app." with match: "prefix"',
  ],
  [
    "a method that is none",
    { realms: [{ ...REALM, auth: [{ method: "scram" }] }] },
    'realms[0].auth[0].method: expected "anonymous", "ticket", "wamp-scram", "wampcra" or "cryptosign", got "scram"; did you mean "wamp-scram"?',
  ],
  ["a plain ticket", ADA({ role: "backend", ticket: SECRET }), `realms[0].auth[0].principals["ada"].ticket: ${HASH}`],
  [
    "a ticket in place of a principal",
    ADA(SECRET),
    'realms[0].auth[0].principals["ada"]: expected an object, got a string',
  ],
  [
    "a secret under a name of its own",
    ADA({ role: "backend", password: SECRET }),
    'realms[0].auth[0].principals["ada"].ticket: expected what "wampact secret ticket" prints, { "env": "NAME" } or { "file": "path" }, got nothing',
    'realms[0].auth[0].principals["ada"].password: unknown key; expected one of role, authid, authextra, ticket',
  ],
  [
    "a role that is not there",
    { realms: [{ ...REALM, auth: [{ method: "anonymous", authrole: "gest" }], roles: { guest: {} } }] },
    'realms[0].auth[0].authrole: this realm does not define the role "gest"; did you mean "guest"?',
  ],
  [
    "nobody who can log in",
    { realms: [{ ...REALM, roles: { backend: {} } }] },
    'realms: nobody can log in to the realm "com.app", which has roles without "anonymous" and no authenticators; set `auth`, or define the role anonymous',
  ],
  [
    "a port as a text",
    LISTENER({ port: "8080" }),
    'listeners[0].port: expected an integer from 0 to 65535, or { "env": "NAME" }, got "8080"',
  ],
  [
    "a kind of listener that is none",
    { listeners: [{ type: "websockets" }] },
    'listeners[0].type: expected "websocket", "rawsocket" or "universal", got "websockets"; did you mean "websocket"?',
  ],
  [
    "a Unix socket with a port",
    { realms: [REALM], listeners: [{ type: "rawsocket", path: "router.sock", port: 8080 }] },
    "listeners[0].path: a Unix socket has no host and no port; remove them",
  ],
  [
    "permissions as a number",
    { listeners: [{ type: "rawsocket", path: "router.sock", mode: 660 }] },
    'listeners[0].mode: expected permissions such as "660", got 660',
  ],
  [
    "two listeners on one port",
    { realms: [REALM], listeners: [{ type: "websocket" }, { type: "websocket", path: "/other" }] },
    "listeners[1]: listeners[0] also uses 127.0.0.1:8080; change one port",
  ],
  [
    "a public address for a realm for development",
    LISTENER({ host: "0.0.0.0" }),
    'listeners[0].host: all realms of this router are for development and accept only clients on this machine, so listening on "0.0.0.0" is useless; set authenticators (`auth`) or roles (`roles`) for the realm, or open it to everyone with `open: true`',
  ],
  [
    "an origin that is none",
    LISTENER({ origins: ["app.example"] }),
    'listeners[0].origins[0]: expected an origin such as "https://app.example", got "app.example"; did you mean "https://app.example"?',
  ],
  [
    "a path without a slash",
    { realms: [REALM], listeners: [{ type: "universal", websocket: { path: "ws" } }] },
    'listeners[0].websocket.path: expected a path that starts with "/", such as "/ws", or a list of them, got "ws"',
  ],
  [
    "a certificate that is not there",
    LISTENER({ tls: { cert: "certificate.pem", key: "key.pem" } }),
    'listeners[0].tls.cert: the file "certificate.pem" does not exist',
  ],
  [
    "a key of another certificate",
    LISTENER({ tls: { cert: "cert.pem", key: "other.pem" } }),
    "listeners[0].tls.key: does not match tls.cert",
  ],
  [
    "certificate and key confused",
    LISTENER({ tls: { cert: "key.pem", key: "cert.pem" } }),
    "listeners[0].tls.key: expected a private key, got a certificate",
  ],
  [
    "a variable that is not set",
    ADA({ role: "backend", ticket: { env: "NOT_SET" } }),
    'realms[0].auth[0].principals["ada"].ticket: the environment variable "NOT_SET" is not set',
  ],
  [
    "a plain ticket in a variable",
    ADA({ role: "backend", ticket: { env: "PLAIN" } }),
    `realms[0].auth[0].principals["ada"].ticket: ${HASH}`,
  ],
  [
    "a limit below 0",
    { realms: [{ ...REALM, limits: { session: { maxSubscriptions: -1, maxCalls: 1 } } }] },
    "realms[0].limits.session.maxSubscriptions: expected a non-negative integer, got -1",
    "realms[0].limits.session.maxCalls: unknown key; expected one of maxSubscriptions, maxRegistrations, maxPendingCalls, maxTestaments, maxTestamentBytes, maxDefinitions, maxDefinitionBytes",
  ],
  [
    "a store without its place",
    { realms: [{ ...REALM, store: { type: "lmdb" } }] },
    'realms[0].store.path: expected a directory, such as "./data", got nothing',
  ],
  [
    "a contract that is not there",
    { realms: [{ ...REALM, enforce: ["schemas/calculator.js"] }] },
    'realms[0].enforce[0]: the file "schemas/calculator.js" does not exist',
  ],
  [
    "a contract that throws",
    { realms: [{ ...REALM, enforce: ["throws.mjs"] }] },
    'realms[0].enforce[0]: "throws.mjs" cannot be loaded: line 2: no',
  ],
])("%s", async ([, config, ...lines], t) => {
  const { dir } = createProject(t, {
    "wampact.config.json": typeof config === "string" ? config : JSON.stringify(config),
    "throws.mjs": "\nthrow new Error('no');",
    "cert.pem": cert,
    "key.pem": key,
    "other.pem": otherKey,
  });
  const { stdout, stderr, status } = await wampact(dir, ["router", "check"], { PLAIN: SECRET });
  expect(stderr.trimEnd().split("\n")).toEqual(lines.map((line) => `wampact.config.json: ${line}`));
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stdout + stderr).not.toContain(SECRET);
});
