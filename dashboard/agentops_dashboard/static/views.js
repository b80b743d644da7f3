// Saved views: the menu in which they are kept, chosen and taken away.
import { $, $$, copy, keep, nodes, savedViews } from "./page.js";

const views = $("#views");
const NAMING = `<form class="naming"><input class="field" maxlength="100" required autocomplete="off" spellcheck="false" aria-label="Name of the view" placeholder="Name of the view"><button class="btn">Save</button></form>`;

/** Ask for a name where the button was. */
function nameView(button) {
  const form = nodes(NAMING).firstElementChild;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("input", form).value.trim();
    if (!name) return;
    localStorage.setItem("views", JSON.stringify([...savedViews(), { name, href: location.pathname + location.search }]));
    drawViews();
    $$("a", views).at(-1).focus();
  });
  button.replaceWith(form);
  $("input", form).focus();
}

function drawViews() {
  if (!views) return;
  const rows = savedViews().map((view, index) => {
    const row = document.createElement("div");
    row.className = "opt";
    const link = Object.assign(document.createElement("a"), { href: view.href, textContent: view.name });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet icon-only", textContent: "×", title: "Remove this view" });
    remove.addEventListener("click", () => { localStorage.setItem("views", JSON.stringify(savedViews().filter((_, i) => i !== index))); drawViews(); });
    const search = encodeURIComponent(new URL(view.href, location.href).search);
    const first = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet", textContent: "First", title: "Open the dashboard with this view" });
    first.setAttribute("aria-pressed", document.cookie.split("; ").includes(`home=${search}`));
    first.addEventListener("click", () => { keep("home", first.getAttribute("aria-pressed") === "true" ? "" : search); drawViews(); });
    row.append(link, ...(view.href.startsWith("/sessions") ? [first] : []), remove);
    return row;
  });
  const save = Object.assign(document.createElement("button"), { type: "button", className: "opt", textContent: "Save this view…" });
  save.addEventListener("click", () => nameView(save));
  const link = Object.assign(document.createElement("button"), { type: "button", className: "opt", textContent: "Copy a link to it" });
  link.addEventListener("click", () => copy(location.href));
  views.replaceChildren(...rows, save, link);
}
drawViews();
