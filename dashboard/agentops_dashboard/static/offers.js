// What is offered under a field (role=combobox): drawn, walked through with the arrows, told to screen readers.

/** One of the choices: a link where it has an address. */
function optionOf({ text, note, href }, id) {
  const option = Object.assign(document.createElement(href ? "a" : "li"), { className: "opt", id, tabIndex: -1 });
  if (href) option.href = href;
  option.setAttribute("role", "option");
  option.append(Object.assign(document.createElement("span"), { className: "clip", textContent: text }));
  if (note) option.append(Object.assign(document.createElement("small"), { textContent: note }));
  // The field keeps the keyboard.
  option.addEventListener("mousedown", (event) => event.preventDefault());
  return option;
}

/** Entries are `{text, note, href}` with whatever else they hold; `take(entry)` is called with the one that is taken. */
export class Offers {
  constructor(input, box, take = () => {}) {
    Object.assign(this, { input, box, take, entries: [], at: -1 });
  }

  get isOpen() {
    return !this.box.hidden;
  }

  show(entries, at = -1) {
    this.entries = entries;
    this.box.replaceChildren(...entries.map((entry, index) => {
      const option = optionOf(entry, `${this.box.id}-${index}`);
      option.addEventListener("click", () => this.take(entry));
      return option;
    }));
    this.setOpen(entries.length > 0 && document.activeElement === this.input);
    this.choose(at);
  }

  choose(at) {
    this.at = at;
    const options = [...this.box.children];
    options.forEach((option, index) => option.setAttribute("aria-selected", index === at));
    options[at]?.scrollIntoView({ block: "nearest" });
    at < 0 ? this.input.removeAttribute("aria-activedescendant") : this.input.setAttribute("aria-activedescendant", options[at].id);
  }

  setOpen(isOpen) {
    this.box.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", isOpen);
  }

  close() {
    this.choose(-1);
    this.setOpen(false);
  }

  /** Whether a key was one of those that walk through what is open. */
  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.isOpen) return false;
    event.preventDefault();
    const count = this.entries.length;
    this.choose((Math.max(this.at, step < 0 ? 0 : -1) + step + count) % count);
    return true;
  }

  /** Take what is chosen, as a click on it does; whether something was. */
  press() {
    const option = this.isOpen && this.box.children[this.at];
    if (option) option.click();
    return Boolean(option);
  }
}
