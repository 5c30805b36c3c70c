// Uploads several files, two at a time, each with a ticket of its own, straight to the API. XMLHttpRequest because it alone
// tells how much has been sent.

const atOnce = 2;
const form = document.querySelector("[data-upload]");
const rows = form.querySelector("[data-rows]");
const row = document.getElementById("upload-row");
const announce = form.querySelector("[data-announce]");
const uploads = new Set();

class Upload {
  state = "waiting";
  final = false; // the same file would fail again
  #request = null;

  constructor(file) {
    this.file = file;
    this.element = row.content.firstElementChild.cloneNode(true);
    this.#part("name").textContent = file.name;
    this.#part("remove").addEventListener("click", () => this.remove());
    this.#part("retry").addEventListener("click", () => this.#become("waiting"));
    rows.append(this.element);
    this.#become("waiting");
  }

  #part(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  #become(state, message) {
    this.state = state;
    this.element.dataset.state = state;
    const words = {
      waiting: `${size(this.file.size)} · waiting`,
      sending: `${size(this.file.size)} · starting`,
      done: `${size(this.file.size)} · uploaded`,
    };
    this.#part("message").textContent = message ?? words[state];
    this.#part("retry").hidden = state !== "failed" || this.final;
    this.#part("remove").ariaLabel = state === "sending" ? `Cancel ${this.file.name}` : `Remove ${this.file.name} from this list`;
    this.#part("progress").hidden = state === "failed" || state === "done";
    if (state === "done" || state === "failed")
      announce.textContent = `${this.file.name}: ${state === "done" ? "uploaded" : message}`;
    next();
  }

  async start() {
    this.#become("sending");
    try {
      const url = await ticket();
      if (!uploads.has(this))
        return;
      const id = await this.#send(url);
      const open = this.#part("open");
      open.href = `/recordings/${id}`;
      open.ariaLabel = `Open ${this.file.name}`;
      open.hidden = false;
      this.#become("done");
    } catch (error) {
      if (uploads.has(this)) {
        this.final = error.final;
        this.#become("failed", error.advice ?? "The upload did not work. Try again.");
      }
    }
  }

  #send(url) {
    const body = new FormData();
    for (const [name, value] of details())
      body.append(name, value);
    if (!body.has("title"))
      body.append("title", this.file.name.replace(/\.[^.]+$/, ""));
    body.append("file", this.file);

    const request = this.#request = new XMLHttpRequest();
    const progress = this.#part("progress");
    return new Promise((resolve, reject) => {
      request.upload.addEventListener("progress", event => {
        progress.value = event.loaded / event.total;
        this.#part("message").textContent = event.loaded < event.total
          ? `${size(event.loaded)} of ${size(event.total)}`
          : `${size(this.file.size)} · being stored`;
      });
      request.addEventListener("load", () => {
        if (request.status === 201)
          resolve(JSON.parse(request.responseText).id);
        else
          reject(refusal(request.status, request.responseText));
      });
      request.addEventListener("error", () => reject(failure("The connection broke. Check the network and try again.")));
      request.addEventListener("abort", () => reject(failure("Cancelled.")));
      request.open("POST", url);
      request.send(body);
    });
  }

  remove() {
    uploads.delete(this);
    this.#request?.abort();
    const after = this.element.nextElementSibling ?? this.element.previousElementSibling;
    this.element.remove();
    (after?.querySelector("[data-remove]") ?? form.querySelector("[data-files]")).focus();
    show();
    next();
  }
}

function details() {
  return [...form.querySelectorAll("[data-field]")]
    .map(field => [field.name, field.type === "datetime-local" && field.value ? new Date(field.value).toISOString() : field.value.trim()])
    .filter(([, value]) => value !== "");
}

async function ticket() {
  const token = form.querySelector("input[name=__RequestVerificationToken]").value;
  const answer = await fetch(form.action, { method: "POST", headers: { RequestVerificationToken: token, Accept: "application/json" } })
    .catch(() => { throw failure("The portal cannot be reached. Check the network and try again."); });
  if (!answer.ok)
    throw refusal(answer.status, await answer.text());
  return (await answer.json()).url;
}

/** What the person can do about it. */
function refusal(status, text) {
  let detail;
  try {
    detail = JSON.parse(text).detail;
  } catch {
    // A proxy's page says nothing to a person.
  }
  switch (status) {
    case 400: return failure(detail ?? "The page was open for too long. Reload it and choose the file again.");
    case 401: return failure("Your session has ended. Reload the page and sign in again.");
    case 403: return failure(detail ?? "Your account may not upload recordings.", true);
    case 413: return failure(detail ?? "The file is too large. Ask an administrator to raise the limit, or upload it in parts.", true);
    case 415: return failure("This is not an audio or video file that the platform knows. Choose another file.", true);
    case 422: return failure(detail ?? "The file is empty or arrived incomplete. Check that it opens on this computer and try again.");
    case 507: return failure("The platform's storage is full. Nothing was stored; tell your administrator.");
    case 429:
    case 502:
    case 503:
    case 504: return failure("The platform is busy. Try again in a moment.");
    default: return failure(detail ?? `The upload was refused (${status}).`);
  }
}

function failure(advice, final = false) {
  return Object.assign(new Error(advice), { advice, final });
}

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 999.95 && unit < units.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}

function next() {
  const all = [...uploads];
  const free = atOnce - all.filter(upload => upload.state === "sending").length;
  for (const upload of all.filter(upload => upload.state === "waiting").slice(0, Math.max(0, free)))
    upload.start();
}

function show() {
  form.querySelector("[data-list]").hidden = uploads.size === 0;
}

function add(files) {
  for (const file of files)
    uploads.add(new Upload(file));
  show();
  next();
}

const input = form.querySelector("[data-files]");
input.addEventListener("change", () => {
  add([...input.files]);
  input.value = "";
});

const zone = form.querySelector("[data-drop]");
// A file dropped beside the zone must not replace the page.
for (const type of ["dragover", "drop"])
  document.addEventListener(type, event => event.preventDefault());
zone.addEventListener("dragover", () => zone.classList.add("over"));
for (const type of ["dragleave", "drop"])
  zone.addEventListener(type, () => zone.classList.remove("over"));
zone.addEventListener("drop", event => add([...event.dataTransfer.files]));

form.addEventListener("submit", event => event.preventDefault());

addEventListener("beforeunload", event => {
  if ([...uploads].some(upload => upload.state === "sending" || upload.state === "waiting"))
    event.preventDefault();
});
