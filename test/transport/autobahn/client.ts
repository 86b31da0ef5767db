import { connect, type Socket } from "node:net";
import { BINARY, frame, PING, PONG, type Reply, TEXT } from "./case.js";
import { ABORT, OPENING } from "./echo.js";

/** The end of a WebSocket that a case drives byte by byte; it reads what the server sends and judges nothing. */
export class CaseClient {
  readonly replies: Reply[] = [];
  /** The code of the server's close frame: 1005 for an empty one, `undefined` while none has come. */
  closeCode: number | undefined;
  aborts = 0;
  #ended = false;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", () => {}); // "close" follows, and the outcome shows what is missing
  }

  /** Opens a WebSocket, and joins, so that messages are echoed. */
  static async open(port: number, binary: boolean): Promise<CaseClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const client = new CaseClient(socket);
    const protocol = binary ? "wamp.2.cbor" : "wamp.2.json";
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    await client.#handshake();
    for (const text of OPENING) socket.write(frame(binary ? BINARY : TEXT, text));
    await client.until(() => client.replies.length === OPENING.length);
    client.replies.length = 0;
    return client;
  }

  /** Whether the server has closed the connection, or has said that it will. */
  get failed(): boolean {
    return this.#ended || this.closeCode !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Resolves once it is so, or nothing more can come. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Whether a ping is answered, rather than the connection failed. Its pong is no reply of the case. */
  async probe(): Promise<boolean> {
    this.write(frame(PING, "probe"));
    const isProbe = ([kind, text]: Reply) => kind === "pong" && text === "probe";
    await this.until(() => this.failed || this.replies.some(isProbe));
    const at = this.replies.findIndex(isProbe);
    if (at >= 0) this.replies.splice(at, 1);
    return !this.failed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #handshake(): Promise<void> {
    const socket = this.#socket;
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        this.#bytes = Buffer.concat([this.#bytes, chunk]);
        const end = this.#bytes.indexOf("\r\n\r\n");
        if (end < 0) return;
        if (!this.#bytes.toString("latin1").startsWith("HTTP/1.1 101 ")) reject(new Error(this.#bytes.toString()));
        this.#bytes = this.#bytes.subarray(end + 4);
        socket.off("data", onData);
        socket.on("data", (next: Buffer) => this.#read(next));
        resolve();
      };
      socket.on("data", onData);
    });
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let length = this.#frameLength(); length <= this.#bytes.length; length = this.#frameLength()) {
      this.#take(this.#bytes.subarray(0, length));
      this.#bytes = this.#bytes.subarray(length);
    }
    this.#wake();
  }

  /** Returns the length of the first frame. It exceeds the received bytes if the header is incomplete. */
  #frameLength(): number {
    const bytes = this.#bytes;
    const short = bytes[1] ?? 0;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < header) return Number.POSITIVE_INFINITY;
    if (short < 126) return 2 + short;
    return short === 126 ? 4 + bytes.readUInt16BE(2) : 10 + Number(bytes.readBigUInt64BE(2));
  }

  #take(bytes: Buffer): void {
    const header = (bytes[1] as number) < 126 ? 2 : bytes[1] === 126 ? 4 : 10;
    const opcode = (bytes[0] as number) & 0x0f;
    const data = bytes.subarray(header);
    const text = data.toString("latin1");
    if (opcode === PONG) this.replies.push(["pong", text]);
    else if (opcode !== TEXT && opcode !== BINARY) this.closeCode = data.length < 2 ? 1005 : data.readUInt16BE(0);
    else if (text === ABORT) this.aborts++;
    else this.replies.push(["message", text]);
  }
}
