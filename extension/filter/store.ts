/** The filters on disk, one a server, so that a browser that starts need not fetch them again. */
import { FORMAT } from "./wire.ts";

/** A filter as it is kept: its canonical bytes and what is known of them. */
export interface Kept {
  readonly server: string;
  readonly version: number;
  /** SHA-256 of `content`, in hexadecimal. */
  readonly digest: string;
  readonly content: Uint8Array<ArrayBuffer>;
  /** Until then there is no need to ask for another (ms since the epoch). */
  readonly due: number;
}

export interface Store {
  read(server: string): Promise<Kept | undefined>;
  write(kept: Kept): Promise<void>;
  remove(server: string): Promise<void>;
}

const DATABASE = "claimlight";
const TABLE = "filters";

/** IndexedDB. Where a browser refuses it (some private modes), every session fetches anew. */
export const onDisk: Store = {
  read: (server) => inTable<Kept | undefined>("readonly", (table) => table.get(server)).catch(() => undefined),
  // One server at a time is in use; what was of another is of no use.
  write: (kept) => inTable("readwrite", (table) => { table.clear(); return table.put(kept); }).then(nothing, nothing),
  remove: (server) => inTable("readwrite", (table) => table.delete(server)).then(nothing, nothing),
};

function nothing(): void {
  // Whether it worked makes no difference: what is not on disk is fetched.
}

async function inTable<T>(mode: IDBTransactionMode, use: (table: IDBObjectStore) => IDBRequest): Promise<T> {
  const opening = indexedDB.open(DATABASE, FORMAT);
  opening.onupgradeneeded = () => {
    // Filters of a format before: nobody can read them any more.
    if (opening.result.objectStoreNames.contains(TABLE)) opening.result.deleteObjectStore(TABLE);
    opening.result.createObjectStore(TABLE, { keyPath: "server" });
  };
  const database = (await done(opening)) as IDBDatabase;
  try {
    return (await done(use(database.transaction(TABLE, mode).objectStore(TABLE)))) as T;
  } finally {
    database.close();
  }
}

export function done(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error("IndexedDB")); };
  });
}
