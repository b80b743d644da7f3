// The session list: completion, histogram, endless rows, live rows, keyboard, selection.
import "./columns.js";
import "./completion.js";
import "./views.js";
import { $, $$, change, isTyping, momentOf, nodes, piece, toast, untilLetGo } from "./page.js";
import { closePeek, isPeeking, peek } from "./peek.js";
import { askTags } from "./tagging.js";

const body = $("#rows");
const here = new URL(location.href);
const visit = (changes) => {
  const url = new URL(location.href);
  url.searchParams.delete("cursor");
  for (const [name, value] of Object.entries(changes)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
  location.assign(url);
};

// Endless rows
const more = $("#more");
async function loadMore() {
  if (!more || more.hidden || more.dataset.busy) return;
  more.dataset.busy = "1";
  more.textContent = "Loading…";
  try {
    const { html, headers } = await piece(more.dataset.rows);
    body.append(rowsOf(html));
    const next = headers.get("X-Next-Rows");
    next ? (more.dataset.rows = next) : (more.hidden = true);
    more.textContent = "More";
  } catch (error) {
    more.textContent = `Could not load more (${error.message}). Try again`;
  }
  delete more.dataset.busy;
}
function rowsOf(html) {
  const fragment = document.createDocumentFragment();
  fragment.append(...$$("tr", nodes(`<table><tbody>${html}</tbody></table>`)));
  return fragment;
}
if (more) {
  more.addEventListener("click", (event) => { event.preventDefault(); loadMore(); });
  new IntersectionObserver(([entry]) => entry.isIntersecting && loadMore(), { rootMargin: "600px" }).observe(more);
}

// Live rows: those in sight are brought up to date in place, new ones wait behind a button unless the top is in sight.
const live = $("#live");
const pill = $("#new-rows");
const newest = (here.searchParams.get("sort") ?? "-start_time") === "-start_time" && !here.searchParams.get("to");
let isLive = localStorage.getItem("live") !== "off";
let waiting = null;
let timer;
let isCut = false;
function showLive() {
  live.setAttribute("aria-pressed", isLive && !isCut);
  live.title = isCut ? "The server does not answer; this page asks it again and again" : "New sessions appear by themselves";
  $("use", live).setAttribute("href", `/static/icons.svg#${isCut ? "warning" : "running"}`);
  $(".icon", live).classList.toggle("spin", isLive && !isCut);
}
live.addEventListener("click", () => { isLive = !isLive; localStorage.setItem("live", isLive ? "on" : "off"); showLive(); if (isLive) refresh(); });

async function refresh() {
  if (!isLive || document.hidden) return;
  const url = new URL("/sessions/rows", location.href);
  url.search = here.search;
  for (const name of ["cursor", "peek"]) url.searchParams.delete(name);
  let answer;
  try { answer = await piece(url); } catch { return; }
  const count = Number(answer.headers.get("X-Total"));
  if (!body) { if (count) location.reload(); return; }
  await untilLetGo(body);
  const total = $("#total");
  total.textContent = total.title = count.toLocaleString("en-US");
  const fresh = [];
  const found = [...rowsOf(answer.html).children];
  for (const row of found) {
    const old = $(`tr[data-id="${CSS.escape(row.dataset.id)}"]`, body);
    if (!old) fresh.push(row);
    else if (old.textContent !== row.textContent && !old.matches(":hover")) {
      row.className = old.className;
      $("input", row).checked = $("input", old).checked;
      const focused = ["input", "[data-bookmark]", ".row-link"].find((part) => $(part, old)?.matches(":focus"));
      old.replaceWith(row);
      if (focused) $(focused, row).focus({ preventScroll: true });
    }
  }
  if (!here.searchParams.has("cursor")) showGone(new Set(found.map((row) => row.dataset.id)), !answer.headers.get("X-Next-Rows"));
  if (!newest || !fresh.length) return;
  waiting = fresh;
  const isBusy = scrollY > 40 || $$(".pick input:checked", body).length || $("tr.at", body);
  if (!isBusy) return showNew();
  pill.hidden = false;
  pill.textContent = `${fresh.length}${fresh.length >= 50 ? "+" : ""} new`;
}
/** What does not fit any more stays where it is, pale; the answer's last row says how far it reaches. */
function showGone(found, isAll) {
  const rows = [...body.rows];
  const end = isAll ? rows.length : rows.findLastIndex((row) => found.has(row.dataset.id));
  for (const row of rows.slice(0, end)) {
    const isGone = !found.has(row.dataset.id);
    row.classList.toggle("gone", isGone);
    row.title = isGone ? "It does not fit the query any more" : "";
  }
}
function showNew() {
  for (const row of waiting ?? []) row.classList.add("new");
  body.prepend(...(waiting ?? []));
  waiting = null;
  pill.hidden = true;
}
pill?.addEventListener("click", () => { scrollTo({ top: 0 }); showNew(); });
const soon = () => { timer ??= setTimeout(() => { timer = null; refresh(); }, 600); };
// From where this page was read on: what came while it was on its way is not missed.
const source = new EventSource(`/api/v1/live?after=${live.dataset.revision}`);
source.addEventListener("sessions", soon);
source.addEventListener("error", () => { isCut = true; showLive(); });
source.addEventListener("open", () => { isCut = false; showLive(); });
document.addEventListener("visibilitychange", refresh);
showLive();

// Histogram: drag to choose a range, click a bar for its interval
const histogram = $("#histogram");
if (histogram) {
  const svg = $("svg", histogram);
  const brush = $(".brush", svg);
  const bars = svg.viewBox.baseVal.width / 10;
  const [start, end] = [Number(histogram.dataset.from), Number(histogram.dataset.to)];
  const barAt = (event) => { const box = svg.getBoundingClientRect(); return Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars))); };
  svg.addEventListener("pointerdown", (event) => {
    const from = barAt(event);
    svg.setPointerCapture(event.pointerId);
    // Whole bars, so that the list has as many sessions as they hold.
    const move = (moved) => {
      const to = barAt(moved);
      brush.removeAttribute("hidden");
      brush.setAttribute("x", Math.min(from, to) * 10);
      brush.setAttribute("width", (Math.abs(to - from) + 1) * 10);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", (ended) => {
      svg.removeEventListener("pointermove", move);
      const to = barAt(ended);
      const edge = (bar) => momentOf(start + (bar / bars) * (end - start));
      visit({ from: edge(Math.min(from, to)), to: edge(Math.max(from, to) + 1), range: "" });
    }, { once: true });
  });
}

