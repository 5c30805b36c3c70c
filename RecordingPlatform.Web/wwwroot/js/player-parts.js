// What the player needs around itself: what it remembers, its keys, its links and the reason that listening may need.

const place = "player";
const usual = { speed: 1, volume: 1, keys: true };

/** What holds for every recording in this browser. @param {object} [change] What is different from now on. */
export function remembered(change) {
  let known = usual;
  try {
    known = { ...usual, ...JSON.parse(localStorage.getItem(place)) };
    if (change)
      localStorage.setItem(place, JSON.stringify(known = { ...known, ...change }));
  } catch {
    // A browser that keeps nothing still plays.
  }
  return { ...known, speed: Math.min(2, Math.max(0.5, Number(known.speed) || 1)), volume: Math.min(1, Math.max(0, Number(known.volume ?? 1))) };
}

const everywhere = {
  " ": "toggle", k: "toggle", j: "back", l: "forward", m: "mute", n: "note", "?": "help", ArrowLeft: "earlier", ArrowRight: "later",
  "<": "slower", "-": "slower", ">": "faster", "+": "faster", "=": "faster",
};
const within = { Home: "start", End: "end" };

/** What a key asks of the player; null when it is meant for something else, or keys are switched off. */
export function keys(event, player) {
  const { target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog, [contenteditable]"))
    return null;
  // Space presses what has the focus.
  if (event.key === " " && target.closest("button, a, summary"))
    return null;
  if (player.contains(target) && event.key in within)
    return within[event.key];
  return remembered().keys ? everywhere[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null : null;
}

document.addEventListener("change", event => {
  if (event.target.matches("[data-keys]"))
    remembered({ keys: event.target.checked });
});
for (const box of document.querySelectorAll("[data-keys]"))
  box.checked = remembered().keys;

/** Copies the address of this moment; where there is no clipboard it stays a link to follow or copy by hand. */
export async function link(event, player, say) {
  if (!navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault();
  const { href } = event.currentTarget;
  try {
    await navigator.clipboard.writeText(href);
    say(`Link to ${clock(player.now)} copied.`);
  } catch {
    location.assign(href);
  }
}

// Some people may hear a recording only with a stated reason; without the question there is nothing to state.
const question = () => document.querySelector("[data-reason]");

export function reasonGiven() {
  return !question() || question().value.trim() !== "";
}

export function reasonQuery(separator) {
  return question() ? `${separator}reason=${encodeURIComponent(question().value.trim())}` : "";
}

document.addEventListener("click", event => {
  const saves = event.target.closest("[data-download]");
  if (!saves || !question())
    return;
  event.preventDefault();
  if (reasonGiven())
    location.assign(saves.href + reasonQuery("?"));
  else
    question().focus();
});

export async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const advice = answer.status === 401 ? "Your session has ended. Reload the page to sign in again."
    : answer.status >= 500 || answer.status === 429 ? "The platform cannot be reached right now. Try again in a moment."
    : problem.detail ?? "This recording cannot be played now.";
  return Object.assign(new Error(`${answer.status} ${problem.code ?? ""}`), { advice });
}

/** Colours a range as far as it is pushed. */
export function fill(range) {
  range.style.setProperty("--part", `${100 * (range.value - range.min) / (range.max - range.min)}%`);
}

export function clock(seconds) {
  const whole = Math.floor(Math.max(0, seconds || 0));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts[0] > 0
    ? `${parts[0]}:${String(parts[1]).padStart(2, "0")}:${String(parts[2]).padStart(2, "0")}`
    : `${parts[1]}:${String(parts[2]).padStart(2, "0")}`;
}
