// One stream of events for every page that joins. It is open while somebody looks at one of them, and goes on from where that
// page was drawn or last listened.

const kept = 500;
const patience = 5000;
const longestPatience = 300000;

/** Milliseconds before the next try, after so many that failed. */
export const pauseAfter = failures => Math.min(longestPatience, patience * 2 ** failures);

export class LiveStream {
  #pages = new Map();
  #source = null;
  #from = 0;
  #recent = [];
  #failures = 0;
  #again = 0;

  join(port) {
    port.onmessage = ({ data: { visible, position } }) => {
      this.#pages.delete(port);
      if (visible)
        this.#show(port, position);
      else if (this.#pages.size === 0)
        this.#close();
    };
  }

  #show(port, position) {
    const page = { port, position: position ?? 0 };
    this.#pages.set(port, page);
    if (!this.#source) {
      this.#failures = 0;
      this.#open(position);
    } else if (page.position < this.#from)
      this.#tell(page, { kind: "reset", seq: this.#recent.at(-1)?.seq ?? this.#from });
    else
      for (const event of this.#recent)
        this.#tell(page, event);
  }

  #open(position) {
    clearTimeout(this.#again);
    this.#from = position ?? 0;
    this.#recent = [];
    this.#source = new EventSource(position == null ? "/events" : `/events?last_event_id=${position}`);
    this.#source.onopen = () => this.#failures = 0;
    this.#source.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    this.#source.addEventListener("reset", ({ data }) => {
      const reset = JSON.parse(data);
      this.#from = reset.seq;
      this.#recent = [];
      for (const page of this.#pages.values())
        page.port.postMessage(reset);
      for (const page of this.#pages.values())
        page.position = reset.seq;
    });
    // It comes back by itself, except after an answer that is no stream.
    this.#source.onerror = () => {
      if (this.#source.readyState !== EventSource.CLOSED)
        return;
      const position = this.#recent.at(-1)?.seq ?? this.#from;
      this.#again = setTimeout(() => this.#open(position), pauseAfter(this.#failures++));
    };
  }

  #close() {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
  }

  #heard(event) {
    this.#recent.push(event);
    if (this.#recent.length > kept)
      this.#from = this.#recent.shift().seq;
    for (const page of this.#pages.values())
      this.#tell(page, event);
  }

  #tell(page, event) {
    if (event.seq <= page.position && event.kind !== "reset")
      return;
    page.position = event.seq;
    page.port.postMessage(event);
  }
}
