/** A child process of tests, plain JavaScript so that it starts fast: a router on the port it is given, until it is told to close or killed. */
import { createRouter, rawSocket } from "wampact/router";

const router = createRouter({ realms: [{ name: "com.example" }] });
process.on("message", (drainMs) => {
  void router.close({ drainMs }).then(() => process.exit());
});
const [, , port, transport] = process.argv;
const options = { port: Number(port) };
const { url } = await router.listen(transport === "rawsocket" ? rawSocket(options) : options);
process.stdout.write(`${url}\n`);
