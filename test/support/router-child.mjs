/** A child process of tests, plain JavaScript so that it starts fast: a router on the port it is given, until it is told to close or killed. */
import { createRouter } from "wampact/router";

const router = createRouter({ realms: [{ name: "com.example" }] });
process.on("message", (drainMs) => {
  void router.close({ drainMs }).then(() => process.exit());
});
const { url } = await router.listen({ port: Number(process.argv[2]) });
process.stdout.write(`${url}\n`);
