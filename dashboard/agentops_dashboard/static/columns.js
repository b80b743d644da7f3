// Columns of the list: dragged wider at their edge, dragged to another place by their head, or moved in the menu.
import { $, $$, keep } from "./page.js";

const form = $("#columns");
const table = $("table.sessions");
const NARROWEST = 40;

const shown = () => form.dataset.columns.split(",").map((part) => part.split("~"));
const text = (columns) => columns.map(([key, width]) => (width ? `${key}~${width}` : key)).join(",");

function remember(columns) {
  form.dataset.columns = text(columns);
  keep("cols", text(columns));
  const url = new URL(location.href);
  url.searchParams.set("cols", text(columns));
  return url;
}

function place(key, before) {
  const columns = shown();
  const from = columns.findIndex(([name]) => name === key);
  const [moved] = columns.splice(from, 1);
  const at = columns.findIndex(([name]) => name === before);
  columns.splice(at < 0 ? columns.length : at, 0, moved);
  location.replace(remember(columns));
}

/** The widths as they are; the session's name keeps none, so that it takes what is left. */
function measured() {
  return shown().map(([key]) => [key, key === "name" ? "" : Math.round($(`th[data-column="${key}"]`, table).getBoundingClientRect().width)]);
}

function resize(event, head) {
  event.preventDefault();
  const key = head.dataset.column;
  const columns = measured();
  const start = head.getBoundingClientRect().width;
  const mine = columns.find(([name]) => name === key);
  for (const [name, width] of columns) if (width) $(`col[data-column="${name}"]`, table).setAttribute("width", width);
  table.classList.add("fixed");
  const move = (moved) => {
    mine[1] = Math.max(NARROWEST, Math.round(start + moved.clientX - event.clientX));
    $(`col[data-column="${key}"]`, table).setAttribute("width", mine[1]);
  };
  const grip = event.target;
  grip.setPointerCapture(event.pointerId);
  grip.addEventListener("pointermove", move);
  grip.addEventListener("pointerup", () => {
    grip.removeEventListener("pointermove", move);
    history.replaceState(null, "", remember(columns));
  }, { once: true });
}

for (const head of table ? $$("th[data-column]", table) : []) {
  const grip = $(".grip", head);
  grip.addEventListener("pointerdown", (event) => resize(event, head));
  head.draggable = true;
  head.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/column", head.dataset.column));
  head.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("text/column")) { event.preventDefault(); head.classList.add("drop"); }
  });
  head.addEventListener("dragleave", () => head.classList.remove("drop"));
  head.addEventListener("drop", (event) => {
    event.preventDefault();
    const key = event.dataTransfer.getData("text/column");
    if (key && key !== head.dataset.column) place(key, head.dataset.column);
  });
}

form?.addEventListener("click", (event) => {
  const earlier = event.target.closest("[data-earlier]");
  if (!earlier) return;
  const keys = shown().map(([key]) => key);
  place(earlier.dataset.earlier, keys[keys.indexOf(earlier.dataset.earlier) - 1]);
});
form?.addEventListener("submit", () => keep("cols", ""));
$("#columns-default")?.addEventListener("click", () => {
  keep("cols", "");
  const url = new URL(location.href);
  url.searchParams.delete("cols");
  location.replace(url);
});
$("#density")?.addEventListener("click", (event) => keep("density", new URL(event.currentTarget.href).searchParams.get("density") ?? ""));
const asked = new URL(location.href).searchParams.get("cols");
if (asked) keep("cols", asked);
