import type { $ZodIssue, $ZodRawIssue } from "zod/v4/core";

/** A fault as a schema pushes it, or as an error of zod's holds it. */
export type Found = ($ZodIssue | $ZodRawIssue) & {
  /** Added to its words: of how many alternatives the one that it is from is the closest. */
  readonly suffix?: string;
  /** What it is told as, where its code does not say it. */
  readonly words?: string;
};

/** A value that fits no alternative, or several where only one may. */
export type UnionFault = Found & { readonly code: "invalid_union" };

type Path = readonly PropertyKey[];

/** The faults behind the one of a union: bundles for browsers know its discriminator only. */
export function explained(issue: Found): readonly Found[] {
  const literal = issue.code === "invalid_union" && wrongLiteral(issue, issue.errors);
  return [literal || issue];
}

/** What came in place of what was expected, in words: bundles for browsers do not tell. */
export function gotOf(_first: Found | undefined): string | undefined {
  return undefined;
}

/** All alternatives expect some literal at one place: it is their discriminator, or the value itself. */
export function wrongLiteral(issue: UnionFault, alternatives: readonly (readonly Found[])[]): Found | undefined {
  const { path = [], input, discriminator } = issue;
  const literal = (values: unknown, inner: Path) =>
    ({ code: "invalid_value", values, path: [...path, ...inner], input: valueAt(input, inner) }) as Found;
  if (discriminator !== undefined && "options" in issue) return { ...literal(issue.options, [discriminator]), path };
  for (const { path: inner = [] } of alternatives[0] ?? []) {
    const found = alternatives.map((each) =>
      each.find(({ code, path }) => code === "invalid_value" && `${path}` === `${inner}`),
    );
    const values = found.flatMap((each) => (each?.code === "invalid_value" ? each.values : []));
    if (!found.includes(undefined)) return literal(values, inner);
  }
  return undefined;
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[step],
    value,
  );
}
