import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.js";

test("a procedure that is registered at one router is called from another", async (t) => {
  const { join } = await startCluster(t, 2);
  const [callee, caller] = [await join(0), await join(1)];
  const registration = await callee.register("com.example.add");
  const request = caller.call("com.example.add", {}, [1, 2], { by: "hand" });
  const invocation = await callee.receive("INVOCATION");
  expect(invocation).toMatchObject({ registration, args: [1, 2], kwargs: { by: "hand" }, details: {} });
  callee.send({ type: "YIELD", request: invocation.request, options: {}, args: [3] });
  expect(await caller.receive("RESULT")).toMatchObject({ request, args: [3] });
});
