// One file on its way: its row, its request, and what became of it. XMLHttpRequest because it alone tells how much has been sent.
import { Pace, failure, refusal, size, timeLeft } from "./upload-words.js";

const mostWaits = 5;
const row = document.getElementById("upload-row");

// What happens to a recording after it was stored, by the platform's events.
const later = {
  "recording.processing": () => "being made playable",
  "recording.progress": event => `being made playable, ${Math.round(event.data.progress * 100)} %`,
  "recording.ready": () => "ready to play",
  "recording.damaged": () => "stored, but damaged: the original can be downloaded",
  "recording.failed": () => "stored, but it could not be made playable",
  "recording.deleted": () => "deleted",
};

export class Upload {
  state = "waiting";
  id = null;
  #page;
  #request = null;
  #sending = null; // key and fields, kept for as long as it is not known whether they arrived
  #final = false;
  #waits = 0;
  #timer = 0;

  /** @param page  ticket(), details(), changed(upload), removed(upload), say(text) */
  constructor(file, page) {
    this.file = file;
    this.#page = page;
    this.element = row.content.firstElementChild.cloneNode(true);
    this.#part("name").textContent = file.name;
    this.#part("cancel").addEventListener("click", () => this.cancel());
    this.#part("retry").addEventListener("click", () => this.again());
    this.#part("remove").addEventListener("click", () => page.removed(this));
    for (const [part, what] of [["cancel", "Cancel"], ["retry", "Try again:"], ["remove", "Remove from this list:"], ["open", "Open"]])
      this.#part(part).ariaLabel = `${what} ${file.name}`;
    if (file.size === 0)
      this.#fail(refusal(422, '{"code":"file_empty"}'));
    else
      this.#become("waiting", "waiting");
  }

  get isUnderWay() {
    return this.state === "waiting" || this.state === "sending" || this.state === "paused";
  }

  #part(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  #become(state, words) {
    this.state = state;
    this.element.dataset.state = state;
    this.#say(words);
    this.#part("retry").hidden = (state !== "failed" && state !== "cancelled") || this.#final;
    this.#part("cancel").hidden = !this.isUnderWay;
    this.#part("remove").hidden = this.isUnderWay;
    this.#part("progress").hidden = state !== "sending";
    this.#page.changed(this);
  }

  #say(words) {
    this.#part("message").textContent = this.state === "failed" ? words : `${size(this.file.size)} · ${words}`;
  }

  async start() {
    this.#part("progress").value = 0;
    this.#become("sending", "starting");
    try {
      const url = await this.#page.ticket();
      if (this.state !== "sending")
        return;
      this.#sending ??= { key: newKey(), fields: this.#page.details(this.file) };
      this.id = await this.#send(url);
      const open = this.#part("open");
      open.href = `/recordings/${this.id}`;
      open.hidden = false;
      this.#become("done", "uploaded");
      this.#page.say(`${this.file.name}: uploaded`);
    } catch (error) {
      if (this.state === "sending")
        this.#fail(error);
    }
  }

  #fail(error) {
    // A refusal is an answer: the next attempt is another request, with what the fields say then.
    if (!error.open)
      this.#sending = null;
    this.#final = error.final === true;
    if (!navigator.onLine && !this.#final) {
      this.#become("paused", "this computer is offline; it goes on by itself when the connection is back");
    } else if (error.wait && this.#waits < mostWaits) {
      this.#waits++;
      this.#become("paused", `${error.advice.replace(/\.$/, "")}; it goes on by itself in ${error.wait} s`);
      this.#timer = setTimeout(() => this.again(), error.wait * 1000);
    } else {
      this.#become("failed", error.advice ?? "The upload did not work. Try again.");
    }
    this.#page.say(`${this.file.name}: ${error.advice}`);
  }

  #send(url) {
    const body = new FormData();
    for (const [name, value] of this.#sending.fields)
      body.append(name, value);
    body.append("file", this.file);

    const request = this.#request = new XMLHttpRequest();
    const progress = this.#part("progress");
    const pace = new Pace();
    return new Promise((resolve, reject) => {
      request.upload.addEventListener("progress", event => {
        progress.value = event.loaded / event.total;
        pace.add(event.loaded, performance.now());
        const sent = event.loaded >= event.total;
        // From here on only the answer is missing: there is nothing left to cancel.
        this.#part("cancel").hidden = sent;
        this.#part("message").textContent = sent ? `${size(this.file.size)} · being stored` : [
          `${size(event.loaded)} of ${size(event.total)}`,
          pace.bytesPerSecond && `${size(pace.bytesPerSecond)}/s`,
          pace.bytesPerSecond && timeLeft((event.total - event.loaded) / pace.bytesPerSecond),
        ].filter(Boolean).join(" · ");
      });
      request.addEventListener("load", () => {
        if (request.status === 201)
          resolve(JSON.parse(request.responseText).id);
        else
          reject(refusal(request.status, request.responseText, request.getResponseHeader("Retry-After"), this.file.size));
      });
      request.addEventListener("error", () => reject(failure("The connection broke. Try again: the file is sent from its beginning, and is not stored twice.", { open: true })));
      request.open("POST", url);
      request.setRequestHeader("Idempotency-Key", this.#sending.key);
      request.send(body);
    });
  }

  again() {
    clearTimeout(this.#timer);
    if (this.state === "sending" || this.state === "done")
      return;
    this.#become("waiting", "waiting");
  }

  cancel() {
    clearTimeout(this.#timer);
    // Not all of it has been sent, so nothing of it can have been stored.
    this.#sending = null;
    this.#become("cancelled", "cancelled, nothing was kept");
    this.#request?.abort();
    this.#part("retry").focus();
  }

  /** What the platform says of the recording that this file became. */
  hear(event) {
    if (this.state === "done" && later[event.kind]) {
      this.#say(later[event.kind](event));
      this.element.dataset.became = event.kind.replace("recording.", "");
    }
  }
}

// randomUUID is there on secure origins only.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("");
}
