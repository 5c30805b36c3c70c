// The volume of each channel by itself. The sound goes through Web Audio only once somebody asks for it: plain playing
// depends on nothing.

const ramp = 0.015; // seconds: a step in loudness clicks

export class Channels {
  #media;
  #context = null;
  #paths = [];
  #levels;

  constructor(media, count) {
    this.#media = media;
    this.#levels = Array.from({ length: count }, () => ({ volume: 1, muted: false, solo: false }));
  }

  level(channel) {
    return this.#levels[channel];
  }

  /** What of a channel is heard: its volume, 0 when it is muted or another is heard alone. */
  heard(channel) {
    const { volume, muted, solo } = this.#levels[channel];
    return muted || (!solo && this.#levels.some(level => level.solo)) ? 0 : volume;
  }

  change(channel, change) {
    Object.assign(this.#levels[channel], change);
    this.#connect();
    this.resume();
    const audible = this.#levels.map((_, i) => this.heard(i));
    // A voice that is heard alone belongs in both ears.
    const alone = audible.filter(volume => volume > 0).length === 1;
    const now = this.#context.currentTime;
    this.#paths.forEach(({ gain, pan, side }, i) => {
      gain.gain.setTargetAtTime(audible[i], now, ramp);
      pan.pan.setTargetAtTime(alone && audible[i] > 0 ? 0 : side, now, ramp);
    });
  }

  /** Browsers let sound begin only within a click or key. */
  resume() {
    if (this.#context?.state === "suspended")
      this.#context.resume();
  }

  close() {
    this.#context?.close();
  }

  #connect() {
    if (this.#context)
      return;
    this.#context = new AudioContext();
    const source = this.#context.createMediaElementSource(this.#media);
    const splitter = this.#context.createChannelSplitter(this.#levels.length);
    source.connect(splitter);
    this.#paths = this.#levels.map((_, i) => {
      const gain = this.#context.createGain();
      const pan = this.#context.createStereoPanner();
      const side = i === 0 ? -1 : 1;
      pan.pan.value = side;
      splitter.connect(gain, i);
      gain.connect(pan).connect(this.#context.destination);
      return { gain, pan, side };
    });
  }
}
