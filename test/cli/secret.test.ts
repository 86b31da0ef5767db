/** `wampact secret`: what it prints is what routers take, and nothing else is said of a secret. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cryptosign as byKey } from "wampact/auth/cryptosign";
import { scram as byPassword } from "wampact/auth/scram";
import { ticket as byTicket } from "wampact/auth/ticket";
import { wampcra as bySecret } from "wampact/auth/wampcra";
import type { ClientAuth } from "wampact/peer";
import { type Authenticator, cryptosign, scram, ticket, wampcra } from "wampact/router";
import { startLogins } from "../support/auth.js";

const CLI = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const SECRET = "correct horse, bättery";
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";

async function wampact(args: readonly string[], input: string) {
  const child = spawn(process.execPath, [CLI, "secret", ...args]);
  child.stdin.on("error", () => {}); // it may have ended before it reads
  child.stdin.end(input);
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  return { stdout, stderr, status };
}

interface Method {
  readonly args: readonly string[];
  readonly secret: string;
  readonly router: (stored: string) => Authenticator;
  readonly peer: (secret: string) => ClientAuth;
}
const authid = "ada";
const role = "admin";
const tickets: Omit<Method, "args"> = {
  secret: SECRET,
  router: (stored) => ticket({ principals: { ada: { role, ticket: stored } } }),
  peer: (secret) => byTicket({ authid, ticket: secret }),
};
const passwords: Omit<Method, "args"> = {
  secret: SECRET,
  router: (stored) => scram({ principals: { ada: { role, scram: stored } } }),
  peer: (password) => byPassword({ authid, password, leastCost: { pbkdf2: 1, memory: 8, memoryTimesIterations: 8 } }),
};
const METHODS: readonly Method[] = [
  { args: ["ticket"], ...tickets },
  { args: ["scram"], ...passwords },
  { args: ["scram", "--iterations", "1", "--memory", "64"], ...passwords },
  { args: ["scram", "--kdf", "pbkdf2", "--iterations", "100"], ...passwords },
  {
    args: ["wampcra", "--iterations", "1000"],
    secret: SECRET,
    router: (key) => wampcra({ principals: { ada: { role, key } } }),
    peer: (secret) => bySecret({ authid, secret }),
  },
  {
    args: ["cryptosign"],
    secret: SEED,
    router: (pubkey) => cryptosign({ principals: { ada: { role, pubkey } } }),
    peer: (key) => byKey({ authid, key }),
  },
];

test.for(METHODS)("secret $args prints a form that logs in whoever has what was typed", async ({
  args,
  secret,
  router,
  peer,
}, t) => {
  const { stdout, stderr, status } = await wampact(args, `${secret}\n`);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatch(/^\S+\n$/);
  const { login, refusal } = startLogins(t, [router(stdout.trim())]);
  await login(peer(secret));
  const other = secret === SEED ? SEED.replace("4", "5") : `${secret} `;
  expect(await refusal(peer(other))).toMatchObject({ uri: "wamp.error.authentication_failed" });
});

test.for(
  METHODS.filter(({ args }) => args.length !== 1 || args[0] !== "scram"),
)("secret $args --random draws one, and prints both", async ({ args, router, peer }, t) => {
  const { stdout } = await wampact([...args, "--random"], "");
  const [drawn = "", stored = ""] = stdout.split("\n");
  expect(drawn.length).toBeGreaterThan(40);
  await startLogins(t, [router(stored)]).login(peer(drawn));
});

test.for([
  [["ticket"], "", "ticket: expected a value on standard input, got nothing\n"],
  [["cryptosign"], "tell nobody", "key: expected 64 hexadecimal digits\n"],
  [["scram"], "tell nobody \u0007", "password: it contains a character"],
  [["scram", "--iterations", "0"], "tell nobody", "It must be a positive integer."],
  [["scram", "--kdf", "md5"], "tell nobody", "Allowed choices are argon2id13, pbkdf2."],
  [["ticket", "tell nobody"], "", "too many arguments"],
] as const)("secret %j with %j fails in one line that quotes no secret", async ([args, input, words]) => {
  const { stdout, stderr, status } = await wampact(args, input);
  expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("tell nobody");
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
