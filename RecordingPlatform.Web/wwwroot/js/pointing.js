// The waveform under the pointer, and the notes that are marked on it.
import { clock } from "./player-parts.js";

/** Tells the time under the pointer, and seeks where it is pressed and drawn to. */
export function point(player, { slider, lanes, hover, signal }) {
  const on = (type, handle) => slider.addEventListener(type, handle, { signal });
  const at = event => {
    const { left, width } = lanes.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * player.duration;
  };
  on("pointerdown", event => {
    if (event.button !== 0)
      return;
    slider.setPointerCapture(event.pointerId);
    player.seek(at(event));
  });
  on("pointermove", event => {
    const time = at(event);
    hover.hidden = false;
    hover.style.left = `${100 * time / (player.duration || 1)}%`;
    hover.firstElementChild.textContent = clock(time);
    hover.classList.toggle("at-end", time > player.duration * 0.9);
    if (slider.hasPointerCapture(event.pointerId))
      player.seek(time);
  });
  on("pointerleave", () => { hover.hidden = true; });
}

/** Notes with a time show where they are. */
export function mark(layer, duration) {
  const notes = [...document.querySelectorAll("[data-note-at]")];
  layer.replaceChildren(...(duration > 0 ? notes : []).map(note => {
    const at = Number(note.dataset.noteAt);
    const marker = document.createElement("span");
    marker.className = "wave-marker";
    marker.dataset.seek = note.dataset.noteAt;
    marker.title = `${clock(at)} ${note.dataset.noteLabel}`;
    marker.style.left = `${Math.min(100, 100 * at / duration)}%`;
    return marker;
  }));
}
