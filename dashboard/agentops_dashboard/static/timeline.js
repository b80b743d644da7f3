// Zoom and pan of the timeline: the stretch in sight is the viewBox of every lane; ruler and overview come anew from the server.
import { $, $$, isTyping, nodes, piece, toast, untilLetGo } from "./page.js";
import { rows, setParams, swap } from "./session.js";
import { onStretch } from "./stretch.js";

const WIDTH = 1000;
const LEAST_SHOWN = 400;
// Lanes are drawn anew when a session grows; rows stay.
const scroller = () => $("#tree") ?? $("#lanes");
let head = $("#time-head");
let [from, to] = head.dataset.zoom.split("-").map(Number);
let waiting;

function draw(lane) {
  const width = to - from;
  $("svg", lane).setAttribute("viewBox", `${from} 0 ${width} 28`);
  // As the server draws it: what is too short to be seen is some 2 pixels wide.
  const bar = $(".span", lane);
  bar?.setAttribute("x2", Math.max(lane.dataset.x2, Number(lane.dataset.x1) + width / LEAST_SHOWN));
  const label = $("text", lane);
  if (!label) return;
  const left = (lane.dataset.x1 - from) / width;
  const right = (lane.dataset.x2 - from) / width;
  const isInside = right < 0.88;
  label.setAttribute("x", `${(isInside ? right : Math.max(left, 0)) * 100}%`);
  // Over a bar that fills the lane: above it, if it is a thin one.
  label.setAttribute("y", $(".holds", lane) && !isInside && left < 0.12 ? 10 : 18);
  label.classList.toggle("inside", !isInside && left < 0.12 && !$(".holds", lane));
  label.setAttribute("dx", isInside || left < 0.12 ? 5 : -5);
  label.setAttribute("text-anchor", isInside || left < 0.12 ? "start" : "end");
}

async function refreshHead() {
  const url = new URL(head.dataset.head, location.href);
  url.search = location.search;
  const stretch = head.dataset.zoom;
  const answer = await piece(url).catch((error) => toast(error.message));
  await untilLetGo(head);
  // Zoomed meanwhile: what fits that has been asked for.
  if (!answer || head.dataset.zoom !== stretch) return;
  const fresh = nodes(answer.html).querySelector("#time-head");
  swap(head, fresh);
  head = fresh;
  showPlayback();
}

document.addEventListener("grown", () => {
  head = $("#time-head");
  rows ? refreshHead() : zoomTo(from, to);
});
// What takes long to draw comes after the rows are seen.
if ("late" in head.dataset) requestAnimationFrame(() => setTimeout(refreshHead));

/** Lay what hangs over the lanes onto the same stretch of time. */
function drawOverlays() {
  const over = $(".arrows");
  over?.setAttribute("viewBox", `${from} 0 ${to - from} ${over.dataset.height}`);
  placeCursor();
}

function zoomTo(start, end) {
  const width = Math.min(Math.max(end - start, 0.01), WIDTH);
  from = Math.min(Math.max(start, 0), WIDTH - width);
  to = from + width;
  const isAll = width >= WIDTH - 0.001;
  const value = `${from.toFixed(4)}-${to.toFixed(4)}`;
  setParams({ zoom: isAll ? "" : value });
  head.dataset.zoom = value;
  $(".brush", head).setAttribute("x", from);
  $(".brush", head).setAttribute("width", width);
  for (const lane of $$(".lane")) draw(lane);
  drawOverlays();
  if (rows) {
    const url = new URL(rows.url, location.href);
    url.searchParams.set("zoom", value);
    rows.url = url.pathname + url.search;
  }
  clearTimeout(waiting);
  waiting = setTimeout(refreshHead, 90);
}

// Playback: a cursor goes over the session; what has not begun yet is pale.
const SPEEDS = [1, 2, 5, 10, 50];
let speed = Number(localStorage.getItem("speed")) || 10;
let at = null;
let playing = null;
let cursor = null;

function placeCursor() {
  const lane = $(".lane");
  if (at == null || !lane) return cursor?.remove();
  cursor ??= Object.assign(document.createElement("div"), { className: "cursor" });
  if (!cursor.isConnected) $(".view").append(cursor);
  const box = lane.getBoundingClientRect();
  const around = $(".view").getBoundingClientRect();
  const share = (at - from) / (to - from);
  cursor.hidden = share < 0 || share > 1;
  cursor.style.left = `${box.left - around.left + share * box.width}px`;
  cursor.style.top = `${head.getBoundingClientRect().bottom - around.top}px`;
  for (const row of $$(".trow", scroller())) row.classList.toggle("future", Number($(".lane", row)?.dataset.x1 ?? 0) > at);
}

/** Keep the last row that is at work in sight. */
function follow() {
  const busy = $$(".trow[data-row]", scroller()).filter((row) => { const { x1, x2 } = $(".lane", row).dataset; return x1 <= at && at <= x2; });
  const last = busy.sort((a, b) => a.dataset.row - b.dataset.row).at(-1);
  const top = Number(last?.dataset.row) * 28;
  const { scrollTop, clientHeight } = scroller();
  if (last && (top < scrollTop || top > scrollTop + clientHeight - 56)) scroller().scrollTop = top - clientHeight / 3;
}

