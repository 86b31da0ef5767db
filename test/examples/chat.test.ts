import { expect, test } from "vitest";
import { createTestRouter } from "wampact/testing";
import { serveRooms } from "../../examples/chat/chat.js";
import { createChatClient } from "../../schemas/generated/chat.gen.js";

test("what is said is heard in its room, by whoever listens to all, and counted", async () => {
  await using router = createTestRouter();
  await serveRooms(await router.connect());
  const speaker = await router.connect();
  const listener = createChatClient(await router.connect());
  const [tea, all]: [string[], string[]] = [[], []];
  await listener.said.subscribe({ room: "tea" }, ({ data }) => void tea.push(data.text));
  await listener.said.subscribe(
    {},
    ({ params, data }) => void all.push(`${params.room} ${data.from === speaker.session?.id}`),
  );
  const client = createChatClient(speaker);
  expect(await client.say({ room: "tea" }, { text: "hi" })).toBe(1);
  expect(await client.say({ room: "cake" }, { text: "ho" })).toBe(1);
  expect(await client.say({ room: "tea" }, { text: "bye" })).toBe(2);
  await expect.poll(() => all).toEqual(["tea true", "cake true", "tea true"]);
  expect(tea).toEqual(["hi", "bye"]);
});

test("an unwanted word, an empty text and an impossible room are refused, each as what it is", async () => {
  await using router = createTestRouter();
  await serveRooms(await router.connect(), ["spam"]);
  const client = createChatClient(await router.connect());
  expect(await client.say({ room: "tea" }, { text: "SPAM!" }).safe()).toMatchObject({
    error: { code: "rejected", data: { word: "spam" } },
  });
  expect(await client.say({ room: "tea" }, { text: "" }).safe()).toMatchObject({ error: { code: "invalidInput" } });
  expect(await client.say({ room: "Tea room" }, { text: "hi" }).safe()).toMatchObject({
    error: { code: "invalidInput" },
  });
});
