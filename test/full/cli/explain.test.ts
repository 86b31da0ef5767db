/** `wampact router check` and `explain`: exit codes, what is weak, what holds, and no secret in any output. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hashCraSecret, hashScramPassword, hashTicket } from "wampact/router";
import { startCliRouter, wampact } from "../../support/cli.js";
import { createProject } from "../../support/project.js";
import { cert, expiredCert, expiredKey, key } from "../../support/tls.js";

const CONFIG = "wampact.config.json";
const RULE = { uri: "com.app.", match: "prefix", allow: ["call", "register"] };
/** The salted key of WAMP-CRA is worth a password. */
const CRA = "$pbkdf2-sha256$i=100000,l=32$c2FsdHNhbHRzYWx0$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const TLS = { cert: "cert.pem", key: "key.pem" };

function project(t: Parameters<typeof createProject>[0], config: object, files: Record<string, string> = {}) {
  const { dir, write } = createProject(t, {
    [CONFIG]: JSON.stringify(config),
    "cert.pem": cert,
    "key.pem": key,
    ...files,
  });
  for (const name of [CONFIG, "key.pem", ...Object.keys(files)]) chmodSync(join(dir, name), 0o600);
  return { dir, write };
}

const PUBLIC = { type: "websocket", host: "0.0.0.0", port: 8443, tls: TLS };
const REALM = {
  name: "com.app",
  auth: [{ method: "wamp-scram", findBy: { procedure: "com.app.auth.find" } }],
  roles: { backend: { permissions: [RULE] } },
  limits: { session: { maxSubscriptions: 100 } },
};

test("a configuration that is sound has no warning, and check exits with 0", async (t) => {
  const { dir } = project(t, { realms: [REALM], listeners: [PUBLIC] });
  expect(await wampact(dir, ["router", "check", "--strict"])).toEqual({
    stdout: `${CONFIG} is valid: 1 realm, 1 listener, 0 warnings\n`,
    stderr: "",
    status: 0,
  });
});

const ENV = { ADMIN_TOKEN: "a-token-of-more-than-16-characters" };
const TICKET = [{ method: "ticket", findBy: { procedure: "com.app.auth.find" } }];

test.concurrent.for<readonly [code: string, where: string, config: object]>([
  [
    "W_OPEN_REALM",
    "realms[0].open",
    { realms: [{ name: "com.app", open: true, limits: REALM.limits }], listeners: [PUBLIC] },
  ],
  [
    "W_DEVELOPMENT_REALM",
    "realms[1]",
    { realms: [REALM, { name: "com.dev", limits: REALM.limits }], listeners: [PUBLIC] },
  ],
  ["W_NO_ROLES", "realms[0]", { realms: [{ ...REALM, roles: undefined }], listeners: [PUBLIC] }],
  ["W_NO_LIMITS", "realms[0].limits", { realms: [{ ...REALM, limits: { realm: {} } }], listeners: [PUBLIC] }],
  [
    "W_ANONYMOUS_RIGHTS",
    "realms[0].roles.guest.permissions[1]",
    {
      realms: [
        {
          ...REALM,
          auth: [...REALM.auth, { method: "anonymous", authrole: "guest" }],
          roles: { ...REALM.roles, guest: { permissions: [{ uri: "com.app.news", allow: ["publish"] }, RULE] } },
        },
      ],
    },
  ],
  [
    "W_ANONYMOUS_RIGHTS",
    "realms[0].roles.anonymous.permissions[0]",
    {
      realms: [
        {
          name: "com.app",
          roles: { anonymous: { permissions: [{ uri: "wamp.", match: "prefix", allow: ["call"] }] } },
        },
      ],
    },
  ],
  [
    "W_PLAIN_TICKETS",
    "listeners[0]",
    { realms: [{ ...REALM, auth: TICKET }], listeners: [{ ...PUBLIC, tls: undefined }] },
  ],
  ["W_NO_TLS", "listeners[0]", { realms: [REALM], listeners: [{ ...PUBLIC, tls: undefined }] }],
  [
    "W_NO_TLS",
    "admin",
    { realms: [REALM], listeners: [PUBLIC], admin: { host: "0.0.0.0", token: { env: "ADMIN_TOKEN" } } },
  ],
  ["W_FAST_GUESSING", "failedLogins", { realms: [REALM], failedLogins: { slowAuthid: false, slowAddress: false } }],
])("%s is told at %s", async ([code, where, config], t) => {
  const { dir } = project(t, config);
  const { stdout, stderr, status } = await wampact(dir, ["router", "check"], ENV);
  const [warning = "", ...others] = stdout.trimEnd().split("\n");
  expect(warning.startsWith(`warning ${code}: ${CONFIG}: ${where}: `), warning).toBe(true);
  expect([others.length, stderr, status]).toEqual([1, "", 0]);
  expect((await wampact(dir, ["router", "check", "--strict"], ENV)).status).toBe(1);
});

