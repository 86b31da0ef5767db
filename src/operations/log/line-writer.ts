import type { LogDestination } from "./types.js";

/** The maximum number of characters that wait for a destination. Further lines are dropped and counted. */
const MOST_WAITING = 1024 * 1024;

/**
 * Writes lines to a stream, once per turn of the event loop. If the destination fails or is too slow, lines are lost,
 * nothing else.
 */
export class LineWriter {
  readonly #destination: LogDestination;
  #lines: string[] = [];
  #characters = 0;
  #lost = 0;
  readonly #lostLine: (lost: number) => string;

  /** `lostLine` creates the line that reports lost lines. */
  constructor(destination: LogDestination, lostLine: (lost: number) => string) {
    this.#destination = destination;
    this.#lostLine = lostLine;
    destination.on?.("error", () => this.#lost++); // such as EPIPE: the reader is gone
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

  /** Writes the queued lines. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    const count = this.#lines.length;
    this.#lines = [];
    this.#characters = 0;
    try {
      this.#destination.write(text);
    } catch {
      this.#lost += count; // reported with the next line
    }
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
  }
}
