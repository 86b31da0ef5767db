import { connect, createClient, serve } from "wampact";
import { wampcra } from "wampact/auth/wampcra";
import { greetings } from "./contract.mjs";

const { ROUTER_URL = "ws://127.0.0.1:8080/ws", BACKEND_SECRET = "" } = process.env;

// It tries until the router is there, and comes back to it after each loss.
const peer = await connect({
  url: ROUTER_URL,
  realm: "com.app",
  auth: [wampcra({ authid: "greeter", secret: BACKEND_SECRET })],
});
const { greeted } = createClient(peer, greetings);
await serve(
  peer,
  greetings,
  {
    async greet({ name }) {
      await greeted.publish({ name });
      return `Hello, ${name}!`;
    },
  },
  { invoke: "roundrobin" }, // several instances share the calls
);
console.log(`serving at ${ROUTER_URL}`);
peer.on("state", (state, reason) => console.log(reason === undefined ? state : `${state}: ${reason}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => peer.close({ drainMs: 10_000 }));
