// A drag over the timeline's ruler or lanes chooses the stretch to zoom to.
import { $ } from "./page.js";

const LEAST_PX = 5;
const OVER = ".lane, .ruler, .at-once, .curve";

/** What is chosen so far, over the ruler and all lanes. */
function draw(drag) {
  const view = $(".view");
  const around = view.getBoundingClientRect();
  if (!drag.mark.isConnected) view.append(drag.mark);
  drag.mark.style.left = `${Math.min(drag.start, drag.end) - around.left}px`;
  drag.mark.style.width = `${Math.abs(drag.end - drag.start)}px`;
  drag.mark.style.top = `${$("#ruler").getBoundingClientRect().top - around.top}px`;
}

/** Whoever dragged has not clicked. */
function swallowClick() {
  const swallow = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
}

/** Call `chosen(start, end)`, shares of the width in sight, for each stretch that is dragged over. */
export function onStretch(chosen) {
  let drag = null;
  const isMine = (event) => drag && event.pointerId === drag.pointer;
  const drop = () => { drag?.mark?.remove(); $(".view").classList.remove("choosing"); };
  const share = (x) => (x - drag.left) / (drag.right - drag.left);

  document.addEventListener("pointerdown", (event) => {
    const over = event.target.closest?.(OVER);
    if (drag || !over || event.button || !event.isPrimary || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const { left, right } = over.getBoundingClientRect();
    drag = { pointer: event.pointerId, start: event.clientX, end: event.clientX, left, right, mark: null, isGivenUp: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!isMine(event) || drag.isGivenUp) return;
    drag.end = Math.min(Math.max(event.clientX, drag.left), drag.right);
    if (!drag.mark) {
      if (Math.abs(event.clientX - drag.start) < LEAST_PX) return;
      drag.mark = Object.assign(document.createElement("div"), { className: "stretch" });
      $(".view").classList.add("choosing");
      $(".view").setPointerCapture(event.pointerId);
    }
    draw(drag);
  });
  document.addEventListener("pointerup", (event) => {
    if (!isMine(event)) return;
    drop();
    if (drag.mark) swallowClick();
    if (drag.mark && !drag.isGivenUp && drag.start !== drag.end) chosen(...[share(drag.start), share(drag.end)].sort((a, b) => a - b));
    drag = null;
  });
  // A finger that scrolls: the browser takes it over.
  document.addEventListener("pointercancel", (event) => { if (isMine(event)) { drop(); drag = null; } });
  // Before the keys of the page, of which Escape also ends the playback.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag?.mark || drag.isGivenUp) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    drag.isGivenUp = true;
    drop();
  }, { capture: true });
  // A bar of a lane is a link, which the browser would carry away.
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.(OVER)) event.preventDefault(); });
}
