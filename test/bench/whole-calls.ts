/** The cost of a typed call from end to end, in all its processes, compared with socket.io and tRPC if they are installed. */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cpuMicroseconds, median } from "./cpu.js";
import { BareClient } from "./load.js";
import { type Figures, measureSides, type Rounds, type Side } from "./rounds.js";
import { pin, startServer } from "./servers.js";
import { told } from "./told.js";
import type { Part, System } from "./whole-call-process.js";

const PACKAGES: Readonly<Record<System, readonly string[]>> = {
  wampact: [],
  "socket.io": ["socket.io", "socket.io-client"],
  tRPC: ["@trpc/server", "@trpc/client", "ws"],
};

/** The systems whose packages are found from a directory; ours always. */
export function installedSystems(directory: string): readonly System[] {
  const require = createRequire(join(directory, "package.json"));
  const isInstalled = (name: string) => {
    try {
      return require.resolve(name) !== "";
    } catch {
      return false;
    }
  };
  return (Object.keys(PACKAGES) as System[]).filter((system) => PACKAGES[system].every(isInstalled));
}

/** Microseconds of CPU per call of each system, medians. */
export async function measureWholeCalls(
  directory: string,
  inFlight: number,
  rounds: Rounds,
): Promise<ReadonlyMap<System, number>> {
  const systems = installedSystems(directory);
  const openers = systems.map((system) => () => start(system, directory, inFlight));
  const figures = await measureSides(openers, rounds);
  return new Map(systems.map((system, index) => [system, median((figures[index] as Figures).cpu)]));
}

/** All processes of one system. */
async function start(system: System, directory: string, inFlight: number): Promise<Side> {
  const router = system === "wampact" ? await startServer("router") : undefined;
  const part = async (kind: Part, url = "") => {
    const child = fork(
      new URL("whole-call-process.ts", import.meta.url),
      [system, kind, directory, BareClient.realm, url],
      {
        execArgv: ["--import", "tsx"],
        env: { ...process.env, NODE_ENV: "production" },
      },
    );
    pin(child.pid);
    return { child, url: (await told<{ url: string }>(child)).url };
  };
  const callee = await part("callee", router?.url);
  const caller = await part("caller", callee.url);
  const children: readonly ChildProcess[] = [callee.child, caller.child];
  return {
    async run(runMs) {
      caller.child.send({ inFlight, runMs });
      return (await told<{ calls: number }>(caller.child)).calls;
    },
    async cpu() {
      const own = children.map(({ pid = 0 }) => cpuMicroseconds(pid) ?? Number.NaN);
      return own.reduce((sum, each) => sum + each, (await router?.cpu()) ?? 0);
    },
    stop() {
      for (const child of children) child.kill();
      router?.stop();
    },
  };
}
