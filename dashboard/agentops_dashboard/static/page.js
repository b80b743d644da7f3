// What every page does: theme, copying, relative times, palette, key help. Pages read without it.
const root = document.documentElement;
root.classList.add("js");

export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

export function toast(text) {
  $(".toast")?.remove();
  const note = Object.assign(document.createElement("div"), { className: "toast", textContent: text });
  note.setAttribute("role", "status");
  document.body.append(note);
  setTimeout(() => note.remove(), 1800);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser did not allow copying");
  }
}

/** Ask the server; throws in plain words when nobody answers. */
async function ask(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error("The server does not answer.");
  }
}

/** Fetch a piece of a page; throws with the server's words when it fails. */
export async function piece(url, signal) {
  const response = await ask(url, { signal, headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return { html: await response.text(), headers: response.headers };
}

/** Change something over the API; throws with the server's words when it is refused. */
export async function change(method, url, data) {
  const response = await ask(url, { method, headers: { "Content-Type": "application/json", "X-CSRF-Token": root.dataset.csrf ?? "" }, body: data && JSON.stringify(data) });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error?.message ?? `${response.status} ${response.statusText}`);
  return answer;
}

/** Keep a choice in a cookie, which the server reads; an empty one is forgotten. */
export function keep(name, value) {
  document.cookie = `${name}=${value.replaceAll(",", ".")}; path=/; max-age=${value ? 31536000 : 0}; SameSite=Lax`;
}

/** Text to nodes, in a template: nothing in it runs. */
export function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// A click is made of a press and a release on the same thing: what is held stays until it is let go.
let held = null;
let released;
let release;
function letGo() {
  held = null;
  release?.();
}
addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button) return;
  letGo();
  held = event.target;
  released = new Promise((resolve) => { release = resolve; });
}, true);
// The click itself comes right after.
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => setTimeout(letGo), true);
// Let go where no page hears of it.
addEventListener("pointermove", (event) => { if (held && !event.buttons) letGo(); }, true);

/** Wait, before a part of the page is replaced, until nothing in it is held with the pointer. */
export const untilLetGo = async (part) => { if (part.contains(held)) await released; };

/** What stands in the place of a piece that could not be had: what failed, why, and a button that tries again. */
export function failedPanel(title, error, again) {
  const panel = nodes('<div class="state failed" role="alert"><svg class="icon big" aria-hidden="true"><use href="/static/icons.svg#warning"/></svg><h2></h2><p></p><button type="button" class="btn">Try again</button></div>').firstElementChild;
  $("h2", panel).textContent = title;
  $("p", panel).textContent = error.message;
  $("button", panel).addEventListener("click", again);
  return panel;
}

export const isTyping = (event) => event.target.closest("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey;

const STEPS = [[60, "s", 1], [3600, "min", 60], [86400, "h", 3600], [1209600, "d", 86400]];
function refreshTimes() {
  for (const time of $$("time[data-relative]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const step = STEPS.find(([limit]) => seconds < limit);
    if (step && seconds >= 2) time.textContent = `${Math.floor(seconds / step[2])} ${step[1]} ago`;
  }
}
setInterval(refreshTimes, 15000);

// Times are written in the zone of a cookie, on all pages; the other clock's time is shown on hover.
const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isUtc = root.dataset.zone === "UTC";
document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[datetime]");
  if (!time || time.dataset.isLocal) return;
  time.dataset.isLocal = "1";
  time.title += `\n${new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long", timeZone: isUtc ? mine : "UTC" })}`;
});

