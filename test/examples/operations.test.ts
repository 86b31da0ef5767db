/** The files of examples/operations, held against each other and against the router. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporary } from "../support/folder.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DIR = join(ROOT, "examples/operations");
const read = (name: string) => readFileSync(join(DIR, name), "utf8");
const dockerfile = read("Dockerfile");
const compose = read("compose.yaml");
const kubernetes = read("kubernetes.yaml");
const unit = read("wampact.service");
const config = JSON.parse(read("wampact.config.json"));
const page = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
const [listener] = config.listeners;

/** All captures of a pattern in a text. There must be at least one. */
function all(text: string, pattern: RegExp): readonly string[] {
  const found = [...text.matchAll(new RegExp(pattern, "gm"))].map(([, captured = ""]) => captured);
  expect(found, String(pattern)).not.toEqual([]);
  return found;
}

/** The capture of a pattern in a text. It must be the same in all places. */
function only(text: string, pattern: RegExp): string {
  const [value = "", ...others] = new Set(all(text, pattern));
  expect(others, String(pattern)).toEqual([]);
  return value;
}

/** The value of each key `env` in a part of the configuration. */
function variablesIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === "env" ? [String(each)] : variablesIn(each)));
}

test("every file lets more time pass than the router takes to drain", () => {
  const drainSeconds = config.drainMs / 1_000;
  const waits = [
    only(kubernetes, /terminationGracePeriodSeconds: (\d+)/),
    only(unit, /^TimeoutStopSec=(\d+)$/),
    all(compose, /stop_grace_period: (\d+)s/)[0],
  ].map(Number);
  for (const seconds of waits) expect(seconds).toBeGreaterThan(drainSeconds);
  const [, serviceSeconds] = all(compose, /stop_grace_period: (\d+)s/);
  expect(Number(serviceSeconds) * 1_000).toBeGreaterThan(
    Number(only(read("service.mjs"), /drainMs: ([\d_]+)/).replace("_", "")),
  );
});

test("ports and paths are those of the configuration", () => {
  const { port: adminPort } = config.admin;
  const path = listener.path ?? "/ws";
  expect(only(dockerfile, /^EXPOSE (.*)$/)).toBe(`${listener.port} ${adminPort}`);
  expect(only(compose, /"127\.0\.0\.1:(\d+:\d+)"/)).toBe(`${listener.port}:${listener.port}`);
  expect(only(compose, /ROUTER_URL: ws:\/\/router(\S+)/)).toBe(`:${listener.port}${path}`);
  expect(all(kubernetes, /containerPort: (\d+)/).map(Number)).toEqual([listener.port, adminPort]);
  expect(only(kubernetes, /name: ws, port: (\d+)/)).toBe(String(listener.port));
  expect(new Set(all(kubernetes, /httpGet: \{ path: \S+, port: (\w+)/))).toEqual(new Set(["admin"]));
  expect(only(read("nginx.conf"), /^ +server 127\.0\.0\.1:(\d+);/)).toBe(String(listener.port));
  expect(only(read("nginx.conf"), /location = (\S+) /)).toBe(path);
  expect(only(read("Caddyfile"), /127\.0\.0\.1:(\d+)/)).toBe(String(listener.port));
  expect(only(read("Caddyfile"), /@ws path (\S+)/)).toBe(path);
  for (const program of ["service.mjs", "client.mjs"])
    expect(only(read(program), /ws:\/\/127\.0\.0\.1(\S+?)"/)).toBe(`:${listener.port}${path}`);
});

test("the proxy waits longer than the router, which pings", () => {
  const cutAfterSeconds = (2 * (listener.pingIntervalMs ?? 10_000)) / 1_000;
  expect(Number(only(read("nginx.conf"), /proxy_read_timeout (\d+)s/))).toBeGreaterThan(cutAfterSeconds);
});

test("every variable of the configuration is given by each way to run it", () => {
  const wanted = new Set(variablesIn(config));
  const inImage = only(dockerfile, /^ENV (.*)$/);
  const given = {
    compose: [inImage, compose.slice(compose.indexOf("router:"), compose.indexOf("\n  service:"))].join(),
    kubernetes: [inImage, kubernetes].join(),
    unit,
  };
  for (const name of wanted)
    for (const [way, text] of Object.entries(given))
      expect(text, `${name} by ${way}`).toMatch(new RegExp(`\\b${name}\\b`));
});

test("the directories that the configuration writes to are made, and may be written", () => {
  const [realm] = config.realms;
  const directories = [realm.store.path, config.control.slice(0, config.control.lastIndexOf("/"))];
  const made = only(dockerfile, /install -d -o node -g node -m 0700 (.*)$/).split(" ");
  expect(made).toEqual(directories);
  const written = [...all(compose, /- events:(\S+)$/), ...all(compose, /- (\/run\/\w+):uid=1000/)];
  expect(written).toEqual(directories);
  expect(all(kubernetes, /mountPath: (\S+) \}/)).toEqual(directories);
  expect([
    `/var/lib/${only(unit, /^StateDirectory=(\w+)$/)}`,
    `/run/${only(unit, /^RuntimeDirectory=(\w+)$/)}`,
  ]).toEqual(directories);
});

test("the image copies what is there and what the build may see, and is not root", () => {
  const files = readdirSync(DIR);
  const ignored = read(".dockerignore").split("\n");
  const seen = (name: string) => ignored.includes(`!${name}`) || (name.endsWith(".mjs") && ignored.includes("!*.mjs"));
  const copied = all(dockerfile, /^COPY (?!--from)(.*) \.\/$/).flatMap((names) => names.split(" "));
  for (const name of copied) {
    expect(seen(name), name).toBe(true);
    if (name !== "package-lock.json") expect(files).toContain(name); // which npm install writes
  }
  expect(dockerfile.lastIndexOf("USER node")).toBeGreaterThan(dockerfile.lastIndexOf("RUN "));
  expect(all(dockerfile, /^CMD (.*)$/).map((command) => JSON.parse(command)[0])).toEqual(["node_modules/.bin/wampact"]);
  for (const command of all(compose, /command: (\[.*\])$/)) expect(copied).toContain(JSON.parse(command)[1]);
});

test("the packages of the example are those of this package", () => {
  const ours = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { dependencies, engines } = JSON.parse(read("package.json"));
  const { lmdb, zod } = ours.peerDependencies;
  expect(dependencies).toEqual({ lmdb, zod, wampact: `^${ours.version}` });
  expect(engines).toEqual(ours.engines);
  expect(Number(only(dockerfile, /^FROM node:(\d+)-slim/))).toBeGreaterThanOrEqual(20);
});

test("the unit has nothing that systemd does not know", (t) => {
  if (spawnSync("systemd-analyze", ["--version"]).status !== 0) return t.skip("there is no systemd-analyze here");
  const file = join(temporary(t), "wampact.service");
  writeFileSync(file, unit.replaceAll("/opt/app/node_modules/.bin/wampact", process.execPath)); // it asks whether the program is there
  const { stderr, status } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
});

test("docs/operations.md names files that are there", () => {
  const table = page.slice(page.indexOf("| file |"), page.indexOf("`npm install` in a copy"));
  const named = all(table, /`([\w.-]+\.\w+|Dockerfile|Caddyfile)`/);
  const there = readdirSync(DIR).filter((name) => !["package.json", ".dockerignore", "cluster"].includes(name));
  expect([...named].sort()).toEqual(there.sort());
});
