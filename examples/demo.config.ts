/**
 * The configuration of `npm start`: a router with the demo services. The environment variables PORT (default 8080) and REALM
 * (default com.app) set its port and the name of its realm.
 */
import { connect } from "wampact";
import { defineConfig } from "wampact/config";
import { serveCalculator } from "../schemas/generated/calculator.gen.js";
import { serveOrders } from "../schemas/generated/orders.gen.js";
import { calculatorHandlers, ordersHandlers } from "./handlers.js";

const realm = process.env.REALM ?? "com.app";

// biome-ignore lint/style/noDefaultExport: wampact router reads the default export
export default defineConfig({
  realms: [{ name: realm }],
  listeners: [{ type: "websocket", port: Number(process.env.PORT ?? 8080) }],
  logs: { format: "text" },
  control: false,
  async onListening(router) {
    const peer = await connect({ transport: router.attach(), realm });
    await serveCalculator(peer, calculatorHandlers());
    await serveOrders(peer, ordersHandlers());
    console.log(
      "demo services: com.app.add2, com.app.divide and others of schemas/calculator.ts and schemas/orders.ts\n",
    );
  },
});