// Keyboard and selection
const at = () => $("tr.at", body);
function moveTo(row) {
  if (!row) return;
  at()?.classList.remove("at");
  row.classList.add("at");
  row.scrollIntoView({ block: "nearest" });
  $(".row-link", row).focus({ preventScroll: true });
  if (isPeeking()) peek(row.dataset.id);
}
body?.addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  if (!row || event.target.closest("a, button, input, .pick") || getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey) return open($(".row-link", row).href, "_blank", "noopener");
  at()?.classList.remove("at");
  row.classList.add("at");
  peek(row.dataset.id);
});
document.addEventListener("keydown", (event) => {
  if (isTyping(event) && !event.target.matches?.('input[type="checkbox"]') || !body || $("dialog[open]")) return;
  const row = at();
  if (event.key === "j") moveTo(row ? row.nextElementSibling : body.firstElementChild);
  else if (event.key === "k") moveTo(row?.previousElementSibling);
  else if (event.key === " " && row) { event.preventDefault(); isPeeking() ? closePeek() : peek(row.dataset.id); }
  else if (event.key === "b" && row) $("[data-bookmark]", row)?.click();
  else if (event.key === "x" && row) { $(".pick input", row).click(); }
  else if (event.key === "f") toggleFacets();
  else if (event.key === "Escape" && isPeeking()) closePeek();
  else if (event.key === "Escape") { row?.classList.remove("at"); for (const pick of picked()) pick.checked = false; showPicked(); }
});
const picked = () => $$(".pick input:checked", body);
const ids = () => picked().map((pick) => pick.value);
function showPicked() {
  const count = picked().length;
  $("#bulk").hidden = count === 0;
  $("#picked").textContent = `${count} selected`;
  const compare = $('[data-bulk="compare"]');
  compare.disabled = count !== 2;
  compare.title = count === 2 ? "" : "Select exactly two";
}
body?.addEventListener("change", showPicked);
// Rows may be picked before this script runs, or by the browser that comes back to the page.
if (body && picked().length) showPicked();
$("#pick-all")?.addEventListener("change", (event) => { for (const pick of $$(".pick input", body)) pick.checked = event.target.checked; showPicked(); });

