/** How long it takes to start: to import a peer, and from the start of a process to the answer of its first call. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BareRouter } from "./bare-router.js";
import { median } from "./cpu.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** The programs of the processes. Each gets the URL of a router and prints a time in milliseconds. */
const PROCESSES = {
  imported: `
    const started = performance.now();
    await import("wampact/peer");
    console.log(performance.now() - started);
    process.exit();`,
  called: `
    const { connect } = await import("wampact/peer");
    const peer = await connect({ url: process.argv[1], realm: "com.bench" });
    await peer.call("com.app.add2", [], { a: 2, b: 3 });
    console.log(performance.now());
    process.exit();`,
};

/** Medians of so many starts, in milliseconds of wall-clock time. */
export async function measureStartup(starts: number): Promise<Readonly<Record<keyof typeof PROCESSES, number>>> {
  const router = await BareRouter.start();
  const figures = { imported: [] as number[], called: [] as number[] };
  for (let count = 0; count < starts; count++) {
    for (const what of ["imported", "called"] as const) {
      const given = ["--input-type=module", "--eval", PROCESSES[what], router.url];
      const { stdout } = await run(process.execPath, given, { cwd: root });
      figures[what].push(Number(stdout));
    }
  }
  router.close();
  return { imported: median(figures.imported), called: median(figures.called) };
}
