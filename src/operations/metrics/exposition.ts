/** The labels of a sample, in the order of writing. */
export type Labels = Readonly<Record<string, string>>;

export type MetricType = "counter" | "gauge" | "histogram";

/** The name, type and help text of a metric. */
export interface MetricHead {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
}

/** Writes metrics in the Prometheus text format, version 0.0.4. The samples of a metric must follow its head. */
export class Exposition {
  readonly #lines: string[] = [];

  /** Starts a metric. */
  head({ name, type, help }: MetricHead): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  sample(name: string, labels: Labels, value: number): void {
    this.#lines.push(`${name}${labelText(labels)} ${valueText(value)}`);
  }

  /** Writes a metric with one sample. */
  single(head: MetricHead, value: number, labels: Labels = {}): void {
    this.head(head);
    this.sample(head.name, labels, value);
  }

  get text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Escapes the only three characters that need it in the format. */
function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return String(value);
}