test("files with secrets that others may read are told, and certificates that expire", async (t) => {
  const auth = [
    { method: "wampcra", principals: { ada: { role: "backend", key: CRA } }, decoySeed: { file: "seed" } },
    { method: "cryptosign", findBy: { procedure: "com.app.auth.find" }, key: { file: "router.key" } },
  ];
  const listeners = [{ type: "websocket", port: 8443, tls: { cert: "short.pem", key: "short.key" } }];
  const { dir } = project(t, { realms: [{ ...REALM, auth }], listeners }, { seed: "seed", "router.key": "key" });
  writeFileSync(join(dir, "short.pem"), expiredCert);
  writeFileSync(join(dir, "short.key"), expiredKey);
  for (const name of [CONFIG, "seed", "router.key", "short.key"]) chmodSync(join(dir, name), 0o644);
  const { stdout } = await wampact(dir, ["router", "check"]);
  const mode = "other users on this machine can read";
  expect(stdout.trimEnd().split("\n")).toEqual([
    `warning W_CERTIFICATE_EXPIRES: ${CONFIG}: listeners[0].tls.cert: the certificate has expired; replace it and run wampact router reload`,
    `warning W_READABLE_SECRET: ${CONFIG}: listeners[0].tls.key: ${mode} the file "short.key": chmod 600`,
    `warning W_READABLE_SECRET: ${CONFIG}: realms[0].auth[0].decoySeed: ${mode} the file "seed": chmod 600`,
    `warning W_READABLE_SECRET: ${CONFIG}: realms[0].auth[1].key: ${mode} the file "router.key": chmod 600`,
    `warning W_READABLE_SECRET: ${CONFIG}: the file contains wampcra keys, which are as sensitive as passwords, and ${mode} it: chmod 600`,
    `${CONFIG} is valid: 1 realm, 1 listener, 5 warnings`,
  ]);
});

test("check without a configuration fails; one that has none for a router is said to", async (t) => {
  const { dir, write } = createProject(t, {});
  expect((await wampact(dir, ["router", "check"])).status).toBe(1);
  write(CONFIG, '{ "schemas": "contracts" }');
  expect(await wampact(dir, ["router", "check"])).toMatchObject({
    stdout: `${CONFIG} has no realms, so wampact router runs a router for development\n`,
    status: 0,
  });
});

test("explain says who may do what, and every setting with its default", async (t) => {
  const config = {
    realms: [
      {
        ...REALM,
        auth: [
          { method: "ticket", principals: { ada: { role: "backend", ticket: await hashTicket("one") } } },
          ...REALM.auth,
        ],
        roles: {
          backend: {
            permissions: [
              RULE,
              { uri: "com.app.admin.", match: "prefix", deny: ["call"] },
              { uri: "com..x", match: "wildcard", allow: ["subscribe"] },
            ],
          },
          nobody: {},
        },
      },
    ],
    listeners: [{ ...PUBLIC, port: { env: "PORT" } }],
  };
  const { dir } = project(t, config);
  const { stdout, status } = await wampact(dir, ["router", "explain"], { PORT: "8443" });
  expect(status).toBe(0);
  const [access = "", settings = ""] = stdout.split(/\n\n(?=realms\[0\]\.name)/);
  expect(access).toBe(`${CONFIG}

realm com.app
  logins   ticket: 1 principal (backend); wamp-scram, by the procedure com.app.auth.find
  backend  call, register com.app.…; not call com.app.admin.…; subscribe com..x (wildcard)
  nobody   may do nothing`);
  const lines = settings.split("\n").map((line) => line.replaceAll(/ {2,}/g, "  "));
  expect(lines).toEqual(
    expect.arrayContaining([
      'realms[0].name  "com.app"',
      'realms[0].auth[0].principals["ada"].ticket  (hidden)',
      "realms[0].limits.session.maxSubscriptions  100",
      "realms[0].limits.session.maxPendingCalls  100000  (default)",
      "listeners[0].port  the environment variable PORT",
      'listeners[0].tls.key  "key.pem"',
      "listeners[0].maxMessageBytes  16777216  (default)",
      "realms[0].roles.nobody  {}",
      "drainMs  5000  (default)",
      "maxTotalUnsentBytes  a quarter of the memory, at most 1 GiB  (default)",
      "listeners[0].hosts  any  (default)",
      'logs.level  "info"  (default)',
      "logs.format  `text` on a terminal, else `json`  (default)",
    ]),
  );
  const json = JSON.parse((await wampact(dir, ["router", "explain", "--json"], { PORT: "8443" })).stdout);
  expect(json.realms[0].auth[0].principals.ada.ticket).toBe("(hidden)");
  expect(json.realms[0].limits.realm.maxSessions).toBe(100_000);
});

