// The upload page: a queue of files, two at a time, each with a ticket of its own, straight to the API.
import { Upload } from "./upload-file.js";
import { failure, refusal } from "./upload-words.js";

const atOnce = 2;
const form = document.querySelector("[data-upload]");
const rows = form.querySelector("[data-rows]");
const input = form.querySelector("[data-files]");
const announce = form.querySelector("[data-announce]");
const summary = form.querySelector("[data-summary]");
const uploads = new Set();
const heard = new Map(); // events may overtake the answer to the upload

const page = {
  async ticket() {
    const token = form.querySelector("input[name=__RequestVerificationToken]").value;
    const answer = await fetch(form.action, { method: "POST", headers: { RequestVerificationToken: token, Accept: "application/json" } })
      .catch(() => { throw failure("The portal cannot be reached. Check the network and try again.", { open: true }); });
    if (!answer.ok)
      throw refusal(answer.status, await answer.text(), answer.headers.get("Retry-After"), 0);
    return (await answer.json()).url;
  },

  details(file) {
    const fields = [...form.querySelectorAll("[data-field]")]
      .map(field => [field.name, field.type === "datetime-local" && field.value ? new Date(field.value).toISOString() : field.value.trim()])
      .filter(([, value]) => value !== "");
    if (!fields.some(([name]) => name === "title"))
      fields.push(["title", file.name.replace(/\.[^.]+$/, "")]);
    return fields;
  },

  changed(upload) {
    const known = upload.state === "done" && heard.get(upload.id);
    if (known)
      upload.hear(known);
    next();
    count();
  },

  removed(upload) {
    const after = upload.element.nextElementSibling ?? upload.element.previousElementSibling;
    uploads.delete(upload);
    upload.element.remove();
    (after?.querySelector("button:not([hidden])") ?? input).focus();
    count();
  },

  say(text) {
    announce.textContent = text;
  },
};

function next() {
  const all = [...uploads];
  const free = atOnce - all.filter(upload => upload.state === "sending").length;
  for (const upload of all.filter(upload => upload.state === "waiting").slice(0, Math.max(0, free)))
    upload.start();
}

function count() {
  form.querySelector("[data-list]").hidden = uploads.size === 0;
  const of = (...states) => [...uploads].filter(upload => states.includes(upload.state)).length;
  summary.textContent = [
    [of("done"), "uploaded"], [of("waiting", "sending", "paused"), "under way"], [of("failed"), "not uploaded"], [of("cancelled"), "cancelled"],
  ].filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`).join(" · ");
}

function add(files) {
  for (const file of files) {
    const upload = new Upload(file, page);
    uploads.add(upload);
    rows.append(upload.element);
  }
  count();
  next();
}

function dropped(transfer) {
  const items = [...transfer.items].filter(item => item.kind === "file");
  const folders = items.filter(item => item.webkitGetAsEntry?.()?.isDirectory);
  form.querySelector("[data-folders]").hidden = folders.length === 0;
  add(items.filter(item => !folders.includes(item)).map(item => item.getAsFile()).filter(Boolean));
}

input.addEventListener("change", () => {
  add([...input.files]);
  input.value = "";
});

// Anywhere on the page: a file dropped beside the zone must not replace the page either.
const bringsFiles = event => [...event.dataTransfer?.types ?? []].includes("Files");
let depth = 0;
const over = change => {
  depth = Math.max(0, change === 0 ? 0 : depth + change);
  document.documentElement.toggleAttribute("data-dropping", depth > 0);
};
document.addEventListener("dragenter", event => bringsFiles(event) && over(1));
document.addEventListener("dragleave", event => bringsFiles(event) && over(-1));
document.addEventListener("dragover", event => bringsFiles(event) && event.preventDefault());
document.addEventListener("drop", event => {
  over(0);
  if (!bringsFiles(event))
    return;
  event.preventDefault();
  dropped(event.dataTransfer);
});

form.addEventListener("submit", event => event.preventDefault());

addEventListener("online", () => {
  for (const upload of uploads)
    if (upload.state === "paused")
      upload.again();
});

form.addEventListener("live", ({ detail: event }) => {
  if (!event.recording_id)
    return;
  if ([...uploads].some(upload => upload.state === "sending"))
    heard.set(event.recording_id, event);
  [...uploads].find(upload => upload.id === event.recording_id)?.hear(event);
});

addEventListener("beforeunload", event => {
  if ([...uploads].some(upload => upload.isUnderWay))
    event.preventDefault();
});
