/** `npm run example:jobs`: progress of a call, its cancellation, and numbers that are sent one after another. */
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { createJobsClient } from "../../schemas/generated/jobs.gen.js";
import { serveQueue } from "./queue.js";

const realm = "com.jobs";

await using router = createRouter({ realms: [{ name: realm }] });
const { url } = await router.listen();
await using service = await connect({ url, realm });
await serveQueue(service, { stepMs: 10 });

await using peer = await connect({ url, realm });
const jobs = createJobsClient(peer);
const allEnded = countdown(3);
await jobs.ended.subscribe(({ data }) => {
  console.log(`${data.name}: ${data.outcome}`);
  allEnded.down();
});

const first = watch("resize", 3);
const second = watch("encode", 2);

// leaving the loop cancels the call, and the service stops the job
for await (const progress of jobs.run({ name: "render a film", steps: 1_000 })) {
  if (progress.state === "running" && progress.done === 2) break;
}
console.log(await first, await second);
await allEnded.done;

const sums = jobs.sum([1, 2, 3]);
for await (const { sum } of sums) console.log("sum so far:", sum);
console.log("sum:", await sums.result);

async function watch(name: string, steps: number): Promise<string> {
  const call = jobs.run({ name, steps });
  for await (const progress of call) {
    if (progress.state === "waiting") console.log(`${name}: ${progress.ahead} ahead`);
    else console.log(`${name}: ${progress.done} of ${progress.steps}`);
  }
  return `${(await call).name} is done.`;
}

function countdown(from: number): { readonly done: Promise<void>; down(): void } {
  let left = from;
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    done,
    down() {
      left -= 1;
      if (left === 0) finish();
    },
  };
}
