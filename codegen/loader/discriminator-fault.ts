import { type $ZodType, safeParse } from "zod/v4/core";

/** Returns the reason why zod cannot use a discriminated union. Zod itself finds that with the first value, and throws for each. */
export function discriminatorFault(schema: $ZodType, discriminator: string): string | undefined {
  const name = JSON.stringify(discriminator);
  const [, option, value] = FAULT.exec(thrownBy(schema)) ?? [];
  if (option !== undefined) {
    return `option ${Number(option) + 1} of the z.discriminatedUnion() has no fixed values for ${name}; use z.literal() or z.enum() there, or z.union()`;
  }
  if (value !== undefined) {
    return `two options of the z.discriminatedUnion() have the same ${name}, ${JSON.stringify(value)}; give each its own, or use z.union()`;
  }
  return undefined;
}

const FAULT = /^(?:Invalid discriminated union option at index "(\d+)"|Duplicate discriminator value "(.*)")$/s;

function thrownBy(schema: $ZodType): string {
  try {
    safeParse(schema, {});
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // may also come from a function of the author
  }
}