function showPlayback() {
  const button = $("#play");
  button.setAttribute("aria-pressed", Boolean(playing));
  $("use", button).setAttribute("href", `/static/icons.svg#${playing ? "pause" : "play"}`);
  $("#speed").textContent = `${speed}×`;
  placeCursor();
}

function stop() {
  cancelAnimationFrame(playing);
  playing = null;
  showPlayback();
}

function goAt(units) {
  at = Math.min(Math.max(units, 0), WIDTH);
  if (at > to || at < from) zoomTo(at - (to - from) * 0.1, at + (to - from) * 0.9);
  placeCursor();
  follow();
}

function play() {
  if (playing) return stop();
  if (at == null || at >= WIDTH) { at = 0; scroller().scrollTop = 0; }
  const unitMs = Number(head.dataset.busyMs) / WIDTH;
  let before = performance.now();
  const frame = (now) => {
    goAt(at + ((now - before) * speed) / unitMs);
    before = now;
    at >= WIDTH ? stop() : (playing = requestAnimationFrame(frame));
  };
  playing = requestAnimationFrame(frame);
  showPlayback();
}

function step(direction) {
  const moments = head.dataset.moments.split(" ").map(Number);
  const next = direction > 0 ? moments.find((x) => x > at + 0.0005) : moments.findLast((x) => x < at - 0.0005);
  goAt(next ?? (direction > 0 ? WIDTH : 0));
}

scroller().addEventListener("rows", placeCursor);
// Before the tree's own keys: while a session is played, the arrows step through it.
document.addEventListener("keydown", (event) => {
  if (isTyping(event) || at == null) return;
  const keys = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), Escape: () => { stop(); at = null; placeCursor(); for (const row of $$(".trow.future")) row.classList.remove("future"); } };
  if (!keys[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
}, true);

const zoomBy = (factor, middle = (from + to) / 2) => zoomTo(middle - (middle - from) * factor, middle + (to - middle) * factor);
const pan = (share) => zoomTo(from + (to - from) * share, to + (to - from) * share);

function unitAt(event, element, start, end) {
  const box = element.getBoundingClientRect();
  return start + ((event.clientX - box.left) / box.width) * (end - start);
}

$(".split").addEventListener("wheel", (event) => {
  const lane = event.target.closest(".lane");
  if (!lane || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  event.shiftKey ? pan(Math.sign(event.deltaY || event.deltaX) * 0.12) : zoomBy(event.deltaY > 0 ? 1.25 : 0.8, unitAt(event, lane, from, to));
}, { passive: false });

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom-by]");
  if (button) zoomBy(Number(button.dataset.zoomBy));
  else if (event.target.closest("#play")) play();
  else if (event.target.closest("#speed")) { speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length]; localStorage.setItem("speed", speed); showPlayback(); }
  else if (event.target.closest("#fit")) { event.preventDefault(); zoomTo(0, WIDTH); }
});

// How much ran at once under the pointer, in words.
document.addEventListener("pointermove", (event) => {
  const strip = event.target.closest?.(".at-once");
  if (!strip) return;
  const levels = strip.dataset.levels.split(" ");
  const [llm, tools] = levels[Math.min(levels.length - 1, Math.floor(unitAt(event, strip, 0, levels.length)))].split(".").map(Number);
  strip.title = `At once: ${llm} model ${llm === 1 ? "call" : "calls"}, ${tools} ${tools === 1 ? "tool" : "tools"}`;
});

onStretch((start, end) => zoomTo(from + (to - from) * start, from + (to - from) * end));

// Drag over the overview chooses a stretch; a click there moves it.
document.addEventListener("pointerdown", (event) => {
  const map = event.target.closest(".minimap");
  if (!map) return;
  const start = unitAt(event, map, 0, WIDTH);
  map.setPointerCapture(event.pointerId);
  const brush = $(".brush", map);
  const move = (moved) => {
    const at = unitAt(moved, map, 0, WIDTH);
    brush.setAttribute("x", Math.min(start, at));
    brush.setAttribute("width", Math.abs(at - start));
  };
  map.addEventListener("pointermove", move);
  map.addEventListener("pointerup", (ended) => {
    map.removeEventListener("pointermove", move);
    const end = unitAt(ended, map, 0, WIDTH);
    if (Math.abs(end - start) > 4) zoomTo(Math.min(start, end), Math.max(start, end));
    else zoomTo(start - (to - from) / 2, start + (to - from) / 2);
  }, { once: true });
});

document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  const keys = { "+": () => zoomBy(0.5), "=": () => zoomBy(0.5), "-": () => zoomBy(2), 0: () => zoomTo(0, WIDTH), ",": () => pan(-0.2), ".": () => pan(0.2) };
  keys[event.key]?.();
  if (event.key === " " && !event.target.closest("button, summary, a")) { event.preventDefault(); play(); }
});
showPlayback();
