import type { LogDestination } from "./types.js";

/** Characters that wait for a destination, beyond which lines are dropped and counted. */
const MOST_WAITING = 1024 * 1024;

/** Writes lines to a stream: those of one turn of the event loop at once. A destination that fails or is too slow costs lines, and nothing else. */
export class LineWriter {
  readonly #destination: LogDestination;
  #lines: string[] = [];
  #characters = 0;
  #lost = 0;
  readonly #lostLine: (lost: number) => string;

  /** `lostLine` makes the line that tells of those that were lost. */
  constructor(destination: LogDestination, lostLine: (lost: number) => string) {
    this.#destination = destination;
    this.#lostLine = lostLine;
    destination.on?.("error", () => this.#lost++); // such as EPIPE: nobody reads what was written
  }

  write(line: string): void {
    const waiting = this.#characters + (this.#destination.writableLength ?? 0);
    if (waiting + line.length > MOST_WAITING) {
      this.#lost++;
      return;
    }
    if (this.#lines.length === 0) queueMicrotask(() => this.flush());
    if (this.#lost > 0) this.#add(this.#lostLine(this.#lost));
    this.#lost = 0;
    this.#add(line);
  }

  /** Hands over what waits. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    const count = this.#lines.length;
    this.#lines = [];
    this.#characters = 0;
    try {
      this.#destination.write(text);
    } catch {
      this.#lost += count; // told with the next line
    }
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
  }
}
