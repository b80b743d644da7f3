// What people say of a session, in its head: bookmark, thumbs, tags and a note.
import { $, $$, change, nodes, toast } from "./page.js";
import { TagField, knownTags } from "./tags.js";

const address = `/api/v1/sessions/${$(".session").dataset.session}`;
const say = (name, value) => change("PUT", `${address}/annotations/${name}`, { value });

// Tags: each change is saved at once, one after the other; the last write wins.
const TAGS = `<div class="tag-edit" data-editor><span class="said" role="status"></span><button type="button" class="btn" data-again hidden>Try again</button></div>`;

function chipOf(tag) {
  const value = tag.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return Object.assign(document.createElement("a"), { className: "chip", href: `/sessions?${new URLSearchParams({ q: `tag:"${value}"` })}`, textContent: tag });
}

function editTags(part) {
  const editor = nodes(TAGS).firstElementChild;
  const [said, again] = [$(".said", editor), $("[data-again]", editor)];
  let stored = JSON.parse(part.dataset.tags);
  let saving = null;
  let isSaved = true;
  const tell = (text, isFailed = false) => { said.textContent = text; said.classList.toggle("failed", isFailed); again.hidden = !isFailed; };
  const store = async () => {
    try {
      while (!isSaved) {
        isSaved = true;
        tell("Saving…");
        stored = (await change("PUT", `${address}/tags`, { tags: field.tags })).tags;
      }
      tell("Saved");
    } catch (error) {
      isSaved = false;
      tell(`Not saved. ${error.message}`, true);
    }
    saving = null;
  };
  const save = () => { isSaved = false; return saving ??= store(); };
  const leave = () => {
    part.dataset.tags = JSON.stringify(stored);
    $(".shown", part).replaceChildren(...stored.map(chipOf));
    editor.remove();
    $("[data-edit-tags]", part).focus();
  };
  const field = new TagField({
    label: "Tags", add: "Add a tag", tags: stored, known: knownTags(),
    changed: save, told: tell,
  });
  editor.prepend(field.node);
  // Beside the input, wherever that is: not under what it offers.
  const done = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Done" });
  $(".adder", editor).append(done);
  done.addEventListener("click", async () => {
    field.add();
    await (isSaved ? saving : save());
    isSaved ? leave() : field.input.focus();
  });
  editor.addEventListener("keydown", async (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    // What could not be saved is said first, and given up with one more Escape.
    const isKnown = !saving;
    await saving;
    if (isSaved || isKnown) leave();
  });
  again.addEventListener("click", () => { save(); field.input.focus(); });
  // What the program adds meanwhile is not taken off again by what is being edited.
  editor.addEventListener("fresh", ({ detail }) => {
    const now = JSON.parse(detail.dataset.tags);
    field.tags.push(...now.filter((tag) => !stored.includes(tag) && !field.tags.includes(tag)));
    if (!saving) stored = now;
    field.draw();
  });
  part.append(editor);
  field.input.focus();
}

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

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-say], [data-note], [data-edit-tags]");
  if (!button) return;
  if ("note" in button.dataset) return begin($(".note-line"), editNote);
  if ("editTags" in button.dataset) return begin($(".tags"), editTags);
  const { say: name, value } = button.dataset;
  const isTaken = button.getAttribute("aria-pressed") === "true";
  say(name, isTaken ? null : value).then(() => {
    for (const one of $$(`[data-say="${name}"]`)) one.setAttribute("aria-pressed", !isTaken && one.dataset.value === value);
  }, (error) => toast(error.message));
});
