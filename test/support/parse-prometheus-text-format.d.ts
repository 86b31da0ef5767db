/** Types for the used part of the package, which has none. */
declare module "parse-prometheus-text-format" {
  export interface Sample {
    readonly value: string;
    readonly labels?: Readonly<Record<string, string>>;
  }
  export interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: "COUNTER" | "GAUGE" | "HISTOGRAM" | "SUMMARY" | "UNTYPED";
    readonly metrics: readonly Sample[];
  }
  // biome-ignore lint/style/noDefaultExport: how the package is made
  export default function parse(text: string): readonly Family[];
}
