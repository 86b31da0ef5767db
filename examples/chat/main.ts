/** `npm run example:chat`: topics with a parameter. Ada and Ben talk in rooms, and a moderator receives all messages. */
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { createChatClient } from "../../schemas/generated/chat.gen.js";
import { serveRooms } from "./chat.js";

const realm = "com.chat";

await using router = createRouter({ realms: [{ name: realm }] });
const { url } = await router.listen();
await using service = await connect({ url, realm });
await serveRooms(service, ["spam"]);

await using ada = await connect({ url, realm });
await using ben = await connect({ url, realm });
await using moderator = await connect({ url, realm });
const [adas, bens] = [createChatClient(ada), createChatClient(ben)];

await bens.said.subscribe({ room: "tea" }, ({ data }) => console.log(`ben hears in tea: ${data.text}`));
await createChatClient(moderator).said.subscribe({}, ({ params, data }) => {
  console.log(`the moderator hears in ${params.room}: ${data.text}`);
});

await adas.say({ room: "tea" }, { text: "Is there any left?" });
await adas.say({ room: "cake" }, { text: "And here?" });
const count = await bens.say({ room: "tea" }, { text: "A cup." });
console.log(`tea has had ${count} messages`);

const outcome = await adas.say({ room: "tea" }, { text: "Buy SPAM" }).safe();
if (!outcome.ok && outcome.error.code === "rejected") console.log(`rejected for "${outcome.error.data.word}"`);
