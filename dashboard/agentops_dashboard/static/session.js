// The details of a session: windows of rows, keyboard, detail panel. Addresses hold the state, the server the rows.
import { $, $$, change, failedPanel, isTyping, nodes, piece, toast, untilLetGo } from "./page.js";
import "./remarks.js";

const ROW = 28;
const CHUNK = 50;
const tree = $("#tree");
const detail = $("#detail");
const session = $(".session");

const put = (params, name, value) => (value ? params.set(name, value) : params.delete(name));

/** Change the address without leaving the page. */
export function setParams(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) put(url.searchParams, name, value);
  history.replaceState(null, "", url);
  for (const name of ["span", "collapsed", "opened", "zoom"]) if (name in changes) takeAlong(name, changes[name] || null);
  return url;
}

/** Write into the links to this session's other views what the server did not know yet, unless a link is there to drop it. */
function takeAlong(name, value) {
  const old = new URL($(".tabs [aria-current]").href).searchParams.get(name);
  for (const link of $$(".tabs a, .sub a, .kpis a, .tree-tools a[href], .time-head a[href]")) {
    const url = new URL(link.href);
    if (![old, null].includes(url.searchParams.get(name)) || link.dataset.drops?.includes(name)) continue;
    put(url.searchParams, name, value);
    link.href = url;
  }
  const form = $("form.tree-tools");
  if (!form) return;
  const kept = $(`[type=hidden][name=${name}]`, form) ?? Object.assign(document.createElement("input"), { type: "hidden", name });
  kept.value = value ?? "";
  kept.disabled = !value;
  form.append(kept);
}

// Detail panel
let asking;
export async function select(id, { keepFocus = false } = {}) {
  for (const row of $$('.trow[aria-selected="true"]')) row.setAttribute("aria-selected", "false");
  const row = document.getElementById(`row-${id}`);
  row?.setAttribute("aria-selected", "true");
  tree?.setAttribute("aria-activedescendant", `row-${id}`);
  const url = setParams({ span: id });
  if (!detail) return;
  asking?.abort();
  const mine = asking = new AbortController();
  detail.setAttribute("aria-busy", "true");
  try {
    // What is no span brings what is to be said of it along.
    const html = document.getElementById(`about-${id}`)?.innerHTML ?? (await piece(`${url.pathname}/spans/${id}${url.search}`, mine.signal)).html;
    detail.replaceChildren(nodes(html));
    detail.dataset.shown = id;
  } catch (error) {
    if (error.name !== "AbortError") detail.replaceChildren(failedPanel("This span cannot be shown", error, () => select(id, { keepFocus })));
  }
  if (mine === asking) detail.removeAttribute("aria-busy");
  if (!keepFocus && matchMedia("(max-width: 1100px)").matches) detail.scrollIntoView({ block: "nearest" });
}

