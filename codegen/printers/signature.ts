/** A function's head, on one line where it fits and else with a line for each parameter. */
export function signature(
  head: string,
  {
    parameters,
    result,
    indent,
  }: { readonly parameters: readonly string[]; readonly result: string; readonly indent: number },
): string {
  const line = `${head}(${parameters.join(", ")}): ${result}`;
  if (line.length + indent <= 119 || parameters.length === 0) return line;
  return [`${head}(`, ...parameters.map((parameter) => `  ${parameter},`), `): ${result}`].join("\n");
}
