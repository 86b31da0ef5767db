import { execFile } from "node:child_process";
import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { oneProblem } from "../problems.js";

const run = promisify(execFile);

/** The files that contracts may consist of. Others are not checked out. */
const SOURCES = ["*.ts", "*.mts", "*.cts", "*.js", "*.mjs", "*.cjs", "*.json"];

/**
 * Calls `use` with the project's directory at a commit, in a temporary place. Files that git ignores there, such as
 * `node_modules` and build output, come from the working tree. The repository and its index do not change.
 */
export async function withProjectAt<T>(cwd: string, ref: string, use: (projectThen: string) => Promise<T>): Promise<T> {
  const root = await git(cwd, ["rev-parse", "--show-toplevel"]).catch((error: unknown) => {
    throw oneProblem({ file: `git:${ref}` }, `needs git and a repository: ${firstLine(error)}`);
  });
  const commit = await git(cwd, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]).catch(
    () => {
      throw oneProblem({ file: `git:${ref}` }, "the commit does not exist; in CI, fetch it or the whole history first");
    },
  );
  const place = await realpath(await mkdtemp(join(tmpdir(), "wampact-")));
  try {
    const tree = join(place, "tree");
    const index = { ...process.env, GIT_INDEX_FILE: join(place, "index") };
    await git(root, ["read-tree", commit], index);
    const tracked = await git(root, ["ls-files", "-z", "--", ...SOURCES], index);
    await checkOut(root, { tracked, tree, index });
    const ignored = await git(root, ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"]);
    for (const path of ignored.split("\0").filter((each) => each.endsWith("/"))) {
      // skipped if the parent directory did not exist then
      await symlink(join(root, path), join(tree, path.slice(0, -1)), "junction").catch(() => undefined);
    }
    return await use(join(tree, relative(root, await realpath(cwd))));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function git(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await run("git", [...args], { cwd, env, maxBuffer: 1 << 28 });
  return args.includes("-z") ? stdout : stdout.trim();
}

/** Checks files out. The paths go through standard input, because a command line may be too short for them. */
function checkOut(
  root: string,
  { tracked, tree, index }: { readonly tracked: string; readonly tree: string; readonly index: NodeJS.ProcessEnv },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ["checkout-index", "-z", "--stdin", `--prefix=${tree}/`];
    const child = execFile("git", args, { cwd: root, env: index }, (error) => (error ? reject(error) : resolve()));
    child.stdin?.end(tracked);
  });
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split("\n", 1)[0] ?? "";
}