detail?.addEventListener("click", (event) => {
  if (event.target.closest("[data-fold-all]")) {
    const parts = $$("details.msg", event.target.closest(".io"));
    const isOpen = parts.some((part) => !part.open);
    for (const part of parts) part.open = isOpen;
    return;
  }
  const link = event.target.closest("[data-select], [data-mode]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.select) return go(link.dataset.select);
  setParams({ mode: new URL(link.href).searchParams.get("mode") });
  select(new URL(location.href).searchParams.get("span"), { keepFocus: true });
});

// Windowed rows
class Rows {
  constructor(scroller) {
    this.scroller = scroller;
    this.body = $(".tree-body", scroller);
    this.total = Number(scroller.dataset.total);
    this.url = scroller.dataset.rows;
    this.chunks = new Map();
    this.asked = new Map();
    this.place($$(".trow", this.body));
    this.body.classList.add("windowed");
    this.resize();
    scroller.addEventListener("scroll", () => this.schedule(), { passive: true });
    new ResizeObserver(() => this.schedule()).observe(scroller);
    this.schedule();
  }

  resize() {
    this.body.style.height = `${this.total * ROW}px`;
  }

  place(rows) {
    for (const row of rows) {
      const at = Number(row.dataset.row);
      row.style.top = `${at * ROW}px`;
      const chunk = Math.floor(at / CHUNK);
      if (!this.chunks.has(chunk)) this.chunks.set(chunk, new Map());
      this.chunks.get(chunk).set(at, row);
    }
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.fill(); });
  }

  /** The first and the last row in sight, or nearly. */
  sight() {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - 20);
    const last = Math.min(this.total - 1, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / ROW) + 20);
    return [first, Math.max(0, last)];
  }

  range() {
    return this.sight().map((at) => Math.floor(at / CHUNK));
  }

  /** Whether the rows of a chunk that are in sight are there: those that came with the page begin anywhere. */
  isThere(chunk) {
    const [first, last] = this.sight();
    const rows = this.chunks.get(chunk);
    const end = Math.min(last + 1, (chunk + 1) * CHUNK, this.total);
    for (let at = Math.max(first, chunk * CHUNK); at < end; at += 1) if (!rows?.has(at)) return false;
    return true;
  }

  fill() {
    const [from, to] = this.range();
    for (const [chunk, rows] of this.chunks) {
      if (chunk < from || chunk > to) { for (const row of rows.values()) row.remove(); this.chunks.delete(chunk); }
    }
    for (let chunk = from; chunk <= to; chunk += 1) if (!this.isThere(chunk)) this.ask(chunk);
  }

  ask(chunk) {
    if (this.asked.has(chunk)) return this.asked.get(chunk);
    const url = new URL(this.url, location.href);
    url.searchParams.set("offset", chunk * CHUNK);
    url.searchParams.set("limit", CHUNK);
    url.searchParams.set("span", new URL(location.href).searchParams.get("span") ?? "");
    const key = this.url;
    const job = piece(url).then(async ({ html, headers }) => {
      await untilLetGo(this.body);
      if (key !== this.url) return;
      this.failed?.remove();
      this.setTotal(Number(headers.get("X-Total")));
      // Whoever has scrolled on meanwhile asks for other rows.
      const [from, to] = this.range();
      if (chunk >= from && chunk <= to) this.put(chunk, html);
    }).catch((error) => this.fail(error)).finally(() => this.asked.delete(chunk));
    this.asked.set(chunk, job);
    return job;
  }

  /** Say it over the rows, which stay where they are, until some arrive again. */
  fail(error) {
    this.failed ??= nodes('<p class="rows-failed" role="alert"><span></span><button type="button" class="btn">Try again</button></p>').firstElementChild;
    $("span", this.failed).textContent = `Rows could not be read. ${error.message}`;
    $("button", this.failed).onclick = () => { this.failed.remove(); this.fill(); };
    // Over the view, not in it: what made the rows' place smaller would ask for them again.
    if (!this.failed.isConnected) this.scroller.parentElement.append(this.failed);
  }

  put(chunk, html) {
    for (const row of this.chunks.get(chunk)?.values() ?? []) row.remove();
    this.chunks.delete(chunk);
    const fragment = nodes(html);
    // Another row may have been chosen since these were asked for.
    const chosen = new URL(location.href).searchParams.get("span");
    for (const row of $$(".trow", fragment)) row.setAttribute("aria-selected", row.dataset.id === chosen);
    this.place($$(".trow", fragment));
    this.body.append(fragment);
    this.scroller.dispatchEvent(new CustomEvent("rows", { detail: this }));
  }

  setTotal(total) {
    if (!Number.isFinite(total) || total === this.total) return;
    this.total = total;
    this.resize();
  }

  /** Ask again for what is in sight, under a new address; old rows stay until the new ones are there. */
  async reload(url) {
    this.url = url;
    this.scroller.dataset.rows = url;
    this.asked.clear();
    const [from, to] = this.range();
    await Promise.all(Array.from({ length: to - from + 1 }, (_, i) => this.ask(from + i)));
    for (const [chunk, rows] of this.chunks) if (chunk < from || chunk > to) { for (const row of rows.values()) row.remove(); this.chunks.delete(chunk); }
  }

  async show(at) {
    const top = at * ROW;
    if (top < this.scroller.scrollTop + ROW || top > this.scroller.scrollTop + this.scroller.clientHeight - 3 * ROW) this.scroller.scrollTop = Math.max(0, top - this.scroller.clientHeight / 3);
    const chunk = Math.floor(at / CHUNK);
    if (!this.chunks.get(chunk)?.has(at)) await this.ask(chunk);
    return this.chunks.get(chunk)?.get(at);
  }
}

