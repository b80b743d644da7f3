// The tags of a session, in its head. Loaded when somebody begins to edit them.
import { $, change, nodes } from "./page.js";
import { TagField, knownTags } from "./tags.js";

const TAGS = `<div class="tag-edit" data-editor><span class="said" role="status"></span><button type="button" class="btn" data-again hidden>Try again</button></div>`;

function chipOf(tag) {
  const value = tag.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return Object.assign(document.createElement("a"), { className: "chip", href: `/sessions?${new URLSearchParams({ q: `tag:"${value}"` })}`, textContent: tag });
}

/** Edit them where they stand: each change is saved at once, one after the other; the last write wins. */
export function editTags(part) {
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
        stored = (await change("PUT", `/api/v1/sessions/${$(".session").dataset.session}/tags`, { tags: field.tags })).tags;
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
