import { dirname } from "node:path";
import type { Node, SourceFile } from "ts-morph";
import { resolveModule } from "./resolve-module.js";

/** The limit of names to follow. */
const MOST_STEPS = 10;

/**
 * Returns whether an expression is a TypeScript `enum` or a member of one, by any name: an alias, an import, a member of a
 * namespace. That is not visible at run time, because a constant object has the same values.
 */
export function isEnum(expression: Node | undefined, is: typeof Node, steps: number = MOST_STEPS): boolean {
  if (!expression || steps === 0) return false;
  const follow = (next: Node | undefined) => isEnum(next, is, steps - 1);
  if (is.isAsExpression(expression) || is.isSatisfiesExpression(expression) || is.isParenthesizedExpression(expression))
    return follow(expression.getExpression());
  if (is.isArrayLiteralExpression(expression)) return expression.getElements().some(follow);
  if (is.isPropertyAccessExpression(expression)) {
    const owner = expression.getExpression();
    const module = is.isIdentifier(owner) && namespaceOf(expression.getSourceFile(), owner.getText());
    return module ? exportsEnum(module, { name: expression.getName(), follow }) : follow(owner);
  }
  if (!is.isIdentifier(expression)) return false;
  const [source, name] = [expression.getSourceFile(), expression.getText()];
  if (declaresEnum(source, { name, follow })) return true;
  for (const declaration of source.getImportDeclarations()) {
    const named = declaration
      .getNamedImports()
      .find((each) => (each.getAliasNode() ?? each.getNameNode()).getText() === name);
    const module = named && moduleOf(source, declaration.getModuleSpecifierValue());
    if (module) return exportsEnum(module, { name: named.getName(), follow });
  }
  return false;
}

interface Name {
  readonly name: string;
  readonly follow: (next: Node | undefined) => boolean;
}

function declaresEnum(source: SourceFile, { name, follow }: Name): boolean {
  if (source.getEnum(name)) return true;
  const alias = source
    .getStatements()
    .find((statement) => new RegExp(`^(export )?import ${name} =`).test(statement.getText()));
  const aliased = alias && /= *([\w$]+);?$/.exec(alias.getText())?.[1];
  if (aliased !== undefined && source.getEnum(aliased)) return true;
  return follow(source.getVariableDeclaration(name)?.getInitializer());
}

/** Returns whether a module exports an enum by this name, declared or re-exported. */
function exportsEnum(module: SourceFile, { name, follow }: Name): boolean {
  if (declaresEnum(module, { name, follow })) return true;
  return module.getExportDeclarations().some((declaration) => {
    const from = moduleOf(module, declaration.getModuleSpecifierValue());
    const names = declaration.getNamedExports();
    const named = names.find((each) => (each.getAliasNode()?.getText() ?? each.getName()) === name);
    if (named) return exportsEnum(from ?? module, { name: named.getName(), follow });
    return from !== undefined && names.length === 0 && from !== module && exportsEnum(from, { name, follow });
  });
}

/** Returns the module of `import * as colors`. */
function namespaceOf(source: SourceFile, name: string): SourceFile | undefined {
  const declaration = source.getImportDeclarations().find((each) => each.getNamespaceImport()?.getText() === name);
  return declaration && moduleOf(source, declaration.getModuleSpecifierValue());
}

function moduleOf(source: SourceFile, specifier: string | undefined): SourceFile | undefined {
  const path = specifier?.startsWith(".") ? resolveModule(dirname(source.getFilePath()), specifier) : undefined;
  return path === undefined ? undefined : source.getProject().addSourceFileAtPathIfExists(path);
}
