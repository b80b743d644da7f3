// The palette: to a place, a saved view, a session or a query, from any page.
import { $, savedViews } from "./page.js";
import { Offers } from "./offers.js";

const palette = $("#palette");
const field = $("input", palette);
const offers = new Offers(field, $(".sheet", palette));
const PLACES = [["Sessions", "/sessions"], ["Failed sessions", "/sessions?q=status%3Aerror"], ["Running sessions", "/sessions?q=status%3Arunning"], ["Analytics", "/analytics"], ["Alerts", "/alerts"], ["Settings", "/settings"], ["Latest session", "/sessions/last"]].map(([text, href]) => ({ text, href }));
let asked = 0;

async function suggest() {
  const text = field.value.trim();
  const mine = ++asked;
  const views = savedViews().map(({ name, href }) => ({ text: name, href, note: "saved view" }));
  const options = [...views, ...PLACES].filter((option) => option.text.toLowerCase().includes(text.toLowerCase()));
  if (/^[0-9a-f]{32}$/i.test(text)) options.unshift({ text: `Session ${text}`, href: `/sessions/${text.toLowerCase()}` });
  if (text) options.push({ text: `Search sessions for “${text}”`, href: `/sessions?q=${encodeURIComponent(text)}` });
  offers.show(options, 0);
  if (text.length < 3) return;
  try {
    const response = await fetch(`/api/v1/sessions?limit=6&q=${encodeURIComponent(text)}`);
    const { sessions = [] } = response.ok ? await response.json() : {};
    const found = sessions.map((s) => ({ text: s.name || s.id, href: `/sessions/${s.id}`, note: s.start_time.slice(0, 16).replace("T", " ") }));
    if (mine === asked) offers.show([...options, ...found], offers.at);
  } catch { /* the list above stays */ }
}

function open() {
  if (palette.open) return;
  palette.showModal();
  field.select();
  suggest();
}

field.addEventListener("input", suggest);
field.addEventListener("keydown", (event) => { if (!offers.walk(event) && event.key === "Enter") offers.press(); });
document.addEventListener("click", (event) => { if (event.target.closest('[data-open="palette"]')) open(); });
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  open();
});
