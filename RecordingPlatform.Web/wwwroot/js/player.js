import { Channels } from "./channels.js";
import { Playback } from "./playback.js";
import { clock, fill, keys, link, reasonGiven, remembered } from "./player-parts.js";
import { mark, point } from "./pointing.js";
import { Waveform } from "./waveform.js";

const step = 10; // seconds, as the buttons say
const nudge = 5;

/**
 * Plays a recording over its waveform. Asks for the media's address only when somebody wants to listen, because the first
 * byte that is fetched is written down as listening.
 */
class RecordingPlayer extends HTMLElement {
  #media;
  #playback;
  #wave;
  #slider;
  #channels;
  #frame = 0;
  #gone = new AbortController();

  connectedCallback() {
    const { signal } = this.#gone;
    this.#media = this.querySelector("[data-media]");
    this.#slider = this.querySelector("[data-wave]");
    this.#wave = new Waveform(this.querySelector("[data-lanes]"));
    this.#channels = new Channels(this.#media, this.querySelectorAll("[data-lane]").length);
    const { speed, volume } = remembered();
    this.#setSpeed(speed);
    this.#media.volume = volume;
    const length = () => Number(this.dataset.duration) || 0;
    const linked = Number(new URLSearchParams(location.search).get("t"));
    this.#playback = new Playback(this.#media, {
      address: this.dataset.source, length, signal, place: linked > 0 ? Math.min(linked, length() || linked) : 0,
      tell: {
        failed: words => this.#say(words, "failed"),
        busy: whether => this.toggleAttribute("data-buffering", whether),
        together: () => this.toggleAttribute("data-together", true),
      },
    });
    point(this, { slider: this.#slider, lanes: this.querySelector("[data-lanes]"), hover: this.querySelector("[data-hover]"), signal });
    this.#listen();
    this.#draw();
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

  /** Seconds; other parts of the page ask for it too. */
  get now() {
    return this.#playback.now;
  }

  get duration() {
    return this.#playback.duration;
  }

  #on(target, type, handle) {
    target.addEventListener(type, handle, { signal: this.#gone.signal });
  }

  #listen() {
    const media = this.#media;
    const each = (name, type, handle) => this.querySelectorAll(`[data-${name}]`).forEach(part => this.#on(part, type, event => handle(part, event)));
    each("skip", "click", button => this.seek(this.now + Number(button.dataset.skip)));
    each("play", "click", () => this.#toggle());
    each("retry", "click", () => this.#toggle(true));
    each("mute", "click", () => { media.muted = !media.muted; });
    each("volume", "input", range => Object.assign(media, { volume: Number(range.value), muted: false }));
    each("speed", "change", select => this.#setSpeed(Number(select.value)));
    each("quality", "change", select => this.#playback.changeQuality(select.value));
    each("fullscreen", "click", () => document.fullscreenElement ? document.exitFullscreen() : media.requestFullscreen());
    each("channel", "input", part => this.#changeChannel(part));
    each("channel", "click", part => part.type !== "range" && this.#changeChannel(part));
    each("link", "click", (_, event) => link(event, this, words => this.#say(words, "done")));
    each("wave", "keydown", (_, event) => this.#slide(event));
    if (media instanceof HTMLVideoElement)
      this.#on(media, "click", () => this.#toggle());
    this.#on(document, "keydown", event => this.#shortcut(event));
    this.#on(document, "click", event => this.#jump(event));
    this.#on(document, "htmx:after:swap", () => this.#mark());
    // Asked for while the pointer is on its way, so that playing begins within the click.
    for (const type of ["pointerenter", "focusin"])
      this.#on(this, type, () => reasonGiven() && this.#playback.prepare().catch(() => {}));
    for (const type of ["play", "pause", "ended", "volumechange", "ratechange", "durationchange"])
      this.#on(media, type, () => this.#show());
    this.#on(media, "play", () => this.toggleAttribute("data-started", true));
    this.#on(media, "playing", () => this.#say(""));
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
    this.#show();
  }

  #toggle(always = false) {
    this.#channels.resume();
    if (!reasonGiven())
      document.querySelector("[data-reason]").focus();
    return this.#playback.toggle(always);
  }

  seek(time) {
    this.#playback.seek(time);
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
    for (const control of this.querySelectorAll("[data-channel]")) {
      const level = this.#channels.level(Number(control.dataset.channel));
      if (control.type === "range")
        fill(control);
      else
        control.ariaPressed = String(control.dataset.does === "solo" ? level.solo : level.muted);
    }
    this.querySelectorAll("[data-lane]").forEach((lane, i) => lane.classList.toggle("unheard", this.#channels.heard(i) === 0));
  }

  #mark() {
    mark(this.querySelector("[data-markers]"), this.duration);
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
      this.seek(this.duration);
    else if (event.key === "Enter" || event.key === " ")
      this.#toggle();
    else
      return;
    event.preventDefault();
    event.stopPropagation();
  }

  #shortcut(event) {
    const actions = {
      toggle: () => this.#toggle(),
      back: () => this.seek(this.now - step),
      forward: () => this.seek(this.now + step),
      earlier: () => this.seek(this.now - nudge),
      later: () => this.seek(this.now + nudge),
      start: () => this.seek(0),
      end: () => this.seek(this.duration),
      mute: () => { this.#media.muted = !this.#media.muted; },
      slower: () => this.#changeSpeed(-1),
      faster: () => this.#changeSpeed(1),
      help: () => document.getElementById("keys-dialog").showModal(),
      note: () => document.dispatchEvent(new Event("takenote")),
    };
    const does = keys(event, this);
    if (!does)
      return;
    event.preventDefault();
    actions[does]();
  }

  #tick() {
    const now = this.now;
    const part = this.duration > 0 ? now / this.duration : 0;
    this.querySelector("[data-now]").textContent = clock(now);
    this.querySelector("[data-cursor]").style.left = `${100 * part}%`;
    this.#wave.moveTo(part);
    this.#slider.ariaValueNow = String(Math.floor(now));
    this.#slider.ariaValueText = `${clock(now)} of ${clock(this.duration)}`;
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
    const range = this.querySelector("[data-volume]");
    range.value = String(muted ? 0 : volume);
    fill(range);
    this.querySelector("[data-total]").textContent = clock(this.duration);
    this.#slider.ariaValueMax = String(Math.ceil(this.duration));
    if (!muted && volume !== remembered().volume)
      remembered({ volume });
    this.#mark();
    this.#tick();
  }

  /** @param {string} words Nothing takes back what was said. @param {"" | "failed" | "done"} kind What it is. */
  #say(words, kind = "") {
    const note = this.querySelector("[data-note]");
    note.hidden = words === "";
    note.dataset.kind = kind;
    note.querySelector("[data-words]").textContent = words;
    note.querySelector("[data-retry]").hidden = kind !== "failed";
  }
}

customElements.define("recording-player", RecordingPlayer);