/** Ask for tags, and give them to all that is selected; what they begin with is not asked for. */
async function tagAll(ask, done) {
  const sessions = ids();
  const names = await askTags({ ...ask, title: `${ask.title} ${sessions.length} ${sessions.length === 1 ? "session" : "sessions"}` }, (tags) => change("POST", "/api/v1/sessions/tags", { ids: sessions, add: tags }));
  if (names) reload(done(names.join(", ")));
}
// Bookmarks
const bookmark = (id, isOn) => change("PUT", `/api/v1/sessions/${id}/annotations/bookmark`, { value: isOn ? "yes" : null });
document.addEventListener("click", (event) => {
  const star = event.target.closest("[data-bookmark]");
  if (!star) return;
  const isOn = star.getAttribute("aria-pressed") !== "true";
  bookmark(star.dataset.bookmark, isOn).then(() => { for (const twin of $$(`[data-bookmark="${CSS.escape(star.dataset.bookmark)}"]`)) twin.setAttribute("aria-pressed", isOn); }, failed);
});

const reload = (done) => { sessionStorage.setItem("toast", done); location.reload(); };
const failed = (error) => toast(error.message);
const MOST_AT_ONCE = 1000; // what one request may name
const BULK = {
  compare: () => location.assign(`/compare?${new URLSearchParams({ a: ids()[0], b: ids()[1] })}`),
  bookmark: () => Promise.all(ids().map((id) => bookmark(id, true))).then(() => reload("Bookmarked"), failed),
  tag: () => tagAll({ title: "Tag", label: "Tags", add: "Add a tag", verb: "Tag" }, () => "Tagged"),
  dataset: () => tagAll({ title: "Dataset for", label: "Datasets", add: "Name of the dataset", verb: "Add", prefix: "dataset:" }, (names) => `Added to ${names}`),
  delete: () => { if (confirm(`Delete ${ids().length} sessions for good?`)) change("POST", "/api/v1/sessions/delete", { ids: ids() }).then(() => reload("Deleted"), failed); },
  clear: () => { for (const pick of picked()) pick.checked = false; showPicked(); },
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bulk]");
  if (!button) return;
  const what = button.dataset.bulk;
  if (ids().length > MOST_AT_ONCE && what !== "clear") return toast(`${MOST_AT_ONCE} sessions at once are the most; Export has all that the filter finds.`);
  BULK[what] ? BULK[what]() : location.assign(`/sessions/export?${new URLSearchParams({ format: what, ids: ids().join(",") })}`);
});
if (sessionStorage.getItem("toast")) { toast(sessionStorage.getItem("toast")); sessionStorage.removeItem("toast"); }

const list = $(".list-body");
function toggleFacets() {
  const isWide = matchMedia("(min-width: 1101px)").matches;
  list?.classList.toggle(isWide ? "bare" : "filters");
  if (isWide) localStorage.setItem("facets", list.classList.contains("bare") ? "off" : "on");
}
if (localStorage.getItem("facets") === "off") list?.classList.add("bare");
$("#toggle-facets")?.addEventListener("click", toggleFacets);

