// Keeps what a page shows up to date: events say what changed, htmx fetches it from the portal.
import { LiveStream, pauseAfter } from "./live-stream.js";

const root = document.documentElement;
const list = "[data-live-list]";
const overview = "[data-live-overview]";
const recording = "[data-live-recording]";
const notes = "[data-live-notes]";
const notesChanged = "recording.notes_changed";
const uploads = "[data-upload]";

// A burst of events is one request, and a stream of them one a second; an overview counts, and nobody reads numbers that fast.
const soon = 100;
const second = 1000;
const overviewApart = 5000;

function refresher(selector, apart) {
  let timer = 0;
  let last = -apart;
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      last = performance.now();
      document.querySelector(selector)?.dispatchEvent(new Event("live"));
    }, Math.max(soon, last + apart - performance.now()));
  };
}

const refreshList = refresher(list, second);
const refreshOverview = refresher(overview, overviewApart);
const refreshRecording = refresher(recording, second);
// What somebody is writing is not drawn over: saving or leaving it brings the list as it is then.
const refreshNotes = refresher(`${notes}:not(:has([data-editing]))`, second);

// A refresh that failed for the moment leaves what is shown as it is, and is tried again: the next event may be hours away.
let failures = 0;
const refreshers = [[list, refreshList], [overview, refreshOverview], [recording, refreshRecording], [notes, refreshNotes]];
for (const type of ["htmx:error", "htmx:response:error"])
  document.addEventListener(type, ({ detail: { ctx } }) => {
    const refresh = refreshers.find(([selector]) => ctx?.sourceElement.matches(selector))?.[1];
    const status = ctx?.response?.status ?? 503;
    if (!refresh || (status < 500 && status !== 429))
      return;
    ctx.swap = "none";
    setTimeout(refresh, pauseAfter(failures++));
  });
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response.status < 400)
    failures = 0;
});

function hearOfRecording(shown, event) {
  if (event.kind === notesChanged) {
    refreshNotes();
    return;
  }
  const bar = shown.querySelector("progress");
  if (event.kind === "recording.progress" && bar)
    bar.value = event.data.progress;
  else
    refreshRecording();
  if (event.kind === "reset")
    refreshNotes();
}

// A list names the kinds that it shows, by how they begin.
function shows({ dataset: { liveList } }, { kind }) {
  return kind === "reset" || (kind !== "recording.progress" && kind !== notesChanged && liveList.split(" ").some(begins => kind.startsWith(begins)));
}

function hear(event) {
  const listed = document.querySelector(list);
  if (listed && shows(listed, event))
    refreshList();
  if (document.querySelector(overview) && event.kind !== "recording.progress")
    refreshOverview();
  const shown = document.querySelector(recording);
  if (shown && (event.kind === "reset" || event.recording_id === shown.dataset.liveRecording))
    hearOfRecording(shown, event);
  document.querySelector(uploads)?.dispatchEvent(new CustomEvent("live", { detail: event }));
}

function connect() {
  if (window.SharedWorker)
    return new SharedWorker("/js/live-worker.js", { type: "module", name: "live" }).port;
  // Where tabs cannot share, the one that is looked at has its own.
  const { port1, port2 } = new MessageChannel();
  new LiveStream().join(port1);
  return port2;
}

if (document.querySelector(`${list}, ${overview}, ${recording}, ${uploads}`)) {
  let position = root.dataset.events ? Number(root.dataset.events) : null;
  const port = connect();
  const look = visible => port.postMessage({ visible, position });
  port.onmessage = ({ data }) => {
    position = data.seq;
    hear(data);
  };
  document.addEventListener("visibilitychange", () => look(!document.hidden));
  addEventListener("pagehide", () => look(false));
  addEventListener("pageshow", event => event.persisted && look(!document.hidden));
  look(!document.hidden);
}
