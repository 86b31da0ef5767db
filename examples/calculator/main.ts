/** `npm run example:calculator`: typed calls, a typed error, progress in a loop, and middleware on both sides. */
import { connect, type Middleware } from "wampact";
import { createRouter } from "wampact/router";
import { createCalculatorClient, serveCalculator } from "../../schemas/generated/calculator.gen.js";
import { calculatorHandlers } from "../handlers.js";

const realm = "com.app";

/** Middleware for both sides that logs calls. */
function logged(side: string): Middleware {
  return async (call, next) => {
    try {
      const result = await next();
      console.log(`  ${side} ${call.kind} ${call.name}(${JSON.stringify(call.input)}) → ${JSON.stringify(result)}`);
      return result;
    } catch (error) {
      console.log(`  ${side} ${call.kind} ${call.name}(${JSON.stringify(call.input)}) failed`);
      throw error;
    }
  };
}

await using router = createRouter({ realms: [{ name: realm }] });
const { url } = await router.listen();
await using service = await connect({ url, realm });
await serveCalculator(service, calculatorHandlers(), { use: [logged("service")] });

await using peer = await connect({ url, realm });
const client = createCalculatorClient(peer, { use: [logged("client ")] });

console.log("2 + 3 =", await client.add2({ a: 2, b: 3 }));
console.log("4 × 5 =", await client.scale(4, 5));

const outcome = await client.divide({ a: 1, b: 0 }).safe();
if (!outcome.ok && outcome.error.code === "divideByZero") console.log("cannot divide", outcome.error.data.numerator);

for await (const { left } of client.countdown({ from: 3 })) console.log("countdown:", left);