test("no output has a secret: of the configuration, of a variable or of a file", async (t) => {
  const secrets = {
    plain: "correct horse battery staple",
    seed: "a seed that is secret",
    hash: await hashTicket("one"),
    scram: await hashScramPassword("two", { kdf: "pbkdf2", iterations: 5_000 }),
    cra: await hashCraSecret("three"),
    routerKey: "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
  };
  const pubkey = "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122";
  const role = "backend";
  const auth = [
    { method: "ticket", principals: { ada: { role, ticket: secrets.hash }, bob: { role, ticket: { env: "HASH" } } } },
    { method: "wamp-scram", principals: { ada: { role, scram: { file: "scram" } } }, decoySeed: { env: "SEED" } },
    { method: "wampcra", principals: { ada: { role, key: secrets.cra }, bob: { role, secret: { file: "plain" } } } },
    { method: "cryptosign", principals: { ada: { role, pubkey } }, key: { env: "KEY" } },
  ];
  const config = { realms: [{ ...REALM, auth }], listeners: [{ type: "websocket", port: 0, tls: TLS }] };
  const { dir, write } = project(t, config, { scram: secrets.scram, plain: secrets.plain });
  const env = { HASH: secrets.hash, SEED: secrets.seed, KEY: secrets.routerKey };
  let said = "";
  for (const args of [["check"], ["explain"], ["explain", "--json"]]) {
    const { stdout, stderr, status } = await wampact(dir, ["router", ...args], env);
    expect([stderr, status]).toEqual(["", 0]);
    said += stdout;
  }
  const router = await startCliRouter(t, dir, [], env);
  write(CONFIG, JSON.stringify({ ...config, realms: [{ ...REALM, auth, roles: { other: {} } }] }));
  said += (await wampact(dir, ["router", "reload"])).stderr;
  write("scram", secrets.plain);
  said += (await wampact(dir, ["router", "reload"])).stderr;
  write(CONFIG, JSON.stringify(config).replace('"realms"', `"${secrets.plain}"x`));
  said += (await wampact(dir, ["router", "check"])).stderr;
  said += router.output();
  expect(said).toContain("nothing has changed");
  const keyText = key.split("\n")[1] as string;
  for (const secret of [...Object.values(secrets), keyText]) expect(said).not.toContain(secret);
});

test("of a Unix socket no host and port are told, and of an address no permissions", async (t) => {
  const { dir } = project(t, {
    realms: [REALM],
    listeners: [{ type: "rawsocket", path: "r.sock" }, { type: "rawsocket" }],
    admin: { path: "admin.sock" },
  });
  const { stdout } = await wampact(dir, ["router", "explain"]);
  const told = [...stdout.matchAll(/^((?:listeners\[\d\]|admin)\.(?:host|port|path|mode)) /gm)].map(([, path]) => path);
  expect(told.toSorted()).toEqual(
    [
      "admin.mode",
      "admin.path",
      "listeners[0].mode",
      "listeners[0].path",
      "listeners[1].host",
      "listeners[1].port",
    ].toSorted(),
  );
});

test("metrics that nobody can read are a warning", async (t) => {
  const { dir } = project(t, { realms: [REALM], metrics: { gc: true } });
  const { stdout } = await wampact(dir, ["router", "check"]);
  expect(stdout).toContain(`warning W_NO_ADMIN: ${CONFIG}: metrics: metrics need an admin listener; set admin`);
});

test("a store that cannot be kept where it is to be is a warning", async (t) => {
  const { dir } = project(
    t,
    { realms: [{ ...REALM, store: { type: "lmdb", path: "data/events" } }] },
    { data: "a file" },
  );
  const { stdout, status } = await wampact(dir, ["router", "check"]);
  expect(stdout).toMatch(
    /^warning W_STORE_PATH: wampact\.config\.json: realms\[0\]\.store\.path: ".*data" is not a directory; /,
  );
  expect(status).toBe(0);
});
