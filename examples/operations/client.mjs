import { connect, createClient } from "wampact";
import { greetings } from "./contract.mjs";

const { ROUTER_URL = "ws://127.0.0.1:8080/ws" } = process.env;

const peer = await connect({ url: ROUTER_URL, realm: "com.app" });
console.log(await createClient(peer, greetings).greet({ name: "Ada" }));
await peer.close();
