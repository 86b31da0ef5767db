/**
 * Runs contract modules in a separate process and sends their declarations to its parent. Started by `load`. The arguments are
 * the URL of tsx's loader, the JSON list of the modules that have a thin client, and the absolute paths of the modules.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { LOADED_BY_CODEGEN } from "../../src/contract/loaded-by-codegen.js";
import type { Description } from "./description.js";

/** A message from the child: the module that it is about to run, and at the end the description or the failure. */
export type ChildMessage =
  | { readonly kind: "running"; readonly file: string }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string }
  | { readonly kind: "described"; readonly description: Description };

async function describeAll([loader = "", thin = "[]", ...files]: readonly string[]): Promise<ChildMessage> {
  await loadWhatContractsImport();
  await import(loader);
  const modules: { readonly file: string; readonly namespace: Readonly<Record<string, unknown>> }[] = [];
  for (const file of files) {
    await tell({ kind: "running", file });
    modules.push({ file, namespace: await run(file) });
  }
  // these import zod, which may be missing or too old; the parent must receive that error
  const [{ exportsOf, ModuleDescriber }, { SchemaDescriber }] = await Promise.all([
    import("./describe-module.js"),
    import("./describe-schema.js"),
  ]);
  const describer = new ModuleDescriber(new SchemaDescriber());
  describer.add(modules);
  const { description } = describer;
  const thinFiles = JSON.parse(thin) as readonly string[];
  if (thinFiles.length === 0) return { kind: "described", description };
  const { describeThin } = await import("./describe-thin.js");
  const described = description.modules.map(async (module) => {
    const { namespace = {} } = modules.find(({ file }) => file === module.file) ?? {};
    const isAsked = thinFiles.includes(module.file) && module.members.length > 0 && module.faults.length === 0;
    return isAsked ? { ...module, thin: await describeThin(module.file, exportsOf(namespace), run) } : module;
  });
  return { kind: "described", description: { ...description, modules: await Promise.all(described) } };
}

/**
 * Loads the modules that most contracts import before tsx's loader is installed, which takes time for each module. If zod is
 * missing or too old, or the project has another copy of a package, the contract's own import reports it or loads it.
 */
async function loadWhatContractsImport(): Promise<void> {
  await Promise.allSettled([import("../../src/index.js"), import("zod"), import("./describe-schema.js")]);
}

/** Runs a module and returns its exports. In a `.cts` file Node 20 cannot import a module that requires an ES module. */
async function run(file: string): Promise<Readonly<Record<string, unknown>>> {
  return file.endsWith(".cts") ? createRequire(file)(file) : import(pathToFileURL(file).href);
}

function failed(error: unknown): ChildMessage {
  const text = typeof error === "string" ? error : inspect(error, { breakLength: Number.POSITIVE_INFINITY });
  const { message, stack } = error instanceof Error ? error : new Error(text);
  return { kind: "failed", message, stack: stack ?? "" };
}

/** Waits until the message has been sent, because the next step may block or end the process. */
function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

/** Exits at once. A contract that opened a timer or a socket must not keep the process alive. */
async function finish(message: ChildMessage): Promise<never> {
  await tell(message);
  process.exit(0);
}

process.once("disconnect", () => process.exit(1)); // the parent has ended
process.channel?.unref(); // listening does not keep alive a process that waits for nothing else
Object.defineProperty(globalThis, LOADED_BY_CODEGEN, { value: true });
process.once("uncaughtException", (error) => finish(failed(error)));
await finish(await describeAll(process.argv.slice(2)).catch(failed));
