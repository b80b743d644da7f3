// Completion of keys and values in the search bar of the list and of the analytics.
import { $, $$ } from "./page.js";

const input = $("#q");
const box = $("#completions");
let offered = [];
let chosen = -1;
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
  const kept = offered[chosen]?.text;
  offered = found;
  chosen = kept === undefined ? -1 : found.findIndex((entry) => entry.text === kept);
  box.replaceChildren(...offered.map((entry, index) => {
    const option = Object.assign(document.createElement("li"), { className: "opt", textContent: entry.text, id: `completion-${index}` });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", index === chosen);
    option.append(Object.assign(document.createElement("small"), { textContent: entry.note }));
    option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(entry); });
    return option;
  }));
  box.hidden = !offered.length || document.activeElement !== input;
  input.setAttribute("aria-expanded", String(!box.hidden));
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
input?.addEventListener("blur", () => { box.hidden = true; input.setAttribute("aria-expanded", "false"); });
input?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !box.hidden) {
    event.preventDefault();
    chosen = (Math.max(chosen, step < 0 ? 0 : -1) + step + offered.length) % offered.length;
    $$(".opt", box).forEach((option, index) => option.setAttribute("aria-selected", index === chosen));
    input.setAttribute("aria-activedescendant", `completion-${chosen}`);
    $$(".opt", box)[chosen].scrollIntoView({ block: "nearest" });
  } else if ((event.key === "Enter" || event.key === "Tab") && !box.hidden && chosen >= 0) { event.preventDefault(); take(offered[chosen]); }
  else if (event.key === "Escape") box.hidden ? input.blur() : (box.hidden = true);
});
