import WaveSurfer from "../lib/wavesurfer/wavesurfer.esm.js";

const nonce = document.querySelector("[data-style-nonce]")?.nonce;
const step = 10; // seconds, as the buttons say
const unplayable = "The recording could not be played. Try again, or download the recording.";
const early = 30_000; // a ticket is renewed this long before it ends

/**
 * Plays a recording over its waveform. Asks for the media's address only when somebody wants to listen, because the first
 * byte that is fetched is written down as listening; asks again when the address has expired.
 */
class RecordingPlayer extends HTMLElement {
  #media;
  #wave;
  #slider;
  #quality = "high";
  #source = null; // { url, expires }
  #asking = null;
  #failedAt = 0;
  #gone = new AbortController();

  connectedCallback() {
    this.#media = this.querySelector("[data-media]");
    this.#slider = this.querySelector("[data-wave]");
    this.#listen();
    this.#draw();
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.#media.pause();
    this.#wave?.destroy();
  }

  get #duration() {
    const known = this.#media.duration;
    return Number.isFinite(known) && known > 0 ? known : Number(this.dataset.duration) || 0;
  }

  get #now() {
    return this.#media.readyState === 0 && this.#wave ? this.#wave.getCurrentTime() : this.#media.currentTime;
  }

  #on(target, type, handle) {
    target.addEventListener(type, handle, { signal: this.#gone.signal });
  }

  #listen() {
    const media = this.#media;
    for (const button of this.querySelectorAll("[data-skip]"))
      this.#on(button, "click", () => this.#seek(this.#now + Number(button.dataset.skip)));
    this.#on(this.querySelector("[data-play]"), "click", () => this.#toggle());
    this.#on(this.querySelector("[data-mute]"), "click", () => { media.muted = !media.muted; });
    this.#on(this.querySelector("[data-speed]"), "change", event => {
      media.defaultPlaybackRate = media.playbackRate = Number(event.target.value);
    });
    this.#on(this.querySelector("[data-quality]"), "change", event => this.#changeQuality(event.target.value));
    this.#on(this.#slider, "keydown", event => this.#slide(event));
    this.#on(document, "keydown", event => this.#shortcut(event));
    // Fetched while the pointer is on its way, so that playing begins within the click.
    for (const type of ["pointerenter", "focusin"])
      this.#on(this, type, () => reasonGiven() && this.#prepare().catch(() => {}));
    for (const type of ["play", "pause", "ended", "volumechange"])
      this.#on(media, type, () => this.#show());
    this.#on(media, "playing", () => this.#say(""));
    this.#on(media, "durationchange", () => this.#show());
    this.#on(media, "error", () => this.#recover());
    this.#on(media, "timeupdate", () => this.#tick());
    this.#on(media, "seeking", () => this.#tick());
  }

  async #draw() {
    let peaks = [[0, 0]];
    try {
      const answer = await fetch(this.dataset.peaks, { signal: this.#gone.signal, headers: { Accept: "application/json" } });
      if (answer.ok) {
        const outline = await answer.json();
        peaks = outline.channels.map(channel => channel.map(peak => peak / 100));
        this.dataset.duration ||= outline.seconds;
      }
    } catch {
      // Without its outline the recording still plays and seeks, over a flat line.
    }
    if (this.#gone.signal.aborted)
      return;
    const height = peaks.length > 1 ? 56 : 96;
    this.#wave = WaveSurfer.create({
      container: this.#slider, media: this.#media, peaks, duration: this.#duration || 1, cspNonce: nonce,
      height, barWidth: 2, barGap: 1, barRadius: 2, barMinHeight: 1, cursorWidth: 2, dragToSeek: true, hideScrollbar: true,
      maxPeak: Math.max(0.05, ...peaks.flat()), normalize: true,
      splitChannels: peaks.length > 1 ? peaks.map(() => ({ height })) : undefined, ...this.#colours(),
    });
    this.#wave.on("interaction", time => this.#seek(time));
    const theme = new MutationObserver(() => this.#wave.setOptions(this.#colours()));
    theme.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    this.#on(this.#gone.signal, "abort", () => theme.disconnect());
    this.#tick();
    this.toggleAttribute("data-drawn", true);
  }

  #colours() {
    const style = getComputedStyle(this);
    const colour = name => style.getPropertyValue(name);
    return { waveColor: colour("--wave"), progressColor: colour("--wave-played"), cursorColor: colour("--wave-cursor") };
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
    const time = this.#now;
    const playing = this.#source !== null && !this.#media.paused;
    this.#source = { url, expires: Date.parse(expires) };
    this.#media.src = url;
    if (time > 0)
      this.#place(time);
    if (playing)
      await this.#media.play();
  }

  async #toggle() {
    if (!this.#media.paused) {
      this.#media.pause();
      return;
    }
    try {
      await this.#prepare();
      await this.#media.play();
    } catch (error) {
      if (error.name !== "AbortError")
        this.#say(error.advice ?? unplayable);
      if (!reasonGiven())
        question.focus();
    }
  }

  #seek(time) {
    const target = Math.min(Math.max(0, time), this.#duration);
    this.#place(target);
    this.#tick();
    this.#prepare().then(() => {
      if (this.#media.preload === "none") {
        this.#media.preload = "auto";
        if (this.#media.readyState === 0)
          this.#media.load();
        this.#place(target);
      }
    }, error => this.#say(error.advice ?? unplayable));
  }

  #place(time) {
    // The waveform remembers a time for media that is not there yet, but forgets it when a second seek follows the first.
    if (this.#media.readyState === 0 && this.#wave)
      this.#wave.setTime(time);
    else
      this.#media.currentTime = time;
  }

  async #changeQuality(quality) {
    this.#quality = quality;
    if (this.#source === null)
      return;
    this.#source.expires = 0;
    await this.#prepare().catch(error => this.#say(error.advice ?? unplayable));
  }

  async #recover() {
    if (!this.#source)
      return;
    // Once per spell: an address can expire in mid-sentence, a broken file stays broken.
    if (Date.now() - this.#failedAt < early) {
      this.#say(unplayable);
      return;
    }
    this.#failedAt = Date.now();
    const time = this.#now;
    this.#source.expires = 0;
    try {
      await this.#prepare();
      this.#place(time);
      await this.#media.play();
    } catch (error) {
      this.#say(error.advice ?? unplayable);
    }
  }

  #slide(event) {
    const jumps = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -6 * step, PageUp: 6 * step };
    if (event.key in jumps)
      this.#seek(this.#now + jumps[event.key]);
    else if (event.key === "Home")
      this.#seek(0);
    else if (event.key === "End")
      this.#seek(this.#duration);
    else if (event.key === " " || event.key === "Enter")
      this.#toggle();
    else
      return;
    event.preventDefault();
  }

  #shortcut(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog, [contenteditable]"))
      return;
    const actions = {
      k: () => this.#toggle(),
      j: () => this.#seek(this.#now - step),
      l: () => this.#seek(this.#now + step),
      m: () => { this.#media.muted = !this.#media.muted; },
    };
    actions[event.key.toLowerCase()]?.();
  }

  #tick() {
    const now = this.#now;
    this.querySelector("[data-now]").textContent = clock(now);
    this.#slider.ariaValueNow = String(Math.floor(now));
    this.#slider.ariaValueText = `${clock(now)} of ${clock(this.#duration)}`;
  }

  #show() {
    const playing = !this.#media.paused && !this.#media.ended;
    this.toggleAttribute("data-playing", playing);
    this.toggleAttribute("data-muted", this.#media.muted);
    this.querySelector("[data-play]").ariaLabel = playing ? "Pause" : "Play";
    this.querySelector("[data-mute]").ariaPressed = String(this.#media.muted);
    this.querySelector("[data-total]").textContent = clock(this.#duration);
    this.#slider.ariaValueMax = String(Math.ceil(this.#duration));
    this.#tick();
  }

  #say(words) {
    const note = this.querySelector("[data-note]");
    note.textContent = words;
    note.hidden = words === "";
  }
}

