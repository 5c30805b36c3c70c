// Notes beside the player: the form knows the moment, a note knows when it is being heard.
import { clock } from "./player-parts.js";

const unsent = "This could not be saved. Your text is still here; try again in a moment.";
const player = () => document.querySelector("recording-player");
const form = () => document.querySelector("[data-note-form]");

// The moment is the one at which somebody began to write.
function follow(now) {
  const writes = form()?.querySelector("[data-note-text]");
  const time = form()?.querySelector("[data-note-time]");
  if (!writes || time.dataset.chosen !== undefined || document.activeElement === time || document.activeElement === writes || writes.value !== "")
    return;
  time.value = now > 0 ? clock(now) : "";
}

function hear(now) {
  let heard = null;
  for (const note of document.querySelectorAll("[data-note-at]"))
    if (Number(note.dataset.noteAt) <= now + 0.1 && now > 0)
      heard = note;
  for (const note of document.querySelectorAll(".note"))
    note.classList.toggle("heard", note === heard);
}

function take() {
  const writes = form()?.querySelector("[data-note-text]");
  if (!writes)
    return;
  const time = form().querySelector("[data-note-time]");
  if (writes.value === "" && player())
    time.value = clock(player().now);
  writes.focus();
  writes.scrollIntoView({ block: "nearest" });
}

const refusalOf = source => source.querySelector("[data-note-refusal]");

document.addEventListener("moved", ({ detail: { now } }) => {
  follow(now);
  hear(now);
});
document.addEventListener("takenote", take);
document.addEventListener("input", event => {
  if (event.target.matches("[data-note-time]"))
    event.target.dataset.chosen = "";
});

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const words = refusalOf(ctx.sourceElement);
  if (words)
    words.textContent = "";
});
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const source = ctx.sourceElement;
  if (!source.matches("[data-note-form]") || ctx.response.status >= 400)
    return;
  source.reset();
  delete source.querySelector("[data-note-time]").dataset.chosen;
  source.querySelector("[data-note-text]").blur();
  follow(player()?.now ?? 0);
});
for (const type of ["htmx:error", "htmx:response:error"])
  document.addEventListener(type, ({ detail: { ctx } }) => {
    const words = ctx && refusalOf(ctx.sourceElement);
    // A refusal in words is put there by itself.
    if (words && ctx.response?.status !== 422)
      words.textContent = unsent;
  });

document.addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("#notes textarea"))
    event.target.form.requestSubmit();
  if (event.key === "Escape")
    event.target.closest?.("form")?.querySelector("[data-cancels]")?.click();
});
