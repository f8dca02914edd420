/** The pack on disk: one server's at a time, its cases to be found by id and by row. */
import type { PackedCase } from "../common/wire.ts";
import type { Kept, PackStore } from "./pack.ts";
import { PACK_FORMAT } from "./pack.ts";
import { done } from "./store.ts";

const DATABASE = "claimlight-pack";

interface Stored {
  readonly part: number;
  readonly rows: readonly number[];
  readonly about: PackedCase;
}

export const packOnDisk: PackStore = {
  kept: () => inStores("readonly", ({ lists }) => lists.get("kept")) as Promise<Kept | undefined>,
  begin: async (kept) => {
    await inStores("readwrite", ({ lists, cases }) => {
      cases.clear();
      return lists.put(kept, "kept");
    });
  },
  keep: async (kept) => {
    await inStores("readwrite", ({ lists }) => lists.put(kept, "kept"));
  },
  put: async (part, some, kept) => {
    await inStores("readwrite", ({ lists, cases }) => {
      const before = cases.index("part").getAllKeys(part);
      before.onsuccess = () => {
        for (const key of before.result) cases.delete(key);
        for (const about of some) cases.put({ part, rows: about.claims.flatMap(({ rows }) => rows), about } satisfies Stored);
      };
      return lists.put(kept, "kept");
    });
  },
  forget: async () => {
    await inStores("readwrite", ({ lists, cases }) => {
      cases.clear();
      return lists.clear();
    });
  },
  withRow: async (key) => {
    const found = (await inStores("readonly", ({ cases }) => cases.index("rows").getAll(key))) as Stored[];
    return found.map(({ about }) => about);
  },
  case: async (id) => ((await inStores("readonly", ({ cases }) => cases.get(id))) as Stored | undefined)?.about,
};

interface Stores {
  readonly lists: IDBObjectStore;
  readonly cases: IDBObjectStore;
}

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, PACK_FORMAT);
  opening.onupgradeneeded = () => {
    const database = opening.result;
    for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name);
    database.createObjectStore("lists");
    const cases = database.createObjectStore("cases", { keyPath: "about.id" });
    cases.createIndex("rows", "rows", { multiEntry: true });
    cases.createIndex("part", "part");
  };
  return done(opening) as Promise<IDBDatabase>;
}

/** Resolves when the whole transaction is on disk, with what the request gave. */
async function inStores(mode: IDBTransactionMode, use: (stores: Stores) => IDBRequest): Promise<unknown> {
  opened ??= open();
  const transaction = (await opened).transaction(["lists", "cases"], mode);
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => { resolve(); };
    transaction.onabort = () => { reject(transaction.error ?? new Error("IndexedDB")); };
  });
  const request = use({ lists: transaction.objectStore("lists"), cases: transaction.objectStore("cases") });
  await ended;
  return request.result;
}
