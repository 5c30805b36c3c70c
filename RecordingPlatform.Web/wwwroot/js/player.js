import { Channels } from "./channels.js";
import { Waveform } from "./waveform.js";
import { clock, fill, keys, link, reasonGiven, reasonQuery, refusal, remembered } from "./player-parts.js";

const step = 10; // seconds, as the buttons say
const nudge = 5;
const early = 30_000; // a ticket is renewed this long before it ends
const unplayable = "The recording could not be played. Try again, or download the recording.";
const undecodable = "Your browser cannot decode this recording. Choose the other quality, or download the recording.";
const offline = "You are offline. Playing goes on when the connection is back.";

/**
 * Plays a recording over its waveform. Asks for the media's address only when somebody wants to listen, because the first
 * byte that is fetched is written down as listening; asks again when the address has expired.
 */
class RecordingPlayer extends HTMLElement {
  #media;
  #wave;
  #slider;
  #channels;
  #quality = "high";
  #source = null; // { url, expires }
  #asking = null;
  #place = 0; // where it is while there is no media to ask
  #wanted = false; // somebody wants to hear it
  #failures = 0;
  #failedAt = 0;
  #frame = 0;
  #gone = new AbortController();

  connectedCallback() {
    this.#media = this.querySelector("[data-media]");
    this.#slider = this.querySelector("[data-wave]");
    this.#wave = new Waveform(this.querySelector("[data-lanes]"));
    this.#channels = new Channels(this.#media, this.querySelectorAll("[data-lane]").length);
    const { speed, volume } = remembered();
    this.#media.defaultPlaybackRate = this.#media.playbackRate = speed;
    this.#media.volume = volume;
    this.querySelector("[data-speed]").value = String(speed);
    this.querySelector("[data-volume]").value = String(volume);
    const linked = Number(new URLSearchParams(location.search).get("t"));
    this.#place = linked > 0 ? Math.min(linked, this.#duration || linked) : 0;
    this.#listen();
    this.#draw();
    this.#mark();
    this.#show();
  }

  disconnectedCallback() {
    this.#gone.abort();
    cancelAnimationFrame(this.#frame);
    this.#media.pause();
    this.#media.removeAttribute("src");
    this.#wave.destroy();
    this.#channels.close();
  }

  get #duration() {
    const known = this.#media.duration;
    return Number.isFinite(known) && known > 0 ? known : Number(this.dataset.duration) || 0;
  }

  /** Seconds; other parts of the page ask for it too. */
  get now() {
    return this.#media.readyState === 0 ? this.#place : this.#media.currentTime;
  }

