// Keeps what a page shows up to date: events say what changed, htmx fetches it from the portal.
import { LiveStream } from "./live-stream.js";

const root = document.documentElement;
const list = "[data-live-list]";
const recording = "[data-live-recording]";
const uploads = "[data-upload]";

// A burst of events is one request, and a stream of them one a second.
const soon = 100;
const apart = 1000;

function refresher(selector) {
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

const refreshList = refresher(list);
const refreshRecording = refresher(recording);

function hearOfRecording(shown, event) {
  const media = shown.querySelector("[data-media]");
  // Nobody is interrupted while listening, unless it is taken away.
  if (media && !media.paused && event.kind !== "recording.deleted")
    return;
  const bar = shown.querySelector("progress");
  if (event.kind === "recording.progress" && bar)
    bar.value = event.data.progress;
  else
    refreshRecording();
}

function hear(event) {
  if (document.querySelector(list) && event.kind !== "recording.progress")
    refreshList();
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

if (document.querySelector(`${list}, ${recording}, ${uploads}`)) {
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