const rows = tree ? new Rows(tree) : null;
export { rows };

const current = () => (tree ? $('.trow[aria-selected="true"]', tree) : null);

// The row where the keyboard is: known at once, while the row itself may still be on its way.
let cursor = Number(current()?.dataset.row ?? 0);

async function goTo(at) {
  const wanted = cursor = Math.min(Math.max(at, 0), rows.total - 1);
  const row = await rows.show(wanted);
  if (row && wanted === cursor) await select(row.dataset.id, { keepFocus: true });
}

/** Select a span wherever it is: in sight, elsewhere in the tree, or outside of what is shown. */
export async function go(id) {
  const row = document.getElementById(`row-${id}`);
  if (row) { await rows?.show(Number(row.dataset.row)); return select(id, { keepFocus: true }); }
  const url = new URL(location.href);
  url.searchParams.set("span", id);
  for (const name of ["collapsed", "depth", "opened", "kinds", "errors", "only", "offset"]) url.searchParams.delete(name);
  location.assign(url);
}

async function fold(row) {
  const link = $("a.fold", row);
  if (!link) return;
  const state = new URL(link.href).searchParams;
  setParams({ collapsed: state.get("collapsed"), opened: state.get("opened") });
  const next = new URL(rows.url, location.href);
  for (const name of ["collapsed", "opened"]) state.get(name) ? next.searchParams.set(name, state.get(name)) : next.searchParams.delete(name);
  await rows.reload(next.pathname + next.search);
}

const isClosed = (row) => row.getAttribute("aria-expanded") === "false";
const isOpen = (row) => row.getAttribute("aria-expanded") === "true";

async function parentOf(row) {
  const depth = Number(row.dataset.depth);
  for (let at = Number(row.dataset.row) - 1; at >= 0; at -= 1) {
    const above = await rows.show(at);
    if (above && Number(above.dataset.depth) < depth) return at;
  }
  return 0;
}

let walking = Promise.resolve();
const walk = (className, step) => { walking = walking.then(() => nextMarked(className, step)).catch((error) => toast(error.message)); };

async function nextMarked(className, step) {
  const url = new URL(rows.url, location.href);
  url.pathname = url.pathname.replace(/\/rows$/, "/next");
  url.searchParams.set("after", cursor);
  url.searchParams.set("what", className);
  url.searchParams.set("step", step);
  const { row, span } = JSON.parse((await piece(url)).html);
  if (span) await go(span);
  else if (row == null) toast(className === "hit" ? "No hit" : "No failed span in sight"); else await goTo(row);
}

tree?.addEventListener("click", (event) => {
  const row = event.target.closest(".trow");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  cursor = Number(row.dataset.row);
  event.target.closest(".fold") ? fold(row) : select(row.dataset.id);
});
tree?.addEventListener("dblclick", (event) => { const row = event.target.closest(".trow"); if (row) fold(row); });

let typed = "";
let typedAt = 0;
function typeAhead(key) {
  typed = Date.now() - typedAt < 800 ? typed + key : key;
  typedAt = Date.now();
  const shown = $$(".trow", tree).sort((a, b) => a.dataset.row - b.dataset.row);
  const start = shown.indexOf(current());
  const order = [...shown.slice(start + 1), ...shown.slice(0, start + 1)];
  const found = order.find((row) => $("b", row).textContent.toLowerCase().startsWith(typed.toLowerCase()));
  if (found) goTo(Number(found.dataset.row));
}

