// Opens the player of a medium below its conversation's line: one at a time, kept while the list refreshes itself.
import "./player.js";
import { remembered } from "./player-parts.js";

let open = null; // { recording, stage }

const mediumOf = recording => document.querySelector(`[data-plays="${recording}"]`);

function draw() {
  for (const medium of document.querySelectorAll("[data-plays]"))
    medium.ariaExpanded = String(medium.dataset.plays === open?.recording);
}

function close() {
  if (!open)
    return;
  const { recording, stage } = open;
  const hadFocus = stage.contains(document.activeElement);
  open = null;
  stage.replaceChildren();
  draw();
  if (hadFocus)
    (mediumOf(recording) ?? stage.closest("li").querySelector("a") ?? document.getElementById("content")).focus();
}

function say(stage, role, words) {
  const said = document.createElement("p");
  said.className = "player-panel-state";
  said.role = role;
  said.textContent = words;
  stage.replaceChildren(said);
}

async function show(medium) {
  close();
  const stage = medium.closest("li").querySelector("[data-stage]");
  const asked = open = { recording: medium.dataset.plays, stage };
  draw();
  say(stage, "status", "Opening the player…");
  let panel = null;
  let words = "The player cannot be opened right now. Click the recording again in a moment.";
  try {
    const answer = await fetch(`/history/${stage.dataset.stage}/player/${asked.recording}`, { headers: { Accept: "text/html" } });
    if (answer.ok)
      panel = await answer.text();
    else if (answer.status < 500)
      words = "This recording cannot be opened any more. Reload the page to see what there is.";
  } catch {
    // Said below: the connection may be back in a moment.
  }
  if (open !== asked)
    return;
  if (panel === null) {
    say(stage, "alert", words);
    return;
  }
  stage.innerHTML = panel;
  for (const box of stage.querySelectorAll("[data-keys]"))
    box.checked = remembered().keys;
  stage.scrollIntoView({ block: "nearest" });
  const play = stage.querySelector("[data-play]");
  (play ?? stage.querySelector("[data-closes-player]")).focus();
  play?.click();
}

document.addEventListener("click", event => {
  if (event.target.closest("[data-closes-player]")) {
    close();
    return;
  }
  const medium = event.target.closest("[data-plays]");
  if (!medium || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault();
  if (medium.dataset.plays === open?.recording)
    close();
  else
    show(medium);
});

document.addEventListener("keydown", event => {
  // A dialog and what is being typed elsewhere have their own use for it.
  if (event.key === "Escape" && open && !document.querySelector("dialog[open]") && !(event.target.closest("input, select, textarea") && !open.stage.contains(event.target)))
    close();
});

document.addEventListener("htmx:after:swap", () => {
  if (open && !open.stage.isConnected)
    open = null;
  // Taken away, deleted or out of sight: nobody goes on listening to it.
  if (open && !mediumOf(open.recording))
    close();
  draw();
});

draw();
