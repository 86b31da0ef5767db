import type { $ZodIssue, $ZodRawIssue } from "zod/v4/core";

/** Faults beyond this many are left out: a peer must not make us answer with more than it sent. */
export const MOST_ISSUES = 20;

/** A fault as a schema pushes it, or as an error of zod's holds it. */
export type Found = ($ZodIssue | $ZodRawIssue) & {
  /** Of how many alternatives the one that the fault is from is the closest. */
  readonly closestOf?: number;
};

type Path = readonly PropertyKey[];

/**
 * What a value that fits no alternative of a union has wrong, where that can be said: its discriminator, its type, or what the
 * alternative that it comes closest to has found.
 */
export function explained(issue: Found): readonly Found[] {
  if (issue.code !== "invalid_union" || issue.inclusive === false) return [issue];
  const { path = [], input, errors, discriminator, options } = issue;
  if (discriminator !== undefined && options)
    return [{ code: "invalid_value", values: options, path, input: valueAt(input, [discriminator]) }];
  const alternatives = errors.map((found) => found.slice(0, MOST_ISSUES).flatMap(explained));
  const [closest] = alternatives.toSorted((a, b) => distance(a) - distance(b));
  if (!closest) return [issue];
  const said = sharedValue(alternatives) ?? sharedType(alternatives);
  const closestOf = said ? {} : { closestOf: alternatives.length };
  return (said ?? closest).map((each) => {
    const inner = each.path ?? [];
    return { ...each, ...closestOf, path: [...path, ...inner], input: valueAt(input, inner) } as Found; // of its own code still
  });
}

/** One of several literals is expected at one place: a discriminator, or the value itself. */
function sharedValue(alternatives: readonly (readonly Found[])[]): readonly Found[] | undefined {
  for (const { path } of alternatives[0] ?? []) {
    const found = alternatives.map((issues) =>
      issues.find((each) => each.code === "invalid_value" && isSame(each.path, path)),
    );
    const values = found.flatMap((each) => (each?.code === "invalid_value" ? each.values : []));
    if (found.every((each) => each))
      return [{ code: "invalid_value", values, path: [...(path ?? [])], input: undefined }];
  }
  return undefined;
}

/** The value is of no type that an alternative has. */
function sharedType(alternatives: readonly (readonly Found[])[]): readonly Found[] | undefined {
  const types = alternatives.flatMap(([first, ...others]) =>
    first?.code === "invalid_type" && !first.path?.length && others.length === 0 ? [first.expected] : [],
  );
  if (types.length < alternatives.length) return undefined;
  const expected = [...new Set(types)].join(" or ") as (typeof types)[number];
  return [{ code: "invalid_type", expected, path: [], input: undefined }];
}

/** How far a value is from an alternative: of another type, then of another kind, then with more faults. */
function distance(issues: readonly Found[]): number {
  const isOther = issues.some(({ path }) => !path?.length);
  return (isOther ? 10_000 : 0) + (issues.some(({ code }) => code === "invalid_value") ? 1_000 : 0) + issues.length;
}

function isSame(a: Path = [], b: Path = []): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[step],
    value,
  );
}