tree?.addEventListener("keydown", async (event) => {
  if (isTyping(event)) return;
  const at = cursor;
  const row = $(`.trow[data-row="${at}"]`, tree) ?? current();
  const page = Math.max(1, Math.floor(tree.clientHeight / ROW) - 2);
  const keys = {
    ArrowDown: () => goTo(at + 1), ArrowUp: () => goTo(at - 1), Home: () => goTo(0), End: () => goTo(rows.total - 1),
    PageDown: () => goTo(at + page), PageUp: () => goTo(at - page),
    ArrowRight: () => (isClosed(row) ? fold(row) : isOpen(row) ? goTo(at + 1) : null),
    ArrowLeft: async () => (isOpen(row) ? fold(row) : goTo(await parentOf(row))),
    Enter: () => detail?.querySelector("a, button, summary")?.focus(),
  };
  if (keys[event.key]) { event.preventDefault(); event.stopPropagation(); await keys[event.key](); }
});

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || document.querySelector("dialog[open]")) return;
  const key = event.key;
  const tabs = $$(".tabs a");
  if (key === "[") $("#older[href]")?.click();
  else if (key === "]") $("#newer[href]")?.click();
  else if (/^[1-8]$/.test(key)) tabs[key - 1]?.click();
  else if (rows && document.activeElement === tree && Date.now() - typedAt < 800 && /^[a-z0-9_]$/i.test(key)) typeAhead(key);
  else if (search && "np".includes(key)) seek(key === "n" ? 1 : -1);
  else if (rows && key === "n") walk("hit", 1);
  else if (rows && key === "p") walk("hit", -1);
  else if (rows && key === "e") walk("failed", 1);
  else if (rows && key === "E") walk("failed", -1);
  else if (rows && document.activeElement === tree && /^[a-z0-9_]$/i.test(key)) typeAhead(key);
});

// The tabs are wider than a small screen: the one that is shown is in sight
const tabs = $(".tabs");
tabs.scrollLeft = $("[aria-current]", tabs).offsetLeft - tabs.clientWidth / 3;

// Start at the selected row
if (rows) {
  const row = current();
  if (row) rows.show(Number(row.dataset.row));
  // Not from whoever is in a menu or a field already: the page can be used before its scripts have come.
  if (document.activeElement === document.body) tree.focus({ preventScroll: true });
}

// Messages: open and close
for (const button of $$("[data-open-all]")) button.addEventListener("click", () => { for (const part of $$(".talk details")) part.open = button.dataset.openAll === "true"; });

// Entries: find among those that are here
const finder = $("#find-here");
let found = [];
let foundAt = -1;
finder?.addEventListener("input", () => {
  const text = finder.value.trim().toLowerCase();
  for (const step of $$(".step.found")) step.classList.remove("found", "here");
  found = text ? $$(".step").filter((step) => step.textContent.toLowerCase().includes(text)) : [];
  for (const step of found) step.classList.add("found");
  foundAt = -1;
  $("#found-here").textContent = text ? `${found.length} ${found.length === 1 ? "hit" : "hits"}` : "";
});
finder?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !found.length) return;
  found[foundAt]?.classList.remove("here");
  foundAt = (foundAt + (event.shiftKey ? -1 : 1) + found.length) % found.length;
  if (found[foundAt].matches("details")) found[foundAt].open = true;
  found[foundAt].classList.add("here");
  found[foundAt].scrollIntoView({ block: "center" });
});

