import type { $ZodIssue, $ZodRawIssue } from "zod/v4/core";

/** An issue as a schema raises it, or as a zod error contains it. */
export type Found = ($ZodIssue | $ZodRawIssue) & {
  /** Text added to the message: the number of alternatives of which this is the closest. */
  readonly suffix?: string;
  /** The message, if it differs from that of the code. */
  readonly words?: string;
};

/** The issue of a value that matches no alternative, or several where only one may match. */
export type UnionFault = Found & { readonly code: "invalid_union" };

type Path = readonly PropertyKey[];

/** Returns the issues behind that of a union. In browser bundles, only the discriminator's. */
export function explained(issue: Found): readonly Found[] {
  const literal = issue.code === "invalid_union" && wrongLiteral(issue, issue.errors);
  return [literal || issue];
}

/** Describes the value that was received. Browser bundles do not describe it. */
export function gotOf(_first: Found | undefined): string | undefined {
  return undefined;
}

/** Returns the issue if all alternatives expect a literal at the same path: the discriminator, or the value itself. */
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
