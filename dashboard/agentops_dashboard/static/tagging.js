// A dialog that asks for tags, with the field in which a session's own are edited.
import { $, nodes } from "./page.js";
import { TagField, knownTags } from "./tags.js";

const DIALOG = `<dialog class="tagging" aria-labelledby="tagging-title"><form><h2 id="tagging-title"></h2><p class="said" role="status"></p><div class="does"><button type="button" class="btn quiet">Cancel</button><button class="btn primary"></button></div></form></dialog>`;

/** Those that begin with a prefix, without it. */
const within = (known, prefix) => known.filter(({ value }) => value.startsWith(prefix)).map(({ value, count }) => ({ value: value.slice(prefix.length), count }));

/**
 * Ask for tags, and `save(tags)` them, each with the prefix before it. What fails is said in the dialog, which stays.
 * Returns what was typed, or null where nothing came of it.
 */
export function askTags({ title, label, add, verb, prefix = "" }, save) {
  const dialog = nodes(DIALOG).firstElementChild;
  const [said, does] = [$(".said", dialog), $(".primary", dialog)];
  const tell = (text, isFailed = false) => { said.textContent = text; said.classList.toggle("failed", isFailed); };
  const field = new TagField({ label, add, tags: [], known: knownTags().then((known) => within(known, prefix)), changed: () => tell(""), told: tell });
  $("h2", dialog).textContent = title;
  does.textContent = verb;
  said.before(field.node);
  let saved = null;
  $("form", dialog).addEventListener("submit", async (event) => {
    event.preventDefault();
    field.add();
    if (!field.tags.length) { tell(`${add} first`); return field.input.focus(); }
    does.disabled = true;
    tell("Saving…");
    try {
      await save(field.tags.map((tag) => prefix + tag));
      saved = field.tags;
      dialog.close();
    } catch (error) {
      tell(`Not saved. ${error.message}`, true);
    }
    does.disabled = false;
  });
  $(".quiet", dialog).addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  field.input.focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => { dialog.remove(); resolve(saved); }));
}