// Messages: the server looks through all of them; its answer is put in place here, so that one can go on typing
const search = $("#find-messages");
let looking;
async function look(url) {
  looking?.abort();
  const mine = looking = new AbortController();
  search.setAttribute("aria-busy", "true");
  try {
    const fresh = nodes((await piece(url, mine.signal)).html);
    history.replaceState(null, "", url.split("#")[0]);
    for (const part of ["#found-here", ".tabs", ".sub"]) swap($(part), $(part, fresh));
    const open = new Set($$(".talk details[id]").filter((part) => part.open).map((part) => part.id));
    for (const part of $$(".talk details[id]", fresh)) part.open ||= open.has(part.id);
    $(".talk").replaceWith($(".talk", fresh));
    $("#here")?.scrollIntoView({ block: "center" });
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message);
  }
  if (mine === looking) search.removeAttribute("aria-busy");
}

$("#here")?.scrollIntoView({ block: "center" });

/** The next hit, or the one before; of a text that is new, the first. */
function seek(step) {
  const url = new URL(location.href);
  const text = search.elements.find.value.trim().split(/\s+/).join(" ");
  if (text === (url.searchParams.get("find") ?? "").trim().split(/\s+/).join(" ")) return $(`[data-step="${step}"]`, search)?.click();
  put(url.searchParams, "find", text);
  for (const name of ["hit", "reach", "offset"]) url.searchParams.delete(name);
  look(url.href);
}
search?.addEventListener("submit", (event) => { event.preventDefault(); seek(1); });
search?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target !== search.elements.find) return;
  event.preventDefault();
  seek(event.shiftKey ? -1 : 1);
});
search?.addEventListener("click", (event) => {
  const link = event.target.closest("#found-here a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.matches("[data-clear]")) search.elements.find.value = "";
  look(link.href);
});

const wordsOf = (part) => part.getAttribute("aria-label") ?? part.textContent.replace(/[\d.,]+/g, "");

/** What in a fresh part of the page is what had the keyboard in the old one: others may have come before it. */
function counterpart(old, fresh) {
  const focused = document.activeElement;
  const alike = (part) => $$(focused.localName, part).filter((one) => wordsOf(one) === wordsOf(focused));
  return alike(fresh)[alike(old).indexOf(focused)];
}

/** A part of the page as it is now in place of the old one: what is unfolded and where the keyboard is stay so. */
export function swap(old, fresh) {
  const name = (part) => wordsOf($("summary", part));
  const unfolded = new Map($$("details", old).map((part) => [name(part), part.open]));
  for (const part of $$("details", fresh)) part.open = unfolded.get(name(part)) ?? part.open;
  const next = counterpart(old, fresh);
  old.replaceWith(fresh);
  next?.focus({ preventScroll: true });
}

// What is above the views, and may be different when something was recorded.
const PARTS = [".session-head .title", ".about", ".tags", ".note-line", ".warnings", ".kpis", ".findings", ".tabs", ".toggles", "#find-messages #found-here"];

/** What somebody is editing stays as it is; its editor is told what has come. */
function growPart(old, fresh) {
  if (!old || !fresh) return;
  const editor = $("[data-editor]", old);
  editor ? editor.dispatchEvent(new CustomEvent("fresh", { detail: fresh })) : swap(old, fresh);
}

/** The panel of a span that was still open: its input and output may have come, it may have ended. */
function growDetail(fresh) {
  const [head, next] = [$("[data-open-span]", detail ?? session), $(".detail-head", fresh)];
  if (!head || next?.dataset.span !== head.dataset.span || detail.contains(document.activeElement)) return;
  const top = $(".detail-body", detail).scrollTop;
  swap(head, next);
  swap($(".detail-body", detail), $(".detail-body", fresh));
  $(".detail-body", detail).scrollTop = top;
}

/** A view's new content in place of the old: what is open stays open, who reads at the end goes on reading there. */
function renew(view, fresh) {
  const [old, next] = [$(".scroll", view), $(".scroll", fresh)];
  if (!old || !next) return swap(view, fresh);
  const isAtEnd = old.scrollTop > 0 && old.scrollTop + old.clientHeight > old.scrollHeight - 40;
  const top = old.scrollTop;
  const open = new Set($$("details[id]", old).filter((part) => part.open).map((part) => part.id));
  for (const part of $$("details[id]", next)) if (document.getElementById(part.id)) part.open = open.has(part.id);
  old.replaceWith(next);
  next.scrollTop = isAtEnd ? next.scrollHeight : top;
}

// A running session grows by itself
if (["running", "paused"].includes(session.dataset.state)) {
  const source = new EventSource("/api/v1/live");
  let waiting;
  let took = 0;
  // Less often where that takes long: a large session may be searched anew each time.
  const soon = () => { waiting ??= setTimeout(refresh, Math.max(400, 5 * took)); };
  // Once when connected: the session may have ended while this page was on its way.
  source.addEventListener("hello", soon);
  source.addEventListener("sessions", (event) => {
    if (JSON.parse(event.data).sessions.some(({ id }) => id === session.dataset.session)) soon();
  });
  const refresh = async () => {
    // Asked for once, however much comes while something is held.
    await untilLetGo(session);
    waiting = null;
    const asked = performance.now();
    const url = location.href;
    const answer = await piece(url).catch(() => null);
    took = performance.now() - asked;
    await untilLetGo(session);
    if (!answer) return; // when the stream is connected again, it says hello
    if (url !== location.href) return soon(); // the reader has looked for something else meanwhile
    const fresh = nodes(answer.html);
    // A view that is replaced whole keeps its own.
    const isWhole = !rows && !$(".view .scroll");
    const parts = PARTS.filter((part) => !isWhole || !$(part, $(".view", fresh)));
    for (const part of parts) growPart($(part), $(part, fresh));
    growDetail($(".detail", fresh) ?? fresh);
    const state = $(".session", fresh).dataset.state;
    if (rows) {
      const isAtEnd = tree.scrollTop + tree.clientHeight > tree.scrollHeight - 3 * ROW;
      await rows.reload(rows.url);
      if (isAtEnd) tree.scrollTop = tree.scrollHeight;
    } else {
      renew($(".view"), $(".view", fresh));
    }
    document.dispatchEvent(new CustomEvent("grown"));
    if (!["running", "paused"].includes(state)) { source.close(); clearTimeout(growing); }
  };
  // What is at work grows up to now, also while nothing is recorded; less often where that takes long.
  const grow = async () => {
    const before = performance.now();
    if (!document.hidden && !getSelection().toString()) await refresh();
    if (source.readyState !== EventSource.CLOSED) growing = setTimeout(grow, Math.max(3000, 20 * (performance.now() - before)));
  };
  let growing = rows && setTimeout(grow, 3000);
}

// Deleting
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-delete]") || !confirm("Delete this session for good?")) return;
  change("DELETE", `/api/v1/sessions/${session.dataset.session}`).then(() => location.assign("/sessions"), (error) => toast(error.message));
});

// Divider
const divider = $(".divider");
const setWidth = (width) => {
  const kept = Math.round(Math.min(Math.max(width, 260), innerWidth * 0.65));
  document.documentElement.style.setProperty("--detail", `${kept}px`);
  divider?.setAttribute("aria-valuenow", Math.round((kept / innerWidth) * 100));
  localStorage.setItem("detail", kept);
};
if (localStorage.getItem("detail") && innerWidth > 1100) setWidth(Number(localStorage.getItem("detail")));
divider?.addEventListener("pointerdown", (event) => {
  divider.setPointerCapture(event.pointerId);
  const edge = detail.getBoundingClientRect().right;
  const move = (moved) => setWidth(edge - moved.clientX);
  divider.addEventListener("pointermove", move);
  divider.addEventListener("pointerup", () => divider.removeEventListener("pointermove", move), { once: true });
});
divider?.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
  if (step) setWidth(detail.getBoundingClientRect().width + step);
});
