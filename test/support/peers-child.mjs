/** A child process of tests: many peers, each with a procedure of its own. It tells whenever all are ready again. */
import { connect } from "wampact/peer";

const [url, realm, count] = process.argv.slice(2);
let ready = 0;
const join = async (index) => {
  const peer = await connect({ url, realm, onError: () => {} });
  await peer.register(`com.example.p${index}`, () => index);
  ready++;
  let isReady = true;
  peer.on("state", (state) => {
    if ((state === "ready") === isReady) return;
    isReady = !isReady;
    ready += isReady ? 1 : -1;
    if (ready === Number(count)) process.send({ ready });
  });
};
process.on("disconnect", () => process.exit());
await Promise.all(Array.from({ length: Number(count) }, (_, index) => join(index)));
process.stdout.write("ready\n");
