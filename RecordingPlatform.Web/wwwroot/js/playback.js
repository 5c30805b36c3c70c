// Media behind addresses that expire: asked for when somebody wants to listen, renewed while they do.
import { reasonGiven, reasonQuery, refusal } from "./player-parts.js";

const early = 30_000; // a ticket is renewed this long before it ends
const unplayable = "The recording could not be played. Try again, or download the recording.";
const undecodable = "Your browser cannot decode this recording. Choose the other quality, or download the recording.";
const offline = "You are offline. Playing goes on when the connection is back.";

export class Playback {
  #media;
  #address;
  #length;
  #tell;
  #signal;
  #quality = "high";
  #source = null; // { url, expires }
  #asking = null;
  #place; // where it is while there is no media to ask
  #wanted = false; // somebody wants to hear it
  #failures = 0;
  #failedAt = 0;

  /**
   * @param {HTMLMediaElement} media
   * @param {object} how `address` answers with the media's own; `length` says how long it is as far as the page knows;
   *   `place` is where it begins; `tell` is told: `failed(words)`, `busy(whether)`, `together()` when channels cannot be told
   *   apart; `signal` ends it.
   */
  constructor(media, { address, length, place, tell, signal }) {
    [this.#media, this.#address, this.#length, this.#place, this.#tell, this.#signal] = [media, address, length, place, tell, signal];
    const on = (target, types, handle) => types.forEach(type => target.addEventListener(type, handle, { signal }));
    on(media, ["waiting", "stalled"], () => tell.busy(this.#wanted && media.readyState < 3));
    on(media, ["playing", "canplay", "pause", "error", "emptied"], () => tell.busy(false));
    on(media, ["ended"], () => { this.#wanted = false; });
    on(media, ["loadedmetadata"], () => { if (this.#place > 0) media.currentTime = this.#place; });
    on(media, ["error"], () => this.#recover());
    on(window, ["online"], () => this.#wanted && media.error && this.#recover());
  }

  get duration() {
    const known = this.#media.duration;
    return Number.isFinite(known) && known > 0 ? known : this.#length();
  }

  get now() {
    return this.#media.readyState === 0 ? this.#place : this.#media.currentTime;
  }

  /** Makes sure that the media has an address that is still good. */
  prepare() {
    if (this.#source && this.#source.expires - Date.now() > early)
      return Promise.resolve();
    return this.#asking ??= this.#ask().finally(() => { this.#asking = null; });
  }

  async toggle(always = false) {
    const media = this.#media;
    if (!media.paused && !always) {
      this.#wanted = false;
      media.pause();
      return;
    }
    this.#wanted = true;
    try {
      if (media.error)
        this.#source = null;
      await this.prepare();
      if (this.duration > 0 && this.now >= this.duration - 0.05)
        this.seek(0);
      this.#tell.busy(media.readyState < 3);
      await media.play();
    } catch (error) {
      this.#tell.busy(false);
      // A media error says so by itself, and is tried again.
      if (error.name !== "AbortError" && !media.error)
        this.#tell.failed(error.advice ?? (navigator.onLine ? unplayable : offline));
    }
  }

  seek(time) {
    this.#place = Math.min(Math.max(0, time), this.duration || time);
    if (this.#media.readyState > 0)
      this.#media.currentTime = this.#place;
    else if (this.#media instanceof HTMLVideoElement)
      // A picture shows where it is; sound can wait until it is wanted.
      this.prepare().then(() => { this.#media.preload = "auto"; }, error => this.#refused(error));
  }

  async changeQuality(quality) {
    this.#quality = quality;
    if (this.#source === null)
      return;
    this.#source.expires = 0;
    await this.prepare().catch(error => this.#refused(error));
  }

  async #ask() {
    if (!reasonGiven())
      throw Object.assign(new Error("no reason"), { advice: "First say why you need to hear this recording." });
    const answer = await fetch(`${this.#address}?quality=${this.#quality}${reasonQuery("&")}`, { signal: this.#signal, headers: { Accept: "application/json" } });
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

  async #recover() {
    if (!this.#source)
      return;
    // A few times per spell: an address can expire in mid-sentence, a broken file stays broken.
    if (Date.now() - this.#failedAt > early)
      this.#failures = 0;
    this.#failedAt = Date.now();
    if (!navigator.onLine) {
      this.#tell.failed(offline);
      return;
    }
    this.#failures++;
    const decoding = this.#media.error?.code === MediaError.MEDIA_ERR_DECODE;
    if (this.#failures === 2 && this.#media.crossOrigin !== null && !decoding) {
      // Reached under a name that the media's server does not know: it plays, but channels cannot be told apart.
      this.#media.removeAttribute("crossorigin");
      this.#tell.together();
    } else if (this.#failures > 2 || (decoding && this.#failures > 1)) {
      this.#source = null;
      this.#tell.failed(decoding ? undecodable : unplayable);
      return;
    }
    this.#source.expires = 0;
    try {
      await this.prepare();
      if (this.#wanted)
        await this.#media.play();
    } catch (error) {
      if (error.advice)
        this.#tell.failed(error.advice);
    }
  }

  #refused(error) {
    if (error.name !== "AbortError")
      this.#tell.failed(error.advice ?? unplayable);
  }
}
