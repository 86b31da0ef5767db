/**
 * One end of a bare round trip over NATS, in a process of its own as a router of a cluster is, with a NATS client and nothing else. `answer`
 * sends each message back. `ask` makes a round trip for each message that it gets on a TCP socket, and answers with its time in
 * milliseconds.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connect } from "@nats-io/transport-node";

/** As long as what a router sends for a small call: 26 bytes of head and 44 of frames. */
const MESSAGE = new Uint8Array(70);

const [role, servers, here, there] = process.argv.slice(2) as ["ask" | "answer", string, string, string];
const connection = await connect({ servers });
let arrived: () => void = () => {};
const callback = (error: Error | null, { data }: { readonly data: Uint8Array }) => {
  if (error) throw error;
  if (role === "answer") connection.publish(there, data);
  else arrived();
};
connection.subscribe(here, { callback });
await connection.flush();
const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", () => {
    const begun = performance.now();
    arrived = () => void socket.write(String(performance.now() - begun));
    connection.publish(there, MESSAGE);
  });
  socket.on("error", () => {}); // the bench ends first
});
await once(server.listen(0, "127.0.0.1"), "listening");
process.send?.((server.address() as AddressInfo).port);
process.on("disconnect", () => process.exit());
