import { dirname } from "node:path";
import type { Expression, JSDocableNode, Node, SourceFile } from "ts-morph";
import { readIfThere } from "../files.js";
import { loadTsMorph } from "../packages.js";
import { projectPath } from "../paths.js";
import { oneProblem } from "../problems.js";
import { isEnum } from "./enums.js";
import { resolveModule } from "./resolve-module.js";

/** The data of a member that only the source has. */
export interface MemberSource {
  readonly line: number;
  /** The doc comment's text. */
  readonly description?: string;
  /** The comment's tags, such as `@example …`, as written. */
  readonly tags?: string;
  /** The schemas that it names by a plain identifier: `input: Pair` → `{ input: "Pair" }`. */
  readonly identifiers: Readonly<Record<string, string>>;
}

/** The data of a module that only its source has. */
export interface ModuleSource {
  /** Absolute path. */
  readonly file: string;
  /** The exports that the module declares, in source order. */
  readonly exports: ReadonlyMap<string, MemberSource>;
  /** The lines of `export … from`, whose names a star may hide. */
  readonly reExports: readonly { readonly line: number; readonly names: readonly string[] }[];
  /** Constructs that are visible in types but not at run time. */
  readonly invisible: readonly { readonly line: number; readonly what: Invisible }[];
}

/**
 * Types that are not visible at run time: a brand without a name, a TypeScript enum, `.catchall(z.never())`, which is not
 * `strict`, and `const Tree: z.ZodType<Tree>`, whose input zod types as unknown.
 */
export type Invisible = "brand" | "enum" | "catchall" | "annotation";

/**
 * Reads modules without the type checker, which is slow and sees less of zod's types than the run time does. Throws
 * `CodegenError` for a module that exhausts the compiler's stack.
 */
export async function readSources(files: readonly string[], cwd: string): Promise<ReadonlyMap<string, ModuleSource>> {
  const morph = loadTsMorph();
  const project = new morph.Project({
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
  });
  const modules = files.map(async (file) => {
    const text = (await readIfThere(file, cwd)) ?? ""; // removed since it was listed; loading it reports that
    try {
      return [file, readModule(file, project.createSourceFile(file, text, { overwrite: true }), morph.Node)] as const;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw oneProblem(
        { file: projectPath(cwd, file) },
        "an expression is nested too deeply; move its parts into named constants",
      );
    }
  });
  return new Map(await Promise.all(modules));
}

/** Returns every module that these import by a relative path, directly or through others. For watching. */
export async function relativeImports(files: readonly string[]): Promise<ReadonlySet<string>> {
  const { ts } = loadTsMorph();
  const seen = new Set(files);
  for (const file of seen) {
    const text = (await readIfThere(file)) ?? ""; // removed since it was listed; the run itself reports that
    for (const { fileName } of ts.preProcessFile(text, true, false).importedFiles) {
      const found = fileName.startsWith(".") ? resolveModule(dirname(file), fileName) : undefined;
      if (found !== undefined) seen.add(found);
    }
  }
  return seen;
}

function readModule(file: string, source: SourceFile, is: typeof Node): ModuleSource {
  const exports = new Map<string, MemberSource>();
  const reExports: { line: number; names: string[] }[] = [];
  for (const statement of source.getStatements()) {
    if (is.isVariableStatement(statement) && statement.isExported()) {
      for (const declaration of statement.getDeclarations()) {
        exports.set(declaration.getName(), memberSource(statement, declaration.getInitializer(), is));
      }
    } else if (is.isExportDeclaration(statement)) {
      const names = statement.getNamedExports().map((named) => named.getAliasNode()?.getText() ?? named.getName());
      if (statement.getModuleSpecifierValue() !== undefined) {
        reExports.push({ line: lineOf(statement), names });
        continue;
      }
      for (const [index, named] of statement.getNamedExports().entries()) {
        const local = source.getVariableDeclaration(named.getName());
        const where = local?.getVariableStatement() ?? statement;
        exports.set(names[index] ?? named.getName(), memberSource(where, local?.getInitializer(), is));
      }
    }
  }
  return { file, exports, reExports, invisible: invisibleTypes(source, is) };
}

function memberSource(
  statement: Node & Partial<JSDocableNode>,
  initializer: Expression | undefined,
  is: typeof Node,
): MemberSource {
  const doc = statement.getJsDocs?.().at(-1);
  const description = doc?.getDescription().trim();
  const tags = doc
    ?.getTags()
    .map((tag) => tagText(tag.getText()))
    .join("\n");
  return {
    line: lineOf(statement),
    ...(description && { description }),
    ...(tags && { tags }),
    identifiers: identifiersIn(initializer, is),
  };
}

/** Uses the compiler's line table. ts-morph's own method counts from the start of the file each time. */
function lineOf(node: Node): number {
  return node.getSourceFile().compilerNode.getLineAndCharacterOfPosition(node.getStart()).line + 1;
}

/** Returns a tag's text without the stars at the start of the comment's lines. */
function tagText(text: string): string {
  return text.replaceAll(/\n[ \t]*\*(?: |$)?/g, "\n").trim();
}

/** Returns the identifiers in `procedure(uri, { input: Pair })` and `error(uri, Data)`. */
function identifiersIn(initializer: Expression | undefined, is: typeof Node): Readonly<Record<string, string>> {
  const given = is.isCallExpression(initializer) ? initializer.getArguments()[1] : undefined;
  if (is.isIdentifier(given)) return { data: given.getText() };
  if (!is.isObjectLiteralExpression(given)) return {};
  const named = given.getProperties().flatMap((property) => {
    if (!is.isPropertyAssignment(property)) return [];
    const value = property.getInitializer();
    return is.isIdentifier(value) ? [[property.getName(), value.getText()] as const] : [];
  });
  return Object.fromEntries(named);
}

/** A file without these words hides nothing from the run time. An enum is passed by a name. */
const WORTH_A_WALK = /brand|catchall|Zod(Mini)?Type|\b(nativeEnum|enum|literal)\(\s*\[?\s*[\w$]/;

function invisibleTypes(source: SourceFile, is: typeof Node): ModuleSource["invisible"] {
  const found: { line: number; what: Invisible }[] = [];
  if (!WORTH_A_WALK.test(source.getFullText())) return found; // the walk is slow
  source.forEachDescendant((node) => {
    if (is.isTypeReference(node) && /\bZod(Mini)?Type$/.test(node.getTypeName().getText())) {
      const isSchemas = is.isVariableDeclaration(node.getParent());
      if (isSchemas && node.getTypeArguments().length === 1) found.push({ line: lineOf(node), what: "annotation" });
    }
    if (!is.isCallExpression(node)) return;
    const called = node.getExpression();
    if (!is.isPropertyAccessExpression(called)) return;
    const [argument] = node.getArguments();
    const add = (what: Invisible) => found.push({ line: lineOf(called.getNameNode()), what });
    if (called.getName() === "brand" && (!argument || is.isStringLiteral(argument))) add("brand");
    if (called.getName() === "catchall" && argument && /\bnever\(\)$/.test(argument.getText())) add("catchall");
    if (/^(nativeEnum|enum|literal)$/.test(called.getName()) && isEnum(argument, is)) add("enum");
  });
  return found;
}
