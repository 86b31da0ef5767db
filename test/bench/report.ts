/** The results of a run, as a table on the console, as Markdown and as bar charts. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { GOALS, type Goal, type GoalId } from "./goals.js";

/** One line of the table. `figure` and `baseline` are in `unit`; without a baseline the figure stands for itself. */
export interface Row {
  readonly name: string;
  readonly figure: number;
  readonly baseline?: number | undefined;
  readonly goal?: Goal | undefined;
  /** A remark. */
  readonly note?: string | undefined;
  /** Other routers in the same run, by name: their figure. */
  readonly against?: Readonly<Record<string, number>>;
}

/** A table, and a chart in a file that is named by its topic. */
export interface Heading {
  readonly title: string;
  readonly chart: string;
  readonly unit: string;
}

interface Section extends Heading {
  readonly rows: Row[];
}

export class Report {
  readonly #sections: Section[] = [];

  section(heading: Heading): void {
    this.end();
    this.#sections.push({ ...heading, rows: [] });
  }

  /** Ends the last section: prints what its goals mean. */
  end(): void {
    for (const line of goalsOf(this.#sections.at(-1))) console.log(`  ${line}`);
  }

  /** Adds a row to the last section. */
  add(row: Row): void {
    const section = this.#sections.at(-1);
    if (section?.rows.length === 0) printHeader(section);
    section?.rows.push(row);
    const { name, figure, baseline, against = {} } = row;
    const columns = [number(figure).padStart(9), number(baseline).padStart(9), number(ratioOf(row)).padStart(6)];
    console.log(`${name.padEnd(82)} ${columns.join(" ")}  ${judged(row)}`);
    for (const [other, theirs] of Object.entries(against)) {
      if (Number.isNaN(theirs)) console.log(`  ${other}: not supported`);
      else
        console.log(
          `${`  to ${other}`.padEnd(82)} ${"".padStart(9)} ${number(theirs).padStart(9)} ${number(figure / theirs).padStart(6)}  ${verdictToOther(row, theirs)}`,
        );
    }
  }

  /** Writes `docs/benchmarks.md` and one chart for each section that has baselines. */
  write(directory: string, how: readonly string[]): void {
    for (const file of readdirSync(directory)) {
      if (/^benchmarks-.*[.]svg$/.test(file)) rmSync(`${directory}/${file}`);
    }
    const parts = this.#sections
      .filter(({ rows }) => rows.length > 0)
      .map((section) => {
        const chart = `benchmarks-${section.chart}.svg`;
        writeFileSync(`${directory}/${chart}`, svg(section));
        return `## ${section.title}\n\n![${section.title}](${chart})\n\n${table(section)}\n${goalsOf(section)
          .map((line) => `- ${line}\n`)
          .join("")}`;
      });
    writeFileSync(
      `${directory}/benchmarks.md`,
      `# Benchmarks\n\nWritten by \`npm run bench -- --write\`. ${machine()}\n\n${how.map((line) => `- ${line}`).join("\n")}\n- ${ABOUT_GOALS}\n\n${parts.join("\n")}`,
    );
  }
}

function table({ unit, rows }: Section): string {
  const others = [...new Set(rows.flatMap(({ against = {} }) => Object.keys(against)))];
  const head = [unit, "here", "baseline", "ratio", "goal", ...others.map((name) => `${name} (ratio to it)`)];
  const lines = rows.map((row) => {
    const beside = others.map((name) => besideOther(row, row.against?.[name]));
    return [row.name, number(row.figure), number(row.baseline), number(ratioOf(row)), judged(row), ...beside];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function besideOther(row: Row, theirs: number | undefined): string {
  if (theirs === undefined) return "";
  if (Number.isNaN(theirs)) return "not supported";
  return `${number(theirs)} (${[number(row.figure / theirs), verdictToOther(row, theirs)].filter(Boolean).join("; ")})`;
}

/** How to read the column with the goals. */
const ABOUT_GOALS =
  "In the column `goal`, `G1 ≤ 2 met` means: the goal G1 allows at most twice the baseline, and this run is within it. Where a row has no baseline, the goal is in the unit of the row. The list below each table explains its goals.";

/** Explains the goals of a section's rows, one line for each. */
function goalsOf(section: Section | undefined): readonly string[] {
  const ids = new Set((section?.rows ?? []).flatMap(({ goal }): GoalId[] => (goal ? [goal.id] : [])));
  return [...ids].map((id) => `${id}: ${GOALS[id]}`);
}

function printHeader({ title, unit }: Section): void {
  console.log(
    `\n${`${title}, ${unit}`.padEnd(82)} ${"here".padStart(9)} ${"baseline".padStart(9)} ${"ratio".padStart(6)}  goal`,
  );
}

function ratioOf({ figure, baseline }: Row): number | undefined {
  return baseline === undefined ? undefined : figure / baseline;
}

function verdict(row: Row): string {
  if (!row.goal) return "";
  return met(row.goal.id, ratioOf(row) ?? row.figure, row.goal.ratio);
}

function verdictToOther({ figure, goal }: Row, theirs: number): string {
  return goal?.ofOthers === undefined ? "" : met(goal.id, figure / theirs, goal.ofOthers);
}

function met(id: GoalId, measured: number, limit: number): string {
  return `${id} ≤ ${Number(limit.toFixed(2))} ${measured <= limit ? "met" : "missed"}`;
}

/** The verdict, and what else there is to say. */
function judged(row: Row): string {
  return [verdict(row), row.note].filter(Boolean).join("; ");
}

function number(value: number | undefined): string {
  if (value === undefined) return "";
  return value >= 1_000 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}

/** Machine, versions and commit. */
export function machine(): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const version = (name: string) =>
    (
      JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), "utf8")) as {
        version: string;
      }
    ).version;
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, commit ${commit}, Node ${process.version}, ws ${version("ws")}, ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}.`;
}

/** Pairs of bars: what was measured, and its baseline below. */
function svg({ title, unit, rows }: Section): string {
  const width = 860;
  const left = 470;
  const most = Math.max(...rows.flatMap(({ figure, baseline = 0 }) => [figure, baseline]));
  const scale = (value: number) => Math.max(1, Math.sqrt(value / most) * (width - left - 90));
  const bars = rows.flatMap(({ name, figure, baseline }, index) => {
    const y = 52 + index * 44;
    const bar = (value: number, at: number, color: string) =>
      `<rect x="${left}" y="${at}" width="${scale(value).toFixed(1)}" height="15" rx="2" fill="${color}"/><text x="${(left + scale(value) + 6).toFixed(1)}" y="${at + 12}">${number(value)}</text>`;
    return [
      `<text x="${left - 10}" y="${y + (baseline === undefined ? 12 : 20)}" text-anchor="end">${escaped(name)}</text>`,
      bar(figure, y, "#2563eb"),
      ...(baseline === undefined ? [] : [bar(baseline, y + 17, "#94a3b8")]),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${60 + rows.length * 44}" font-family="system-ui, sans-serif" font-size="12" fill="#334155"><title>${escaped(title)}</title><rect width="100%" height="100%" fill="#ffffff"/><text x="16" y="24" font-size="15" font-weight="600">${escaped(title)}</text><text x="16" y="42">${escaped(unit)}; blue: here, grey: baseline; bars grow with the square root</text>${bars.join("")}</svg>\n`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
