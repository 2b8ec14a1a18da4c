/** One EventSource for any number of listeners: knows jobs and the seqs seen of them, opens, reopens, replays.
    Runs in a SharedWorker, or in the page where there is none; knows no document. */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const GATHER_MS = 20;

export class Feed {
  #listeners = new Map(); // listener -> Map(job -> seq)
  #source = null;
  #waitMs = FIRST_WAIT_MS;
  #timer = null;
  #ended = new Set();

  constructor(address) {
    this.address = address;
  }

  /** Hear a job's events after `seq`: `tell(event)` for each, once. */
  listen(tell, job, seq) {
    const jobs = this.#listeners.get(tell) ?? new Map();
    jobs.set(job, seq);
    this.#listeners.set(tell, jobs);
    this.#ended.delete(job);
    this.#reopen(GATHER_MS);
  }

  /** Stop telling this listener anything. */
  leave(tell) {
    if (this.#listeners.delete(tell)) this.#reopen(GATHER_MS);
  }

  #positions() {
    const seen = new Map();
    // The newest listener first: the server follows so many, and an older tab is seldom the one that is looked at.
    for (const jobs of [...this.#listeners.values()].reverse())
      for (const [job, seq] of jobs) if (!this.#ended.has(job)) seen.set(job, Math.min(seq, seen.get(job) ?? seq));
    return seen;
  }

  #reopen(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), afterMs);
  }

  #open() {
    this.#source?.close();
    this.#source = null;
    const seen = this.#positions();
    if (seen.size === 0) return;
    const query = new URLSearchParams([...seen].map(([job, seq]) => ["job", `${job}:${seq}`]));
    const source = new EventSource(`${this.address}?${query}`);
    this.#source = source;
    source.onopen = () => { this.#waitMs = FIRST_WAIT_MS; };
    source.onmessage = (message) => this.#tell(JSON.parse(message.data));
    source.addEventListener("end", (message) => this.#end(JSON.parse(message.data).job));
    // The browser would ask again from the old positions; we ask from where we are, ever more patiently.
    source.onerror = () => {
      source.close();
      this.#reopen(this.#waitMs * (0.75 + Math.random() / 2));
      this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    };
  }

  #tell(event) {
    for (const [tell, jobs] of this.#listeners) {
      if (!jobs.has(event.job) || event.seq <= jobs.get(event.job)) continue;
      jobs.set(event.job, event.seq);
      tell(event);
    }
  }

  #end(job) {
    this.#ended.add(job);
    if (this.#positions().size === 0) this.#source?.close();
  }
}
