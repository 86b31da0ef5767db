import { joinWorker } from "./tab.js";

const element = <Type extends HTMLElement>(selector: string): Type => {
  const found = document.querySelector<Type>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
};
const [state, said, error] = [element("#state"), element("#said"), element("#error")];
const [form, input] = [element("form"), element<HTMLInputElement>("#text")];

const chat = joinWorker((now) => {
  state.textContent = now;
});
chat.onSaid({ room: "tea" }, ({ data }) => {
  const line = document.createElement("li");
  line.textContent = data.text;
  said.append(line);
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const outcome = await chat.say({ room: "tea" }, { text: input.value });
  error.textContent = outcome.ok ? "" : outcome.code === "rejected" ? "That word is not wanted here." : outcome.message;
  if (outcome.ok) input.value = "";
});
