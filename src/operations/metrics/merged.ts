/** The metrics of one process in the text format of Prometheus, and the label that distinguishes them from others. */
export interface LabelledText {
  readonly label: string;
  readonly text: string;
}

/** A metric with the samples of all processes. */
interface Family {
  readonly head: readonly string[];
  readonly samples: string[];
}

/** Merges the texts of several processes. Each metric appears once. Its samples get another label, called `name`. */
export function mergedMetrics(name: string, texts: readonly LabelledText[]): string {
  const families = new Map<string, Family>();
  for (const { label, text } of texts) {
    let family: Family | undefined;
    let head: string[] = [];
    for (const line of text.split("\n")) {
      if (line === "") continue;
      if (line.startsWith("# HELP ")) head = [line];
      else if (line.startsWith("# TYPE ")) {
        const metric = line.split(" ")[2] ?? "";
        family = families.get(metric) ?? { head: [...head, line], samples: [] };
        families.set(metric, family);
      } else family?.samples.push(labelled(line, `${name}="${label}"`));
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return `${lines.join("\n")}\n`;
}

/** Adds a label to a sample, in first place. */
function labelled(sample: string, label: string): string {
  const at = sample.search(/[ {]/);
  const rest = sample.slice(at);
  return sample.slice(0, at) + (rest.startsWith("{") ? `{${label},${rest.slice(1)}` : `{${label}}${rest}`);
}
