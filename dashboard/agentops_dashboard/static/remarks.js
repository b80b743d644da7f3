// What people say of a session, in its head: bookmark, thumbs, tags and a note.
import { $, $$, change, nodes, toast } from "./page.js";

const address = `/api/v1/sessions/${$(".session").dataset.session}`;
const say = (name, value) => change("PUT", `${address}/annotations/${name}`, { value });

// The note
const NOTE = `<form class="note-edit" data-editor><textarea class="field" rows="2" maxlength="10000" aria-label="Note on this session" placeholder="What is there to say of this session?"></textarea><button class="btn primary" title="Save  Ctrl Enter">Save</button><button type="button" class="btn quiet" title="Leave it as it was  Esc">Cancel</button><span class="said failed" role="status"></span></form>`;

function editNote(line) {
  const editor = nodes(NOTE).firstElementChild;
  const [text, said, saves] = [$("textarea", editor), $(".said", editor), $(".primary", editor)];
  const shown = $("p", line);
  text.value = shown.textContent;
  line.hidden = false;
  // Of a session that grows the button may be another one by then.
  const leave = () => { editor.remove(); line.hidden = !shown.textContent; $("[data-note]").focus(); };
  const save = async () => {
    if (text.readOnly) return;
    text.readOnly = true;
    said.classList.remove("failed");
    said.textContent = "Saving…";
    try {
      shown.textContent = (await say("note", text.value.trim() || null)).note ?? "";
      $("[data-note]").setAttribute("aria-pressed", Boolean(shown.textContent));
      leave();
    } catch (error) {
      said.classList.add("failed");
      said.textContent = `Not saved. ${error.message}`;
    }
    text.readOnly = false;
  };
  editor.addEventListener("submit", (event) => { event.preventDefault(); save(); });
  $(".quiet", editor).addEventListener("click", leave);
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); leave(); }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); saves.click(); }
  });
  line.append(editor);
  text.focus();
}

/** Begin to edit a part, or go on with it. */
function begin(part, editing) {
  $("[data-editor]", part) ? $("input, textarea", part).focus() : editing(part);
}

// Many sessions are read, few are tagged: their editor comes when the pointer nears its button.
const tagEditor = () => import("./tag_editor.js");
document.addEventListener("pointerover", (event) => { if (event.target.closest?.("[data-edit-tags]")) tagEditor().catch(() => {}); });

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-say], [data-note], [data-edit-tags]");
  if (!button) return;
  if ("note" in button.dataset) return begin($(".note-line"), editNote);
  if ("editTags" in button.dataset) return tagEditor().then(({ editTags }) => begin($(".tags"), editTags), () => toast("The server does not answer."));
  const { say: name, value } = button.dataset;
  const isTaken = button.getAttribute("aria-pressed") === "true";
  say(name, isTaken ? null : value).then(() => {
    for (const one of $$(`[data-say="${name}"]`)) one.setAttribute("aria-pressed", !isTaken && one.dataset.value === value);
  }, (error) => toast(error.message));
});