// Some people may hear a recording only with a stated reason; without the question there is nothing to state.
const question = document.querySelector("[data-reason]");

function reasonGiven() {
  return !question || question.value.trim() !== "";
}

function reasonQuery(separator) {
  return question ? `${separator}reason=${encodeURIComponent(question.value.trim())}` : "";
}

document.querySelector("[data-download]")?.addEventListener("click", event => {
  if (!question)
    return;
  event.preventDefault();
  if (reasonGiven())
    location.assign(event.currentTarget.href + reasonQuery("?"));
  else
    question.focus();
});

async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const advice = answer.status === 401 ? "Your session has ended. Reload the page to sign in again."
    : answer.status >= 500 || answer.status === 429 ? "The platform cannot be reached right now. Try again in a moment."
    : problem.detail ?? "This recording cannot be played now.";
  return Object.assign(new Error(`${answer.status} ${problem.code ?? ""}`), { advice });
}

function clock(seconds) {
  const whole = Math.floor(Math.max(0, seconds || 0));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts[0] > 0
    ? `${parts[0]}:${String(parts[1]).padStart(2, "0")}:${String(parts[2]).padStart(2, "0")}`
    : `${parts[1]}:${String(parts[2]).padStart(2, "0")}`;
}

customElements.define("recording-player", RecordingPlayer);
