import { utf8Text } from "../../wire/bytes.js";
import { OutgoingBatch } from "../outgoing-batch.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { WebSocketEnd, type WebSocketEndParts } from "./end.js";
import { type ControlKind, maskedControlFrame, maskedFrame } from "./frame.js";
import type { WebSocketData } from "./websocket.js";

/** What a client's end of a WebSocket needs to know. */
export interface ClientWebSocketParts extends WebSocketEndParts {
  /** Whether several messages travel in one frame. */
  readonly batched: boolean;
  /** Whether the router owes an answer: its silence is then noticed sooner. */
  readonly awaitsAnswer: () => boolean;
}

/** The client's end of a WebSocket on Node: it masks each frame, and writes what a turn has gathered at once. */
export class ClientWebSocket extends WebSocketEnd implements ByteSocket<WebSocketData> {
  readonly #parts: ClientWebSocketParts;
  readonly #batch: OutgoingBatch | undefined;

  constructor(parts: ClientWebSocketParts) {
    super(parts);
    this.#parts = parts;
    const { queue } = this;
    const send = (data: WebSocketData) => {
      queue.add([maskedFrame(data)]);
      queue.flush();
    };
    const atEndOfTurn = (flush: () => void) => parts.scheduler.wait({ flushSafely: () => this.guard(flush) });
    if (parts.batched) this.#batch = new OutgoingBatch({ send, atEndOfTurn });
  }

  set maxSendBytes(bytes: number | undefined) {
    if (this.#batch) this.#batch.maxBytes = bytes;
  }

  override get awaitsAnswer(): boolean {
    return this.#parts.awaitsAnswer();
  }

  override get unsentBytes(): number {
    return super.unsentBytes + (this.#batch?.length ?? 0);
  }

  /** Counts parts of a message, too. */
  get receivedBytes(): number | undefined {
    return (this.connection.socket as { readonly bytesRead?: number }).bytesRead;
  }

  open(listener: ByteListener): void {
    this.startReading(listener, { masked: false, compression: false });
  }

  send(data: WebSocketData): void {
    if (this.connection.state !== "open") return;
    if (this.#batch) this.#batch.add(data);
    else this.queue.add([maskedFrame(data)]);
  }

  close(code: number, reason: string): void {
    const { connection } = this;
    if (connection.state !== "open") return;
    this.#batch?.flush();
    connection.closing();
    this.finish(code, reason);
  }

  override onceDrained(callback: () => void): void {
    this.#batch?.flush();
    super.onceDrained(callback);
  }

  /** None was agreed on: the parser lets no such message pass. */
  compressed(): void {}

  protected override control(kind: ControlKind, data?: Uint8Array): Uint8Array {
    return maskedControlFrame(kind, data);
  }

  /** Text is handed over as text, which is what the platform's parser takes. */
  protected override take(message: Buffer): void {
    this.listener?.receive(this.#parts.binary ? message : utf8Text(message, 0, message.length));
  }
}
