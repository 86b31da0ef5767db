import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isWampError } from "wampact/peer";
import { temporary } from "../../support/folder.js";
import { type Finish, Inbox } from "../../support/peers.js";
import { type StoreRouterOptions, startStoreRouter } from "../../support/store-process.js";

/** A disk that is full once the store has grown by some megabytes. */
interface SmallDisk extends Pick<StoreRouterOptions, "path" | "runner"> {
  /** Gives a process the room it was refused. */
  free(pid: number): void;
}

/** A file system in memory, with ballast that can be thrown away. `undefined` where this user may not mount one. */
function mountSmall(t: Finish): SmallDisk | undefined {
  const path = temporary(t);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  t.onTestFinished(() => void execFileSync("umount", ["--lazy", path]));
  const ballast = join(path, "ballast");
  writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
  return { path, free: () => rmSync(ballast) };
}

/** A limit of the process on the size of its files. `undefined` where there is no `prlimit`. */
function limitFiles(t: Finish): SmallDisk | undefined {
  const limit = (...args: string[]) => execFileSync("prlimit", args, { stdio: "ignore" });
  try {
    limit("--version");
  } catch {
    return undefined;
  }
  return {
    path: temporary(t),
    runner: ["prlimit", `--fsize=${4 * 1024 * 1024}:unlimited`],
    free: (pid) => void limit(`--fsize=unlimited`, "--pid", String(pid)),
  };
}

test.for([
  ["a full disk", mountSmall],
  ["a file that may not grow", limitFiles],
] as const)("%s: publications are refused, what was acknowledged is kept, reading goes on, and so does writing once there is room", async ([
  ,
  makeDisk,
], t) => {
  const disk = makeDisk(t);
  if (!disk) return t.skip("skipped: this user may not mount a small file system or limit the size of files");
  const first = await startStoreRouter(t, { ...disk, sync: "nosync" });
  const heard = new Inbox<number>();
  await first.peer.subscribe("com.example.kept.", (event) => heard.push(event.args[0] as number), {
    match: "prefix",
  });
  const acknowledged: number[] = [];
  const publish = async (n: number, acknowledge = true) => {
    const options = { acknowledge, retain: true, excludeMe: false };
    const outcome = await first.peer
      .publish(`com.example.kept.${n % 5}`, [n], { bytes: new Uint8Array(20_000) }, options)
      .then(() => "kept")
      .catch((error) => (isWampError(error) ? error.uri : String(error)));
    if (outcome === "kept" && acknowledge) acknowledged.push(n);
    return outcome;
  };

  let n = 0;
  let outcome = "kept";
  while (outcome === "kept") outcome = await publish(++n);
  expect(outcome).toBe("wampact.error.store_failed");
  for (let probe = 0; probe < 20; probe++) {
    await first.advance(60_000);
    expect(await publish(++n)).toBe("wampact.error.store_failed");
  }
  await publish(++n, false);
  let event = await heard.next();
  while (event !== n) event = await heard.next();
  expect(first.reports).toEqual([expect.stringContaining("failed to write")]);
  const { args } = await first.peer.call("wamp.subscription.lookup", ["com.example.kept.", { match: "prefix" }]);
  const newest = await first.peer.call("wamp.subscription.get_events", [args[0]], { reverse: true, limit: 1 });
  expect(newest.args).toMatchObject([{ args: [acknowledged.at(-1)] }]);

  disk.free(first.pid);
  await first.advance(60_000);
  for (let count = 0; count < 20; count++) expect(await publish(++n)).toBe("kept");
  await first.kill();

  const { peer } = await startStoreRouter(t, { path: disk.path, sync: "nosync" });
  const kept: number[] = [];
  const found = await peer.call("wamp.subscription.lookup", ["com.example.kept.", { match: "prefix" }]);
  for (let from = {}, more = true; more; ) {
    const page = await peer.call("wamp.subscription.get_events", [found.args[0]], from);
    kept.push(...(page.args as readonly { args: [number] }[]).map((record) => record.args[0]));
    more = page.kwargs.more === true;
    from = { from_publication: page.kwargs.next };
  }
  expect(kept).toEqual(acknowledged);
});
