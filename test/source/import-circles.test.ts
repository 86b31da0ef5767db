import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A module → the modules of its own tree that it imports. Type-only and dynamic imports count. */
type ImportGraph = ReadonlyMap<string, readonly string[]>;

function graphOf(directories: readonly string[]): ImportGraph {
  const files = directories.flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => slashed(join(directory, file))),
  );
  return new Map(files.map((file) => [file, importsOf(file)]));
}

function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, file), "utf8"), true, false);
  return importedFiles.flatMap(({ fileName }) => {
    if (!fileName.startsWith(".")) return [];
    const target = resolve(ROOT, dirname(file), fileName).replace(/\.js$/, ".ts");
    return statSync(target, { throwIfNoEntry: false })?.isFile() ? [slashed(relative(ROOT, target))] : [];
  });
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Groups of modules that reach each other, by Tarjan's algorithm. */
function circlesIn(graph: ImportGraph): readonly string[] {
  const circles: string[] = [];
  const order = new Map<string, number>(); // module → when it was first visited
  const stack: string[] = [];
  const visit = (module: string): number => {
    order.set(module, order.size);
    let lowest = order.size - 1;
    stack.push(module);
    for (const imported of graph.get(module) ?? []) {
      if (!order.has(imported)) lowest = Math.min(lowest, visit(imported));
      else if (stack.includes(imported)) lowest = Math.min(lowest, order.get(imported) ?? lowest);
    }
    if (lowest === order.get(module)) {
      const group = stack.splice(stack.indexOf(module));
      if (group.length > 1) circles.push(group.sort().join(", "));
    }
    return lowest;
  };
  for (const module of graph.keys()) if (!order.has(module)) visit(module);
  return circles.sort();
}

test("modules of src and codegen do not import each other in circles", () => {
  const graph = graphOf(["src", "codegen"]);
  expect(graph.get("codegen/index.ts")).toContain("codegen/generate.ts");
  expect(circlesIn(graph)).toEqual([]);
});

test("a circle is found among modules that import each other through others", () => {
  const graph = new Map([
    ["a", ["b", "d"]],
    ["b", ["c"]],
    ["c", ["a"]],
    ["d", ["c"]],
    ["e", ["a"]],
  ]);
  expect(circlesIn(graph)).toEqual(["a, b, c, d"]);
});
