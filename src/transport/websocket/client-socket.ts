import { utf8Text } from "../../wire/bytes.js";
import type { BatchFraming } from "../../wire/serializer.js";
import { OutgoingBatch } from "../outgoing-batch.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { WebSocketEnd, type WebSocketEndParts } from "./end.js";
import { type ControlKind, maskedControlFrame, maskedFrame } from "./frame.js";
import type { WebSocketData } from "./websocket.js";

/** The parts of a client's end of a WebSocket. */
export interface ClientWebSocketParts extends WebSocketEndParts {
  /** The framing of batches; `undefined` if each message has its own frame. */
  readonly framing: BatchFraming | undefined;
  /** Returns whether the router owes an answer. Silence is then detected sooner. */
  readonly awaitsAnswer: () => boolean;
}

/** The client's end of a WebSocket on Node. It masks each frame and combines the writes of a turn. */
export class ClientWebSocket extends WebSocketEnd implements ByteSocket<WebSocketData> {
  readonly #parts: ClientWebSocketParts;
  readonly #batch: OutgoingBatch | undefined;
  maxSendBytes: number | undefined;

  constructor(parts: ClientWebSocketParts) {
    super(parts);
    this.#parts = parts;
    const { queue } = this;
    const { framing } = parts;
    const send = (data: WebSocketData) => {
      queue.add([maskedFrame(data)]);
      queue.flush();
    };
    const atEndOfTurn = (flush: () => void) => parts.scheduler.wait({ flushSafely: () => this.guard(flush) });
    if (framing) this.#batch = new OutgoingBatch({ framing, send, atEndOfTurn });
  }

  override get awaitsAnswer(): boolean {
    return this.#parts.awaitsAnswer();
  }

  override get unsentBytes(): number {
    return super.unsentBytes + (this.#batch?.length ?? 0);
  }

  /** Also counts incomplete messages. */
  get receivedBytes(): number | undefined {
    return (this.connection.socket as { readonly bytesRead?: number }).bytesRead;
  }

  open(listener: ByteListener): void {
    this.startReading(listener, { masked: false, compression: false });
  }

  send(data: WebSocketData): void {
    if (this.connection.state !== "open") return;
    if (this.#batch) this.#batch.add(data, this.maxSendBytes);
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

  /** Unused: no compression is negotiated, so the parser rejects compressed messages. */
  compressed(): void {}

  protected override control(kind: ControlKind, data?: Uint8Array): Uint8Array {
    return maskedControlFrame(kind, data);
  }

  /** Passes text messages on as strings, for the platform's parser. */
  protected override take(message: Buffer): void {
    this.listener?.receive(this.#parts.binary ? message : utf8Text(message, 0, message.length));
  }
}
