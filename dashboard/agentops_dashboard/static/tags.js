// A field of tags: each with a button that takes it away, an input that adds one, and those that exist to choose from.
import { $, nodes } from "./page.js";
import { Offers } from "./offers.js";

const MOST_OFFERED = 8;
const FIELD = `<div class="tag-field" role="group"><ul class="chosen"></ul><span class="adder"><input class="field" maxlength="200" autocomplete="off" spellcheck="false" autocapitalize="none" enterkeyhint="done" role="combobox" aria-autocomplete="list" aria-expanded="false" aria-controls="tags-offered"><ul class="sheet" id="tags-offered" role="listbox" hidden></ul></span></div>`;
const CHIP = `<li class="chip"><span class="clip"></span><button type="button"><svg class="icon" aria-hidden="true"><use href="/static/icons.svg#close"/></svg></button></li>`;

/** Tags that sessions have, with how many have them, the most used first; none where nobody answers. */
export async function knownTags() {
  const response = await fetch("/api/v1/facets").catch(() => null);
  const { facets = [] } = response?.ok ? await response.json() : {};
  return facets.find(({ key }) => key === "tag")?.values ?? [];
}

/** One on the page at a time. `known` promises `{value, count}` of those to offer; `changed()` is called after each change, `told(text)` with what there is to say. */
export class TagField {
  constructor({ label, add, tags, known, changed, told }) {
    this.node = nodes(FIELD).firstElementChild;
    this.input = $("input", this.node);
    const box = $(".sheet", this.node);
    this.node.setAttribute("aria-label", label);
    this.input.setAttribute("aria-label", add);
    this.input.placeholder = add;
    box.setAttribute("aria-label", `${label} that exist`);
    const offers = new Offers(this.input, box, ({ text }) => { this.input.value = ""; this.add(text); });
    Object.assign(this, { tags: [...tags], known: [], offers, changed, told });
    known.then((values) => { this.known = values; if (this.input.value) this.offer(); });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => this.offers.close());
    this.draw();
  }

  draw() {
    $(".chosen", this.node).replaceChildren(...this.tags.map((tag) => {
      const chip = nodes(CHIP).firstElementChild;
      $("span", chip).textContent = tag;
      $("button", chip).title = `Remove ${tag}`;
      $("button", chip).setAttribute("aria-label", `Remove ${tag}`);
      $("button", chip).addEventListener("click", () => { this.remove(tag); this.input.focus(); });
      return chip;
    }));
  }

  /** Add what is typed, or another text; what is there already is said so. */
  add(text = this.input.value) {
    const tag = text.trim();
    if (text === this.input.value) this.input.value = "";
    this.offers.close();
    if (!tag) return;
    if (this.tags.includes(tag)) return this.told(`“${tag}” is there already`);
    this.tags.push(tag);
    this.draw();
    this.changed();
  }

  remove(tag) {
    this.tags = this.tags.filter((one) => one !== tag);
    this.draw();
    this.changed();
  }

  typed() {
    const parts = this.input.value.split(",");
    if (parts.length > 1) {
      this.input.value = parts.pop().trimStart();
      for (const part of parts) this.add(part);
    }
    this.input.value ? this.offer() : this.offers.close();
  }

  pressed(event) {
    const { key } = event;
    if (event.isComposing || this.offers.walk(event)) return;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      this.offer();
    } else if (key === "Enter" && !event.ctrlKey && !event.metaKey && (this.offers.press() || this.input.value.trim())) {
      event.preventDefault();
      this.add();
    } else if (key === "Backspace" && !this.input.value && !event.repeat && this.tags.length) {
      // Not while the key is held: who deletes a word does not mean the tags before it.
      this.remove(this.tags.at(-1));
    } else if (key === "Escape" && this.offers.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.offers.close();
    }
  }

  /** Show the tags that contain what is typed, and are not chosen yet. */
  offer() {
    const text = this.input.value.trim().toLowerCase();
    const fitting = this.known.filter(({ value }) => value.toLowerCase().includes(text) && !this.tags.includes(value));
    this.offers.show(fitting.slice(0, MOST_OFFERED).map(({ value, count }) => ({ text: value, note: count.toLocaleString("en-US") })));
  }
}
