/** What a run has measured, as a table on the console, as Markdown and as bar charts. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Goal } from "./scenarios.js";

/** One line of the table. `figure` and `baseline` are in `unit`; without a baseline the figure stands for itself. */
export interface Row {
  readonly name: string;
  readonly figure: number;
  readonly baseline?: number;
  readonly goal?: Goal | undefined;
  /** What else there is to say. */
  readonly note?: string | undefined;
  /** Other routers in the same run, by name: their figure. */
  readonly against?: Readonly<Record<string, number>>;
}

interface Section {
  readonly title: string;
  readonly unit: string;
  readonly rows: Row[];
}

export class Report {
  readonly #sections: Section[] = [];

  section(title: string, unit: string): void {
    this.#sections.push({ title, unit, rows: [] });
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
      if (Number.isNaN(theirs)) console.log(`  ${other}: it cannot do that`);
      else
        console.log(
          `${`  ${other}`.padEnd(82)} ${number(theirs).padStart(9)} ${"".padStart(9)} ${number(figure / theirs).padStart(6)}`,
        );
    }
  }

  /** Writes `docs/benchmarks.md` and one chart for each section that has baselines. */
  write(directory: string, how: readonly string[]): void {
    const parts = this.#sections
      .filter(({ rows }) => rows.length > 0)
      .map((section, index) => {
        const chart = `benchmarks-${index + 1}.svg`;
        writeFileSync(`${directory}/${chart}`, svg(section));
        const lines = section.rows.map(
          (row) =>
            `| ${row.name} | ${number(row.figure)} | ${number(row.baseline)} | ${number(ratioOf(row))} | ${judged(row)} |`,
        );
        return `## ${section.title}\n\n![${section.title}](${chart})\n\n| ${section.unit} | here | baseline | ratio | goal |\n|---|---|---|---|---|\n${lines.join("\n")}\n`;
      });
    writeFileSync(
      `${directory}/benchmarks.md`,
      `# Benchmarks\n\nWritten by \`npm run bench -- --write\`. ${machine()}\n\n${how.map((line) => `- ${line}`).join("\n")}\n\n${parts.join("\n")}`,
    );
  }
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
  const measured = ratioOf(row) ?? row.figure;
  return `${row.goal.id} ≤ ${Number(row.goal.ratio.toFixed(2))} ${measured <= row.goal.ratio ? "met" : "missed"}`;
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
