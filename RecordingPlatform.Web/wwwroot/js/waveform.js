// Draws a recording's loudness: a lane for each channel, what was played in a stronger colour. Two pictures lie upon each
// other and the upper one is cut at the position, so that playing moves an edge and draws nothing.

const bar = 2;
const gap = 1;
const quietest = 0.05; // of full scale: noise is not blown up to look like speech

export class Waveform {
  #host;
  #lanes;
  #peaks = null;
  #loudest = 1;
  #sizes;
  #theme;

  /** @param {HTMLElement} host Holds an element [data-lane] for each channel, each with two canvases. */
  constructor(host) {
    this.#host = host;
    this.#lanes = [...host.querySelectorAll("[data-lane]")].map(lane => ({ lane, canvases: [...lane.querySelectorAll("canvas")] }));
    this.#sizes = new ResizeObserver(() => this.#draw());
    this.#sizes.observe(host);
    this.#theme = new MutationObserver(() => this.#draw());
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  }

  /** @param {number[][]} peaks Each channel's loudest samples, 0 to 1. */
  show(peaks) {
    this.#peaks = peaks;
    this.#loudest = peaks.reduce((most, channel) => channel.reduce((a, b) => Math.max(a, b), most), quietest);
    this.#lanes.forEach(({ lane }, i) => { lane.hidden = i > 0 && i >= peaks.length; });
    this.#draw();
  }

  /** @param {number} part Of the whole, 0 to 1. */
  moveTo(part) {
    const rest = `${(100 - 100 * Math.min(1, Math.max(0, part))).toFixed(3)}%`;
    for (const { canvases: [, played] } of this.#lanes)
      played.style.clipPath = `inset(0 ${rest} 0 0)`;
  }

  destroy() {
    this.#sizes.disconnect();
    this.#theme.disconnect();
  }

  #draw() {
    if (!this.#peaks || this.#host.clientWidth === 0)
      return;
    this.#lanes.forEach(({ lane, canvases }, i) => {
      if (lane.hidden)
        return;
      const style = getComputedStyle(lane);
      const bars = this.#heights(this.#peaks[i] ?? [], lane.clientWidth, lane.clientHeight);
      paint(canvases[0], bars, lane, style.getPropertyValue("--wave"));
      paint(canvases[1], bars, lane, style.getPropertyValue("--wave-played"));
    });
  }

  #heights(peaks, width, height) {
    const count = Math.max(1, Math.floor((width + gap) / (bar + gap)));
    return Array.from({ length: count }, (_, i) => {
      const from = Math.floor(i * peaks.length / count);
      const to = Math.max(from + 1, Math.floor((i + 1) * peaks.length / count));
      let most = 0;
      for (let p = from; p < to && p < peaks.length; p++)
        most = Math.max(most, peaks[p]);
      return Math.max(1, Math.round(most / this.#loudest * (height - 4)));
    });
  }
}

function paint(canvas, bars, { clientWidth: width, clientHeight: height }, colour) {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const draw = canvas.getContext("2d");
  draw.scale(scale, scale);
  draw.fillStyle = colour;
  draw.beginPath();
  bars.forEach((tall, i) => draw.roundRect(i * (bar + gap), (height - tall) / 2, bar, tall, 1));
  draw.fill();
}
