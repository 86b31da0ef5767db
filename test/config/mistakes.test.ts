/** The errors of invalid configurations: all at once, each with its path, and none with a secret. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { findConfig, readConfig } from "../../src/config/load.js";
import { prepareConfig } from "../../src/config/prepare.js";
import { ConfigError } from "../../src/config/problems.js";
import { socketPath } from "../support/platform.js";
import { createProject } from "../support/project.js";
import { cert, key, otherKey } from "../support/tls.js";

const SECRET = "correct-horse-battery-staple";
const REALM = { name: "com.app", auth: [{ method: "anonymous" }], roles: { anonymous: {} } };
const LISTENERS = (...listeners: readonly object[]) => ({
  realms: [REALM],
  listeners: listeners.map((each) => ({ type: "websocket", ...each })),
});
const TLS = (tls: object) => LISTENERS({ port: 0, tls: { cert: "cert.pem", key: "key.pem", ...tls } });
const PRINCIPAL = (entry: object) => ({
  realms: [{ name: "com.app", auth: [{ method: "ticket", principals: { ada: entry } }] }],
});
const PEM = `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`;
const FILES = {
  "empty.txt": "\n",
  "cert.pem": cert,
  "key.pem": key,
  "other.pem": otherKey,
  "spoilt.pem": PEM,
};
const ADDRESS = 'expected an address or name without port, such as "0.0.0.0" or "::1", got';

test.for<readonly [mistake: string, config: object, ...lines: readonly string[]]>([
  [
    "a private key in place of its file",
    TLS({ key: PEM }),
    "listeners[0].tls.key: expected the path of a file, got its content or a different text",
  ],
  [
    "files of secrets that are empty",
    {
      realms: [
        {
          ...REALM,
          auth: [
            {
              method: "wampcra",
              principals: { ada: { role: "anonymous", secret: { file: "empty.txt" } } },
              decoySeed: { file: "empty.txt" },
            },
          ],
        },
      ],
    },
    'realms[0].auth[0].principals["ada"].secret: the file "empty.txt" is empty',
    'realms[0].auth[0].decoySeed: the file "empty.txt" is empty',
  ],
  [
    "users of NATS in URLs with and without a scheme",
    {
      realms: [REALM],
      cluster: { type: "nats", servers: [`nats://ada:${SECRET}@127.0.0.1`, `ada:${SECRET}@127.0.0.1:4222`] },
    },
    'cluster.servers: a URL with a user does not belong in a configuration; set credentials, or { "env": "NAME" }',
    'cluster.servers: a URL with a user does not belong in a configuration; set credentials, or { "env": "NAME" }',
  ],
  [
    "several processes with long-poll or a file of lmdb",
    {
      workers: 2,
      ...LISTENERS({ port: 0, longPoll: {} }),
      realms: [{ ...REALM, store: { type: "lmdb", path: "events" } }],
    },
    "listeners[0].longPoll: requests of a long-poll session must all reach the same process; remove workers, or use WebSockets",
    "realms[0].store: only one process can use an LMDB file; remove workers, or use the type memory",
  ],
  [
    "wrong values within settings that take several types",
    {
      ...LISTENERS({ port: 0, path: ["/ws", 5] }),
      realms: [
        {
          ...REALM,
          auth: [
            { method: "ticket", principals: {}, decoyCost: { logN: 1.5, r: 8 } },
            { method: "cryptosign", principals: { ada: { role: "a", pubkey: [5] } } },
          ],
        },
      ],
    },
    "realms[0].auth[0].decoyCost.logN: expected a positive integer, got 1.5",
    "realms[0].auth[0].decoyCost.p: expected a positive integer, got nothing",
    'realms[0].auth[1].principals["ada"].pubkey[0]: expected 64 hexadecimal digits, got 5',
    'listeners[0].path[1]: expected a path that starts with "/", such as "/ws", got 5',
  ],
  [
    "a secret in place of a variable's name",
    PRINCIPAL({ role: "a", ticket: { env: SECRET } }),
    'realms[0].auth[0].principals["ada"].ticket: the environment variable that "env" names is not set; put the secret into an environment variable, and the name of the variable here',
  ],
  [
    "a hash in place of a file",
    PRINCIPAL({ role: "a", ticket: { file: `$scrypt$${SECRET}` } }),
    'realms[0].auth[0].principals["ada"].ticket: expected the path of a file, got its content or a different text',
  ],
  [
    "a store of a cluster in a router without one",
    { realms: [{ name: "com.app", store: { type: "nats" } }] },
    'realms[0].store: this store needs a cluster; set cluster to { "type": "nats" }, or choose "lmdb"',
  ],
  ["a directory", TLS({ key: "." }), 'listeners[0].tls.key: the file "." is a directory'],
  ["a key that is spoilt", TLS({ key: "spoilt.pem" }), "listeners[0].tls.key: OpenSSL cannot use it: "],
  [
    "cipher suites that are none",
    TLS({ ciphers: "SECURE" }),
    "listeners[0].tls.ciphers: OpenSSL knows none of these cipher suites",
  ],
  [
    "a key of another certificate, of the admin listener",
    { realms: [REALM], admin: { tls: { cert: "cert.pem", key: "other.pem" } } },
    "admin.tls.key: does not match tls.cert",
  ],
  [
    "a name of the admin listener that is none",
    { realms: [REALM], admin: { hosts: ["Ops:80"] } },
    'admin.hosts[0]: expected a name in lower case without port, such as "api.app.example", got "Ops:80"; did you mean "ops"?',
  ],
  ["a URL for a host", LISTENERS({ host: "http://localhost" }), `listeners[0].host: ${ADDRESS} "http://localhost"`],
  ["a host with its port", LISTENERS({ host: "0.0.0.0:80" }), `listeners[0].host: ${ADDRESS} "0.0.0.0:80"`],
  ["an address that is none", LISTENERS({ host: "300.1.1.1" }), `listeners[0].host: ${ADDRESS} "300.1.1.1"`],
  ["an address in brackets", LISTENERS({ host: "[::1]" }), `listeners[0].host: ${ADDRESS} "[::1]"`],
  ["no host", LISTENERS({ host: "" }), 'listeners[0].host: expected an address or name, or { "env": "NAME" }, got ""'],
  [
    "an address and all of them",
    LISTENERS({ host: "0.0.0.0" }, {}),
    "listeners[1]: listeners[0] also uses 127.0.0.1:8080; change one port",
  ],
  [
    "two listeners on one Unix socket",
    LISTENERS(
      { type: "rawsocket", path: socketPath("a.sock") },
      { type: "rawsocket", path: socketPath("x/../a.sock") },
    ),
    "listeners[1]: listeners[0] also uses this Unix socket; change one path",
  ],
  [
    "the port of the admin listener taken by one for clients",
    { ...LISTENERS({ host: "::", port: 9000 }), admin: { port: 9000 } },
    "admin.port: listeners[0] also uses 9000; change one port",
  ],
  [
    "a Unix socket of the admin listener with a port",
    { realms: [REALM], admin: { path: socketPath("admin.sock"), port: 8081 } },
    "admin.port: does not apply to a Unix socket (path); remove it",
  ],
  [
    "one Unix socket for clients and operators",
    { ...LISTENERS({ type: "rawsocket", path: socketPath("a.sock") }), admin: { path: socketPath("a.sock") } },
    "admin.path: listeners[0] also uses this Unix socket; change one path",
  ],
  [
    "one Unix socket for clients and reloads",
    { ...LISTENERS({ type: "rawsocket", path: socketPath("a.sock") }), control: socketPath("x/../a.sock") },
    "control: listeners[0] also uses this Unix socket; change one path",
  ],
  [
    "one Unix socket for operators and reloads",
    { realms: [REALM], admin: { path: socketPath("a.sock") }, control: socketPath("a.sock") },
    "control: admin also uses this Unix socket; change one path",
  ],
  [
    "no key in a list of keys",
    { realms: [{ name: "a", auth: [{ method: "cryptosign", principals: { ada: { role: "a", pubkey: [] } } }] }] },
    'realms[0].auth[0].principals["ada"].pubkey: expected 64 hexadecimal digits, or a list of them, got an empty list',
  ],
  [
    "a realm of a procedure that is not there",
    { realms: [{ name: "com.app", auth: [{ method: "ticket", findBy: { procedure: "a.b", realm: "com.ap" } }] }] },
    'realms[0].auth[0].findBy.realm: unknown realm "com.ap"; did you mean "com.app"?',
  ],
  [
    "faults of all kinds",
    {
      realms: [
        { name: "com.app", auth: [{ method: "anonymous", authrole: "gest" }], roles: { guest: {} } },
        { nmae: "com.other" },
        {
          name: "com.app",
          auth: [{ method: "ticket", principals: { ada: { role: "a", ticket: { env: "NOT_SET" } } } }],
        },
        { name: "com.last", roles: { anonymous: { permissions: [{ uri: "a b", allow: ["call"] }] } } },
      ],
      listeners: [
        { type: "websocket", port: 99999 },
        { type: "websocket", path: "ws" },
        { type: "rawsocket", tls: { cert: "none.pem", key: "key.pem" } },
      ],
      admin: { host: "0.0.0.0" },
      drainMs: -1,
    },
    'realms[1].name: expected a URI such as "com.app", got nothing',
    'realms[1].nmae: unknown key; did you mean "name"?',
    "listeners[0].port: expected an integer from 0 to 65535, got 99999",
    "drainMs: expected a non-negative integer, got -1",
    'realms[2].auth[0].principals["ada"].ticket: the environment variable "NOT_SET" is not set',
    'realms[0].auth[0].authrole: this realm does not define the role "gest"; did you mean "guest"?',
    'realms[2].name: "com.app" is defined twice',
    'realms[3].roles.anonymous.permissions[0].uri: "a b" is not a valid exact URI',
    'listeners[1].path: expected a path that starts with "/", such as "/ws", or a list of them, got "ws"',
    'listeners[2].tls.cert: the file "none.pem" does not exist',
    'admin.token: "0.0.0.0" is reachable from other machines, so requests need a token; set token to { "env": "NAME" } or { "file": "path" }',
  ],
  [
    "an HTTP bridge with a document that is none, and one at the path of the WebSocket",
    LISTENERS({ port: 0, httpBridge: { openapi: "cert.pem" } }, { port: 1, path: "/api/ws", httpBridge: {} }),
    'listeners[0].httpBridge.openapi: the file "cert.pem" holds no OpenAPI document; "wampact docs --openapi" writes one',
    'listeners[1].http[0]: the WebSocket is at "/api/ws", which overlaps with "/api"; change one path',
  ],
  [
    "settings of HTTP that cannot be",
    LISTENERS({ httpBridge: { path: "api", realm: "x" }, longPoll: { pollMs: 0, path: "/lp" } }),
    "listeners[0].httpBridge.realm: unknown key; did you mean",
    "listeners[0].longPoll.pollMs: expected a positive number, got 0",
  ],
])("%s", async ([, config, ...lines], t) => {
  const { dir } = createProject(t, { ...FILES, "wampact.config.json": JSON.stringify(config) });
  const told = (await faultOf(dir)).message;
  expect(told.split("\n").map((line, index) => line.slice(0, startOf(lines[index]).length))).toEqual(
    lines.map(startOf),
  );
  expect(told).not.toContain(SECRET);
});

test.for<readonly [mistake: string, file: string, content: string | Buffer, words: string]>([
  ["no text at all", "wampact.config.json", " \n", "the file is empty; write at least {}"],
  [
    "UTF-16",
    "wampact.config.json",
    Buffer.from("\ufeff{}", "utf16le"),
    "the file is not UTF-8; save it as UTF-8 in your editor",
  ],
  [
    "YAML",
    "wampact.config.yaml",
    "realms: []",
    "a configuration file with this name is not supported; expected wampact.config.json, wampact.config.mjs or wampact.config.ts",
  ],
  [
    "a function",
    "wampact.config.mjs",
    "export default () => ({})",
    "the default export is a function; export its result, for example: export default await make()",
  ],
  [
    "a key twice",
    "wampact.config.json",
    '{ "out": "a",\n  "out": "b" }',
    "line 2, column 3: duplicate key; remove one of them",
  ],
  [
    "a principal with the name that objects have for their prototype",
    "wampact.config.json",
    '{ "realms": [{ "name": "com.a", "auth": [{ "method": "ticket", "principals": { "__proto__": { "role": "user" } } }] }] }',
    'realms[0].auth[0].principals["__proto__"]: this name is not supported; choose another',
  ],
  [
    "a role with that name",
    "wampact.config.json",
    '{ "realms": [{ "name": "com.a", "roles": { "anonymous": {}, "__proto__": { "permissions": [] } } }] }',
    "realms[0].roles.__proto__: this name is not supported; choose another",
  ],
])("a file that holds %s", async ([, file, content, words], t) => {
  const { dir } = createProject(t, { [file]: content });
  expect((await faultOf(dir)).message).toBe(`${file}: ${words}`);
});

test("a directory in place of a configuration is told by its name", async (t) => {
  const { dir } = createProject(t, { "etc/wampact.config.json": "{}" });
  const words = `etc: is a directory; pass the file in it, such as ${join("etc", "wampact.config.json")}`;
  expect((await faultOf(dir, "etc")).message).toBe(words);
});

function startOf(line = ""): string {
  return line && `wampact.config.json: ${line}`;
}

async function faultOf(dir: string, given?: string): Promise<ConfigError> {
  try {
    const place = findConfig(dir, given);
    if (place) await prepareConfig(await readConfig(place));
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
