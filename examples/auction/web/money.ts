const FORMAT = new Intl.NumberFormat("en", { style: "currency", currency: "EUR", maximumFractionDigits: 0 });

/** Formats an amount, such as €1,200. */
export function euros(amount: number): string {
  return FORMAT.format(amount);
}