  #on(target, type, handle) {
    target.addEventListener(type, handle, { signal: this.#gone.signal });
  }

  #listen() {
    const media = this.#media;
    const each = (name, type, handle) => this.querySelectorAll(`[data-${name}]`).forEach(part => this.#on(part, type, () => handle(part)));
    each("skip", "click", button => this.seek(this.now + Number(button.dataset.skip)));
    each("play", "click", () => this.#toggle());
    each("retry", "click", () => this.#toggle(true));
    each("mute", "click", () => { media.muted = !media.muted; });
    each("volume", "input", range => Object.assign(media, { volume: Number(range.value), muted: false }));
    each("speed", "change", select => this.#setSpeed(Number(select.value)));
    each("quality", "change", select => this.#changeQuality(select.value));
    each("fullscreen", "click", () => document.fullscreenElement ? document.exitFullscreen() : media.requestFullscreen());
    each("channel", "input", part => this.#changeChannel(part));
    each("channel", "click", part => this.#changeChannel(part));
    this.#on(this.querySelector("[data-link]"), "click", event => link(event, this, words => this.#say(words, { kind: "done" })));
    this.#on(this.#slider, "keydown", event => this.#slide(event));
    this.#point();
    if (media instanceof HTMLVideoElement)
      this.#on(media, "click", () => this.#toggle());
    this.#on(document, "keydown", event => this.#shortcut(event));
    this.#on(document, "click", event => this.#jump(event));
    this.#on(document, "htmx:after:swap", () => this.#mark());
    this.#on(window, "online", () => this.#wanted && media.error && this.#recover());
    // Asked for while the pointer is on its way, so that playing begins within the click.
    for (const type of ["pointerenter", "focusin"])
      this.#on(this, type, () => reasonGiven() && this.#prepare().catch(() => {}));
    for (const type of ["play", "pause", "ended", "volumechange", "ratechange", "durationchange"])
      this.#on(media, type, () => this.#show());
    for (const type of ["waiting", "stalled"])
      this.#on(media, type, () => this.toggleAttribute("data-buffering", this.#wanted && media.readyState < 3));
    for (const type of ["playing", "canplay", "pause", "error", "emptied"])
      this.#on(media, type, () => this.toggleAttribute("data-buffering", false));
    this.#on(media, "playing", () => this.#say(""));
    this.#on(media, "play", () => this.toggleAttribute("data-started", true));
    this.#on(media, "ended", () => { this.#wanted = false; });
    this.#on(media, "loadedmetadata", () => { if (this.#place > 0) media.currentTime = this.#place; });
    this.#on(media, "error", () => this.#recover());
    for (const type of ["timeupdate", "seeking", "seeked"])
      this.#on(media, type, () => this.#tick());
  }

  async #draw() {
    let peaks = [[0]];
    try {
      const answer = await fetch(this.dataset.peaks, { signal: this.#gone.signal, headers: { Accept: "application/json" } });
      if (answer.ok) {
        const outline = await answer.json();
        peaks = outline.channels.map(channel => channel.map(peak => peak / 100));
        this.dataset.duration ||= outline.seconds;
      }
      this.toggleAttribute("data-flat", !answer.ok);
    } catch {
      // Without its outline the recording still plays and seeks, over a flat line.
      this.toggleAttribute("data-flat", true);
    }
    if (this.#gone.signal.aborted)
      return;
    this.#wave.show(peaks);
    this.toggleAttribute("data-apart", peaks.length > 1);
    this.toggleAttribute("data-drawn", true);
    this.#mark();
    this.#show();
  }

  /** Makes sure that the media has an address that is still good. */
  #prepare() {
    if (this.#source && this.#source.expires - Date.now() > early)
      return Promise.resolve();
    return this.#asking ??= this.#ask().finally(() => { this.#asking = null; });
  }

  async #ask() {
    if (!reasonGiven())
      throw Object.assign(new Error("no reason"), { advice: "First say why you need to hear this recording." });
    const answer = await fetch(`${this.dataset.source}?quality=${this.#quality}${reasonQuery("&")}`, { signal: this.#gone.signal, headers: { Accept: "application/json" } });
    if (!answer.ok)
      throw await refusal(answer);
    const { url, expires_at: expires } = await answer.json();
    const playing = this.#source !== null && !this.#media.paused;
    this.#place = this.now;
    this.#source = { url, expires: Date.parse(expires) };
    this.#media.src = url;
    if (playing)
      await this.#media.play();
  }

  async #toggle(always = false) {
    const media = this.#media;
    if (!media.paused && !always) {
      this.#wanted = false;
      media.pause();
      return;
    }
    this.#wanted = true;
    this.#channels.resume();
    try {
      if (media.error)
        this.#source = null;
      await this.#prepare();
      if (this.#duration > 0 && this.now >= this.#duration - 0.05)
        this.seek(0);
      this.toggleAttribute("data-buffering", media.readyState < 3);
      await media.play();
    } catch (error) {
      this.toggleAttribute("data-buffering", false);
      // A media error says so by itself, and is tried again.
      if (error.name !== "AbortError" && !media.error)
        this.#fail(error.advice ?? (navigator.onLine ? unplayable : offline));
      if (!reasonGiven())
        document.querySelector("[data-reason]").focus();
    }
  }

  seek(time) {
    const target = Math.min(Math.max(0, time), this.#duration || time);
    this.#place = target;
    if (this.#media.readyState > 0)
      this.#media.currentTime = target;
    else if (this.#media instanceof HTMLVideoElement)
      // A picture shows where it is; sound can wait until it is wanted.
      this.#prepare().then(() => { this.#media.preload = "auto"; }, error => this.#fail(error.advice ?? unplayable));
    this.#tick();
  }

  #setSpeed(speed) {
    this.#media.defaultPlaybackRate = this.#media.playbackRate = speed;
    this.querySelector("[data-speed]").value = String(speed);
    remembered({ speed });
  }

  #changeSpeed(by) {
    const speeds = [...this.querySelector("[data-speed]").options].map(option => Number(option.value));
    const at = speeds.indexOf(this.#media.playbackRate) + by;
    if (at in speeds)
      this.#setSpeed(speeds[at]);
  }

  #changeChannel(part) {
    const channel = Number(part.dataset.channel);
    const { muted, solo } = this.#channels.level(channel);
    if (part.type === "range")
      this.#channels.change(channel, { volume: Number(part.value), muted: false });
    else
      this.#channels.change(channel, part.dataset.does === "solo" ? { solo: !solo, muted: false } : { muted: !muted, solo: false });
    this.querySelectorAll("[data-channel]").forEach(control => {
      const level = this.#channels.level(Number(control.dataset.channel));
      if (control.type === "range")
        fill(control);
      else
        control.ariaPressed = String(control.dataset.does === "solo" ? level.solo : level.muted);
    });
    this.querySelectorAll("[data-lane]").forEach((lane, i) => lane.classList.toggle("unheard", this.#channels.heard(i) === 0));
  }

  async #changeQuality(quality) {
    this.#quality = quality;
    if (this.#source === null)
      return;
    this.#source.expires = 0;
    await this.#prepare().catch(error => error.name !== "AbortError" && this.#fail(error.advice ?? unplayable));
  }

  async #recover() {
    if (!this.#source)
      return;
    // A few times per spell: an address can expire in mid-sentence, a broken file stays broken.
    if (Date.now() - this.#failedAt > early)
      this.#failures = 0;
    this.#failedAt = Date.now();
    if (!navigator.onLine) {
      this.#fail(offline);
      return;
    }
    this.#failures++;
    const decoding = this.#media.error?.code === MediaError.MEDIA_ERR_DECODE;
    if (this.#failures === 2 && this.#media.crossOrigin !== null && !decoding) {
      // Reached under a name that the media's server does not know: it plays, but channels cannot be told apart.
      this.#media.removeAttribute("crossorigin");
      this.toggleAttribute("data-together", true);
    } else if (this.#failures > 2 || (decoding && this.#failures > 1)) {
      this.#source = null;
      this.#fail(decoding ? undecodable : unplayable);
      return;
    }
    this.#source.expires = 0;
    try {
      await this.#prepare();
      if (this.#wanted)
        await this.#media.play();
    } catch (error) {
      if (error.advice)
        this.#fail(error.advice);
    }
  }

  #point() {
    const hover = this.querySelector("[data-hover]");
    const lanes = this.querySelector("[data-lanes]");
    const at = event => {
      const { left, width } = lanes.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - left) / width)) * this.#duration;
    };
    const point = event => {
      const time = at(event);
      hover.hidden = false;
      hover.style.left = `${100 * time / (this.#duration || 1)}%`;
      hover.firstElementChild.textContent = clock(time);
      hover.classList.toggle("at-end", time > this.#duration * 0.9);
    };
    this.#on(this.#slider, "pointerdown", event => {
      if (event.button !== 0)
        return;
      this.#slider.setPointerCapture(event.pointerId);
      this.seek(at(event));
    });
    this.#on(this.#slider, "pointermove", event => {
      point(event);
      if (this.#slider.hasPointerCapture(event.pointerId))
        this.seek(at(event));
    });
    this.#on(this.#slider, "pointerleave", () => { hover.hidden = true; });
  }

  /** Notes with a time show where they are. */
  #mark() {
    const layer = this.querySelector("[data-markers]");
    const notes = [...document.querySelectorAll("[data-note-at]")];
    layer.replaceChildren(...(this.#duration > 0 ? notes : []).map(note => {
      const mark = document.createElement("span");
      mark.className = "wave-marker";
      mark.dataset.seek = note.dataset.noteAt;
      mark.title = `${clock(Number(note.dataset.noteAt))} ${note.dataset.noteLabel}`;
      mark.style.left = `${Math.min(100, 100 * Number(note.dataset.noteAt) / this.#duration)}%`;
      return mark;
    }));
  }

  #jump(event) {
    const to = event.target.closest("[data-seek]");
    if (!to || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    event.preventDefault();
    this.seek(Number(to.dataset.seek));
    if (this.#media.paused && !to.closest("[data-markers]"))
      this.#toggle();
    this.scrollIntoView({ block: "nearest" });
  }

  #slide(event) {
    const jumps = { ArrowLeft: -nudge, ArrowDown: -nudge, ArrowRight: nudge, ArrowUp: nudge, PageDown: -6 * step, PageUp: 6 * step };
    if (event.key in jumps)
      this.seek(this.now + jumps[event.key]);
    else if (event.key === "Home")
      this.seek(0);
    else if (event.key === "End")
      this.seek(this.#duration);
    else if (event.key === "Enter" || event.key === " ")
      this.#toggle();
    else
      return;
    event.preventDefault();
    event.stopPropagation();
  }

  #shortcut(event) {
    const does = keys(event, this);
    const actions = {
      toggle: () => this.#toggle(),
      back: () => this.seek(this.now - step),
      forward: () => this.seek(this.now + step),
      earlier: () => this.seek(this.now - nudge),
      later: () => this.seek(this.now + nudge),
      start: () => this.seek(0),
      end: () => this.seek(this.#duration),
      mute: () => { this.#media.muted = !this.#media.muted; },
      slower: () => this.#changeSpeed(-1),
      faster: () => this.#changeSpeed(1),
      help: () => document.getElementById("keys-dialog").showModal(),
      note: () => document.dispatchEvent(new Event("takenote")),
    };
    if (!does)
      return;
    event.preventDefault();
    actions[does]();
  }

  #tick() {
    const now = this.now;
    const part = this.#duration > 0 ? now / this.#duration : 0;
    this.querySelector("[data-now]").textContent = clock(now);
    this.querySelector("[data-cursor]").style.left = `${100 * part}%`;
    this.#wave.moveTo(part);
    this.#slider.ariaValueNow = String(Math.floor(now));
    this.#slider.ariaValueText = `${clock(now)} of ${clock(this.#duration)}`;
    this.querySelector("[data-link]").href = `${this.dataset.page}?t=${Math.floor(now)}`;
    this.dispatchEvent(new CustomEvent("moved", { bubbles: true, detail: { now } }));
    cancelAnimationFrame(this.#frame);
    if (!this.#media.paused && !document.hidden)
      this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #show() {
    const { muted, volume } = this.#media;
    const playing = !this.#media.paused && !this.#media.ended;
    this.toggleAttribute("data-playing", playing);
    this.toggleAttribute("data-muted", muted || volume === 0);
    this.querySelector("[data-play]").ariaLabel = playing ? "Pause" : "Play";
    this.querySelector("[data-mute]").ariaPressed = String(muted);
    this.querySelector("[data-volume]").value = String(muted ? 0 : volume);
    fill(this.querySelector("[data-volume]"));
    this.querySelector("[data-total]").textContent = clock(this.#duration);
    this.#slider.ariaValueMax = String(Math.ceil(this.#duration));
    if (!muted && volume !== remembered().volume)
      remembered({ volume });
    this.#tick();
  }

  #fail(words) {
    this.#say(words, { kind: "failed" });
  }

  #say(words, { kind = "" } = {}) {
    const note = this.querySelector("[data-note]");
    note.hidden = words === "";
    note.dataset.kind = kind;
    note.querySelector("[data-words]").textContent = words;
    note.querySelector("[data-retry]").hidden = kind !== "failed";
  }
}

customElements.define("recording-player", RecordingPlayer);
