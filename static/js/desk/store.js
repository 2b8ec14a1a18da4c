/** The browser's own memory of the desk: verdicts that wait for the network, and edits that were left half done. */

const NAME = "miniatures-desk";
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const outbox = request.result.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
      outbox.createIndex("member", "member");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(store, mode, act) {
  const base = await open();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(store, mode);
    const request = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Entries of one member, in the order they were made. */
export const entriesOf = (member) => run("outbox", "readonly", (store) => store.index("member").getAll(member));

/** Add an entry; resolves with its sequence number once it is on disk. */
export const addEntry = (entry) => run("outbox", "readwrite", (store) => store.add(entry));

/** Take an entry out. */
export const removeEntry = (seq) => run("outbox", "readwrite", (store) => store.delete(seq));

const keyOf = (member, card) => `desk:${member}:${card}`;

/** Keep an edit as far as it got. At once, not by the database: a page that goes away cannot wait for one. */
export function keepUnfinished(member, card, fields) {
  try {
    if (fields) localStorage.setItem(keyOf(member, card), JSON.stringify(fields));
    else localStorage.removeItem(keyOf(member, card));
  } catch {
    // Storage is full or forbidden; the server keeps the edit when the card is left.
  }
}

/** An edit left on this card in this browser, if any. */
export function unfinishedOf(member, card) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(member, card)));
  } catch {
    return null;
  }
}
