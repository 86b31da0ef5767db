/** A child process of tests: a peer that answers a procedure, shared with others, with its own name until it is told to end. */
import { connect } from "wampact/peer";

const [url, realm, procedure, name] = process.argv.slice(2);
const peer = await connect({ url, realm, reconnect: { minMs: 10 }, onError: () => {} });
await peer.register(procedure, () => name, { invoke: "roundrobin" });
process.on("disconnect", () => process.exit());
process.stdout.write("ready\n");
