/**
 * The browser's own memory of the desk: verdicts that wait for the network, and edits that were left half done.
 * Where the browser keeps no database (a private window, a full disk) both live as long as the page, and the page says so.
 */

const NAME = "miniatures-desk";
const UPGRADES = [
  (base) => base.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex("member", "member"),
  (base) => base.createObjectStore("drafts", { keyPath: ["member", "card"] }).createIndex("member", "member"),
];
const memory = new Map();
let opening = null;
let last = 0;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, UPGRADES.length);
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const upgrade of UPGRADES.slice(oldVersion)) upgrade(request.result);
    };
    request.onsuccess = () => {
      // A newer page of ours may bring a newer base; holding the old one would keep it waiting.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("The browser's memory is held by an older page."));
  });
  return opening;
}

async function run(store, mode, act) {
  const base = await open();
  return new Promise((resolve, reject) => {
    // Strict: a verdict is on the disk, and not in a cache, before the page counts on it.
    const transaction = base.transaction(store, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const request = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
    // At once, not when the page comes to rest: it may be going away.
    if (mode === "readwrite") transaction.commit?.();
  });
}

/** Entries of one member, in the order they were made. */
export async function entriesOf(member) {
  const kept = await run("outbox", "readonly", (store) => store.index("member").getAll(member)).catch(() => []);
  return [...kept.map(renamed), ...[...memory.values()].filter((entry) => entry.member === member)];
}

/** An entry as it is sent now: one that waited while the product was renewed says `candidate` for a draft. */
function renamed({ candidate, ...entry }) {
  if (!candidate) return entry;
  return { ...entry, draft: candidate, url: entry.url.replace("/api/v1/candidates/", "/api/v1/drafts/") };
}

/** Add an entry; resolves with its sequence number once it is on disk, or in memory where there is none. */
export async function addEntry(entry) {
  try {
    return await run("outbox", "readwrite", (store) => store.add(entry));
  } catch {
    last -= 1;
    memory.set(last, { ...entry, seq: last });
    return last;
  }
}

/** Take an entry out. */
export async function removeEntry(seq) {
  if (!memory.delete(seq)) await run("outbox", "readwrite", (store) => store.delete(seq)).catch(() => {});
}

/** Whether something would be lost with this page. */
export const isFragile = () => memory.size > 0;

/** Edits of one member that were left half done, by card. */
export async function draftsOf(member) {
  const kept = await run("drafts", "readonly", (store) => store.index("member").getAll(member)).catch(() => []);
  return new Map(kept.map((draft) => [draft.card, draft]));
}

/** Keep an edit as far as it got, or forget it when there is none; `met`: what the server may hold that is older. */
export function writeDraft(member, card, fields, met) {
  const act = fields
    ? (store) => store.put({ member, card, fields, met, at: Date.now() })
    : (store) => store.delete([member, card]);
  // Where it cannot be kept here, the server keeps it when the card is left.
  return run("drafts", "readwrite", act).catch(() => {});
}
