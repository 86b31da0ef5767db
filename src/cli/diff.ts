import { Command, Option } from "commander";
import {
  type ContractChange,
  diffContracts,
  type First,
  MissingPackagesError,
  type Severity,
} from "../../codegen/index.js";
import { fail } from "./report.js";

interface Flags {
  readonly against?: string;
  readonly format: "text" | "json" | "markdown";
}

/** Creates `wampact diff`: lists contract changes and whether they break peers. */
export function diffCommand(): Command {
  return new Command("diff")
    .description("classify contract changes as breaking, risky or safe; fails if any is breaking")
    .argument("[files...]", "contract files or directories (default: from the project's configuration, else schemas/)")
    .option("--against <what>", "a lock file, or git:REF (default: contracts.lock.json next to the contracts)")
    .addOption(new Option("--format <format>", "output format").choices(["text", "json", "markdown"]).default("text"))
    .action(async (files: string[], { against, format }: Flags) => {
      try {
        const changes = await diffContracts({ files, ...(against !== undefined && { against }) });
        console.log(PRINTERS[format](changes));
        if (changes.some(({ severity }) => severity === "breaking")) process.exitCode = 1;
      } catch (error) {
        fail(error);
        if (!(error instanceof MissingPackagesError)) process.exitCode = 2; // distinguishes it from a breaking change
      }
    });
}

const SEVERITIES: readonly Severity[] = ["breaking", "risky", "safe"];

const PRINTERS: Readonly<Record<Flags["format"], (changes: readonly ContractChange[]) => string>> = {
  json: (changes) => JSON.stringify({ ...totals(changes), changes }, undefined, 2),
  text: (changes) => {
    const blocks = sources(changes).map((source) =>
      [
        source,
        ...of(changes, { source }).map(({ severity, path, what, because, first }) => {
          return `  ${severity.padEnd(8)}  ${path}: ${what} (${because}); ${ORDERS[first]}`;
        }),
      ].join("\n"),
    );
    return [...blocks, summary(changes)].join("\n\n");
  },
  markdown: (changes) => {
    const blocks = SEVERITIES.flatMap((severity) => {
      const found = of(changes, { severity });
      if (found.length === 0) return [];
      const rows = found.map(({ path, what, because, first }) => {
        return `| \`${path}\` | ${escaped(what)} | ${escaped(because)} | ${ORDERS[first]} |`;
      });
      return [`### ${TITLES[severity]}`, ["| | Change | Why | Update |", "|---|---|---|---|", ...rows].join("\n")];
    });
    return [`**Contracts: ${summary(changes)}**`, ...blocks].join("\n\n");
  },
};

/** The side to update first. */
const ORDERS: Readonly<Record<First, string>> = {
  callers: "callers first",
  callees: "callees first",
  publishers: "publishers first",
  subscribers: "subscribers first",
  both: "both sides at once",
  either: "in any order",
};

const TITLES: Readonly<Record<Severity, string>> = { breaking: "Breaking", risky: "Risky", safe: "Safe" };

function summary(changes: readonly ContractChange[]): string {
  if (changes.length === 0) return "no changes";
  return SEVERITIES.map((severity) => `${totals(changes)[severity]} ${severity}`).join(", ");
}

function totals(changes: readonly ContractChange[]): Readonly<Record<Severity, number>> {
  const count = (severity: Severity): number => of(changes, { severity }).length;
  return { breaking: count("breaking"), risky: count("risky"), safe: count("safe") };
}

function sources(changes: readonly ContractChange[]): readonly string[] {
  return [...new Set(changes.map(({ source }) => source))];
}

function of(changes: readonly ContractChange[], wanted: Partial<ContractChange>): readonly ContractChange[] {
  const { source, severity } = wanted;
  return changes.filter(
    (change) => (source ?? change.source) === change.source && (severity ?? change.severity) === change.severity,
  );
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}
