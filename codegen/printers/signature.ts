/** Returns a function's signature, on one line if it fits, otherwise with one line for each parameter. */
export function signature(
  head: string,
  {
    parameters,
    result,
    indent,
    arrow = false,
  }: {
    readonly parameters: readonly string[];
    readonly result: string;
    readonly indent: number;
    /** Whether it is a function type instead of a method. */
    readonly arrow?: boolean;
  },
): string {
  const end = arrow ? `) => ${result}` : `): ${result}`;
  const line = `${head}(${parameters.join(", ")}${end}`;
  if (line.length + indent <= 119 || parameters.length === 0) return line;
  return [`${head}(`, ...parameters.map((parameter) => `  ${parameter},`), end].join("\n");
}
