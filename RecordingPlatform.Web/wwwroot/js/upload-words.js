// What the upload page says: sizes, speed, and what a person can do about a refusal.

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 999.95 && unit < units.length - 1) {
    bytes /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(bytes) : bytes.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}

export function timeLeft(seconds) {
  if (seconds < 60)
    return `${Math.max(1, Math.round(seconds))} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

/** Bytes per second over the last few seconds: what a person sees should neither jump nor lag behind. */
export class Pace {
  #marks = [];

  add(bytes, now) {
    this.#marks.push({ bytes, now });
    while (this.#marks.length > 2 && now - this.#marks[0].now > 5000)
      this.#marks.shift();
  }

  get bytesPerSecond() {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    return last && last.now - first.now >= 500 ? (last.bytes - first.bytes) / (last.now - first.now) * 1000 : null;
  }
}

/**
 * @param final  the same file would be refused again
 * @param wait   seconds after which it goes on by itself
 * @param open   whether it arrived is not known: the same Idempotency-Key must be used again
 */
export function failure(advice, { final = false, wait = null, open = false } = {}) {
  return Object.assign(new Error(advice), { advice, final, wait, open });
}

const byCode = {
  file_empty: ["The file is empty. Check that it opens on this computer, and choose it again.", true],
  upload_truncated: ["The file arrived incomplete, so nothing was kept. Try again.", false],
  length_mismatch: ["The file changed while it was sent, so nothing was kept. Try again.", false],
  hash_mismatch: ["The file changed while it was sent, so nothing was kept. Try again.", false],
  unknown_subject_id: ["There is no patient or customer with this id. Correct it under “Add details” and try again.", false],
  start_time_invalid: ["The time under “Recorded at” cannot be read. Correct it under “Add details” and try again.", false],
  idempotency_key_reused: ["The file changed since the first attempt. Remove it here and choose it again.", true],
};

/** What the person can do about an answer that is no success. */
export function refusal(status, text, retryAfter, fileBytes) {
  let problem = {};
  try {
    problem = JSON.parse(text) ?? {};
  } catch {
    // A proxy's page says nothing to a person.
  }
  if (byCode[problem.code])
    return failure(byCode[problem.code][0], { final: byCode[problem.code][1] });
  const wait = Number(retryAfter) > 0 ? Number(retryAfter) : null;
  switch (status) {
    case 400: return failure(problem.detail ?? "The page was open for too long. Reload it and choose the file again.");
    case 401: return failure("Your session has ended. Sign in again in another tab, then try again here.", { open: true });
    case 403: return failure(problem.detail ?? "Your account may not upload recordings. Ask an administrator for this right.", { final: true });
    case 409: return failure("The first attempt is still being received.", { wait: wait ?? 5, open: true });
    case 413: return failure(problem.limit_bytes
      ? `The file has ${size(fileBytes)}; the platform takes at most ${size(problem.limit_bytes)}. Compress or split it, or ask an administrator to raise the limit.`
      : "The file is too large. Compress or split it, or ask an administrator to raise the limit.", { final: true });
    case 415: return failure("This is not an audio or video file that the platform knows. Choose a WAV, MP3, M4A, MP4, WebM, Ogg or FLAC file.", { final: true });
    case 422: return failure(problem.detail ?? "The file is empty or arrived incomplete. Check that it opens on this computer and try again.");
    case 429: return failure("The platform asks to slow down.", { wait: wait ?? 10, open: true });
    case 507: return failure("The platform's storage is full. Nothing was stored; tell your administrator, then try again.");
    case 503: return failure("The platform is busy.", { wait: wait ?? 10, open: true });
    case 502:
    case 504: return failure("The platform cannot be reached right now. Try again in a moment; nothing is stored twice.", { open: true });
    default: return failure(problem.detail ?? `The upload was refused (${status}).`, { open: status >= 500 });
  }
}