/** Nanoseconds since the epoch as an address has them, in whole microseconds: more than a number here can tell apart. */
export const momentOf = (ns) => { const us = Math.round(ns / 1000); return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(us % 1000).padStart(3, "0")}Z`; };

/** A moment as the chosen zone's clock shows it, without a zone, for charts and fields; and back. */
export const wallTime = (ms) => new Date(ms - (isUtc ? 0 : new Date(ms).getTimezoneOffset() * 60000)).toISOString().slice(0, -1);
export const fromWallTime = (text) => new Date(text.replace(" ", "T") + (isUtc ? "Z" : ""));
for (const field of $$("input[data-moment]")) {
  const moment = Date.parse(field.dataset.moment);
  if (!Number.isNaN(moment)) field.value = wallTime(moment).slice(0, 16);
  field.form.addEventListener("formdata", (event) => { if (field.value) event.formData.set(field.name, fromWallTime(field.value).toISOString()); });
}

const THEMES = ["system", "light", "dark"];
function switchTheme(button) {
  const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % 3];
  root.dataset.theme = next;
  keep("theme", next);
  $("use", button).setAttribute("href", `/static/icons.svg#${{ light: "sun", dark: "moon" }[next] ?? "system"}`);
  $(".word", button).textContent = button.title = `Theme: ${next}`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-copy-from], [data-copy-link], [data-theme-switch], [data-zone-switch]");
  // By the way that the click took: what was clicked may be gone by now.
  for (const menu of openMenus()) if (!event.composedPath().includes(menu)) menu.open = false;
  if (!target) return;
  if (target.matches("[data-theme-switch]")) switchTheme(target);
  else if (target.matches("[data-zone-switch]")) { keep("zone", isUtc ? mine : ""); location.reload(); }
  else if (target.matches("[data-copy-link]")) copy(location.href);
  else if (target.matches("[data-copy-from]")) piece(target.dataset.copyFrom).then(({ html }) => copy(html), (error) => toast(error.message));
  else copy(target.dataset.copy || $("pre", target.parentElement)?.textContent || "");
});

// How the store is: its size, and in words what is behind, refused, dropped or missing.
const HEALTH_EVERY_MS = 30000;
const size = (bytes) => { const at = Math.min(3, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)); const shown = bytes / 1024 ** at; return `${shown.toFixed(at && shown < 9.95 ? 1 : 0)} ${["B", "KB", "MB", "GB"][at]}`; };
async function showHealth() {
  const badge = $("#health");
  if (!badge || document.hidden) return;
  const response = await fetch("/api/v1/health").catch(() => null);
  if (!response?.ok) return;
  const health = await response.json();
  $("#firing").firstChild.data = health.alerts_firing;
  $("#firing").hidden = !health.alerts_firing;
  const refused = Object.values(health.rejected).reduce((sum, count) => sum + count, 0) + health.bad_lines;
  const troubles = [
    [health.waiting_bytes > 1 << 20, `${size(health.waiting_bytes)} wait to be read`],
    [refused, `${refused.toLocaleString("en-US")} lines or spans refused`],
    [health.dropped_payloads, `${health.dropped_payloads.toLocaleString("en-US")} spans kept without their content`],
    [health.missing, `${health.missing.toLocaleString("en-US")} spans missing`],
  ].filter(([is]) => is).map(([, words]) => words);
  $("span", badge).className = troubles.length ? "tone-warn" : "tone-ok";
  $("use", badge).setAttribute("href", `/static/icons.svg#${troubles.length ? "warning" : "ok"}`);
  $(".word", badge).textContent = `${size(health.store_bytes)} stored`;
  badge.title = [`${health.sessions.toLocaleString("en-US")} sessions, ${health.spans.toLocaleString("en-US")} spans`, ...(troubles.length ? troubles : ["Nothing waits, nothing was refused, nothing is missing"])].join("\n");
}
showHealth();
setInterval(showHealth, HEALTH_EVERY_MS);

export const savedViews = () => JSON.parse(localStorage.getItem("views") ?? "[]");

for (const dialog of $$("dialog")) dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

// A menu is left with Escape, back to its button, or by walking on.
const openMenus = () => $$("details.menu[open]");
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && openMenus()[0];
  if (!menu) return;
  event.stopImmediatePropagation();
  menu.open = false;
  $("summary", menu).focus();
});
document.addEventListener("focusin", (event) => { for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false; });

// What had to be cut is whole on hover.
document.addEventListener("pointerover", (event) => {
  const cut = event.target.closest?.(".clip, .chip, td.label");
  if (cut && !cut.title && cut.scrollWidth > cut.clientWidth) cut.title = cut.textContent.trim();
});

document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  if (event.key === "?") $("#keys").showModal();
  else if (event.key === "/") {
    const search = $('[role="search"] input:not([type="hidden"])');
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
});
