// Completion of keys and values in the search bar of the list and of the analytics.
import { $ } from "./page.js";
import { Offers } from "./offers.js";

const input = $("#q");
const offers = input && new Offers(input, $("#completions"), take);
let completing = 0;
const wordAt = () => {
  const upto = input.value.slice(0, input.selectionStart);
  const start = upto.search(/[^\s(]*$/);
  return { start, word: upto.slice(start) };
};
async function complete() {
  const { word } = wordAt();
  const url = `/sessions/complete?${new URLSearchParams({ word })}`;
  const mine = ++completing;
  const found = await fetch(url).then((response) => response.json()).catch(() => []);
  if (mine !== completing) return; // an answer that was overtaken by a later one
  // What is chosen already stays chosen while the list grows shorter.
  const kept = offers.entries[offers.at]?.text;
  offers.show(found, found.findIndex((entry) => entry.text === kept));
}
function take(entry) {
  const { start, word } = wordAt();
  const rest = input.value.slice(start + word.length);
  const isWhole = !entry.text.endsWith(":");
  input.value = input.value.slice(0, start) + entry.text + (isWhole ? " " : "") + rest.trimStart();
  const at = start + entry.text.length + (isWhole ? 1 : 0);
  input.setSelectionRange(at, at);
  complete();
}
input?.addEventListener("input", complete);
input?.addEventListener("focus", complete);
input?.addEventListener("blur", () => offers.close());
input?.addEventListener("keydown", (event) => {
  if (offers.walk(event)) return;
  if ((event.key === "Enter" || event.key === "Tab") && offers.press()) event.preventDefault();
  else if (event.key === "Escape") offers.isOpen ? offers.close() : input.blur();
});
