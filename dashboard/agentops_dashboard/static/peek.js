// One session beside the list: a click on a row opens it there, J and K go on, a click on its name opens its page.
import { $, failedPanel, nodes, piece } from "./page.js";

const panel = $("#peek");
let asking;

function remember(id) {
  const url = new URL(location.href);
  id ? url.searchParams.set("peek", id) : url.searchParams.delete("peek");
  history.replaceState(null, "", url);
}

export const isPeeking = () => Boolean(panel && !panel.hidden);

export function closePeek() {
  asking?.abort();
  if (panel) panel.hidden = true;
  remember(null);
}

export async function peek(id) {
  if (!panel) return;
  asking?.abort();
  asking = new AbortController();
  remember(id);
  try {
    const { html } = await piece(`/sessions/${encodeURIComponent(id)}/peek${location.search}`, asking.signal);
    panel.replaceChildren(nodes(html));
    panel.hidden = false;
  } catch (error) {
    if (error.name === "AbortError") return;
    panel.replaceChildren(nodes('<header><h2></h2><button type="button" class="btn quiet icon-only" data-close aria-label="Close">×</button></header>'), failedPanel("This session cannot be shown", error, () => peek(id)));
    panel.hidden = false;
  }
}

panel?.addEventListener("click", (event) => event.target.closest("[data-close]") && closePeek());
const asked = new URL(location.href).searchParams.get("peek");
if (asked) peek(asked);
