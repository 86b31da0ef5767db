/**
 * A router with the demo services, for playing with: `npm start`. It stays up until Ctrl-C.
 * PORT (default 8080) and REALM (default com.app) change where it listens and what its realm is called.
 */
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { serveCalculator } from "../schemas/generated/calculator.gen.js";
import { serveOrders } from "../schemas/generated/orders.gen.js";
import { calculatorHandlers, ordersHandlers } from "./handlers.js";

const port = Number(process.env.PORT ?? 8080);
const realm = process.env.REALM ?? "com.app";

const router = createRouter({ realms: [{ name: realm }] });
const { url } = await router.listen({ port }).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
const peer = await connect({ transport: router.attach(), realm });
await serveCalculator(peer, calculatorHandlers());
await serveOrders(peer, ordersHandlers());
console.log(
  `wampact router on ${url}, realm ${realm}: com.app.add2, com.app.divide and others are served. Ctrl-C ends it.`,
);

const stop = async () => {
  console.log("\ngoing down: every session is told");
  await router.close();
  process.exit(0);
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
