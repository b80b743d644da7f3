// Zoom and pan of the timeline: the stretch in sight is the viewBox of every lane; ruler and overview come anew from the server.
import { $, $$, isTyping, nodes, piece } from "./page.js";
import { rows, setParams } from "./session.js";

const WIDTH = 1000;
const scroller = $("#tree") ?? $("#lanes");
let head = $("#time-head");
let [from, to] = head.dataset.zoom.split("-").map(Number);
let waiting;

function draw(lane) {
  const width = to - from;
  $("svg", lane).setAttribute("viewBox", `${from} 0 ${width} 28`);
  const label = $("text", lane);
  if (!label) return;
  const left = (lane.dataset.x1 - from) / width;
  const right = (lane.dataset.x2 - from) / width;
  const isInside = right < 0.88;
  label.setAttribute("x", `${(isInside ? right : Math.max(left, 0)) * 100}%`);
  label.setAttribute("dx", isInside || left < 0.05 ? 5 : -5);
  label.setAttribute("text-anchor", isInside || left < 0.05 ? "start" : "end");
}

async function refreshHead() {
  const url = new URL(head.dataset.head, location.href);
  url.searchParams.set("zoom", head.dataset.zoom);
  const { html } = await piece(url);
  const fresh = nodes(html).querySelector("#time-head");
  head.replaceWith(fresh);
  head = fresh;
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
  if (rows) {
    const url = new URL(rows.url, location.href);
    url.searchParams.set("zoom", value);
    rows.url = url.pathname + url.search;
  }
  clearTimeout(waiting);
  waiting = setTimeout(refreshHead, 90);
}

const zoomBy = (factor, middle = (from + to) / 2) => zoomTo(middle - (middle - from) * factor, middle + (to - middle) * factor);
const pan = (share) => zoomTo(from + (to - from) * share, to + (to - from) * share);

function unitAt(event, element, start, end) {
  const box = element.getBoundingClientRect();
  return start + ((event.clientX - box.left) / box.width) * (end - start);
}

scroller.addEventListener("wheel", (event) => {
  const lane = event.target.closest(".lane");
  if (!lane || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  event.shiftKey ? pan(Math.sign(event.deltaY || event.deltaX) * 0.12) : zoomBy(event.deltaY > 0 ? 1.25 : 0.8, unitAt(event, lane, from, to));
}, { passive: false });

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom-by]");
  if (button) zoomBy(Number(button.dataset.zoomBy));
  else if (event.target.closest("#fit")) { event.preventDefault(); zoomTo(0, WIDTH); }
});

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
});
