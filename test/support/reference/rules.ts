/** The range of each option, read from the `SettingRules` tables that check it: each table is found by the type it is for. */
import { type Expression, Node, type Project, type Symbol as TypeSymbol, type VariableDeclaration } from "ts-morph";

/** Says in words which values an option accepts, such as "an integer from 1". `undefined` where no table can be read. */
export type RangeOf = (options: Node, option: string) => string | undefined;

/** Words that say no more than the option's type does. */
const SAID_BY_TYPE = new Set([
  "true or false",
  "a string",
  "a function",
  "an object",
  "a list",
  "a value",
  "a list of functions",
]);

export function rangesOf(tables: RuleTables): RangeOf {
  return (options, option) => {
    const rule = ruleIn(tables.get(options)?.getInitializer(), option);
    const words = rule && expectedBy(rule);
    return words === undefined || SAID_BY_TYPE.has(words) ? undefined : words;
  };
}

/** Options type → the table that checks it. */
export type RuleTables = ReadonlyMap<Node, VariableDeclaration>;

export function ruleTables(project: Project): RuleTables {
  const tables = new Map<Node, VariableDeclaration>();
  for (const file of project.getSourceFiles()) {
    for (const table of file.getVariableDeclarations()) {
      const type = table.getTypeNode();
      if (!Node.isTypeReference(type) || type.getTypeName().getText() !== "SettingRules") continue;
      const [options] = type.getTypeArguments();
      const name = Node.isTypeReference(options) ? options.getTypeName() : undefined;
      const declared = declarationOf(name?.getSymbol());
      if (declared) tables.set(declared, table);
    }
  }
  return tables;
}

function declarationOf(symbol: TypeSymbol | undefined): Node | undefined {
  return (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations()[0];
}

function ruleIn(table: Expression | undefined, option: string): Expression | undefined {
  if (Node.isIdentifier(table)) return ruleIn(initializerOf(table), option);
  if (!Node.isObjectLiteralExpression(table)) return undefined;
  for (const property of table.getProperties().reverse()) {
    if (Node.isSpreadAssignment(property)) {
      const rule = ruleIn(property.getExpression(), option);
      if (rule) return rule;
    } else if (property.getName() === option) {
      if (Node.isPropertyAssignment(property)) return property.getInitializer();
      if (Node.isShorthandPropertyAssignment(property)) return initializerOf(property.getNameNode(), property);
    }
  }
  return undefined;
}

/** The initializer of a name: a variable's value, or the rule that destructuring takes from a table. */
function initializerOf(name: Node, shorthand?: Node): Expression | undefined {
  const symbol = Node.isShorthandPropertyAssignment(shorthand) ? shorthand.getValueSymbol() : name.getSymbol();
  const declared = declarationOf(symbol);
  if (Node.isVariableDeclaration(declared)) return declared.getInitializer();
  if (!Node.isBindingElement(declared)) return undefined;
  const from = declared.getFirstAncestor(Node.isVariableDeclaration)?.getInitializer();
  return ruleIn(from, declared.getPropertyNameNode()?.getText() ?? declared.getName());
}

function expectedBy(rule: Expression): string | undefined {
  if (Node.isPropertyAccessExpression(rule)) {
    const named = ruleIn(rule.getExpression(), rule.getName());
    return named && expectedBy(named);
  }
  if (Node.isIdentifier(rule)) {
    const value = initializerOf(rule);
    return value && expectedBy(value);
  }
  if (Node.isObjectLiteralExpression(rule)) {
    const words = ruleIn(rule, "expected");
    return words && textOf(words);
  }
  if (!Node.isCallExpression(rule)) return undefined;
  const [first, ...others] = rule.getArguments();
  const called = declarationOf(rule.getExpression().getSymbol());
  if (!Node.isFunctionDeclaration(called)) return undefined;
  if (called.getName() === "oneOf") return [first, ...others].flatMap(textsOf).join(" or ");
  if (called.getParameters()[0]?.getName() !== "expected" || !Node.isExpression(first)) return undefined;
  return textOf(first);
}

/** The literals of an argument, which may be a spread list: `...LEVELS`. */
function textsOf(argument: Node | undefined): readonly string[] {
  if (!Node.isSpreadElement(argument)) return argument ? [argument.getText()] : [];
  const list = initializerOf(argument.getExpression());
  return Node.isArrayLiteralExpression(list) ? list.getElements().map((each) => each.getText()) : [argument.getText()];
}

/** The text of a literal; a template's names stand for constants. */
function textOf(expression: Node): string | undefined {
  if (Node.isStringLiteral(expression) || Node.isNoSubstitutionTemplateLiteral(expression))
    return expression.getLiteralText();
  if (Node.isNumericLiteral(expression)) return expression.getLiteralValue().toLocaleString("en-US");
  if (Node.isIdentifier(expression)) {
    const value = initializerOf(expression);
    return value && (textOf(value) ?? value.getText().replaceAll(/ ?\*\* ?/g, "^"));
  }
  if (!Node.isTemplateExpression(expression)) return undefined;
  const parts = expression.getTemplateSpans().map((span) => {
    const value = textOf(span.getExpression());
    return value === undefined ? undefined : value + span.getLiteral().getLiteralText();
  });
  return parts.includes(undefined) ? undefined : expression.getHead().getLiteralText() + parts.join("");
}
