/**
 * The last known values of a user, kept by the browser (W7): shown at once after a reload, as such, until a host says
 * whether they still hold.
 *
 * One table of IndexedDB, whose keys begin with the user. All of it is read once, when the page connects: later reads of
 * thousands of results wait for no disk. What comes is written in batches; the oldest goes where there is too much.
 */

import { later } from "./clock.js"

const DATABASE = "fusion"
const TABLE = "results"
/** Results and bytes that are kept for a user, at most. */
const MOST = { results: 5_000, bytes: 16 * 1024 * 1024 }
/** Seconds until what came is written. */
const BATCH = 0.5

/** @typedef {import("./service.js").Method} Method */

export class Cache {
  /** @type {Map<string, number>} The bytes of each, the oldest first. */
  #sizes = new Map()
  /** @type {Map<string, Uint8Array>} Of which this page has heard nothing yet. */
  #known = new Map()
  #bytes = 0
  /** @type {Map<string, Uint8Array | null>} To be written; null: to be deleted. */
  #changed = new Map()
  /** @type {IDBDatabase | null} */
  #database = null
  #forgotten = false
  /** @type {unknown} */
  #timer

  /** @param {string} user Whose they are, tenant included; nobody else is shown them. */
  constructor(user) {
    this.user = JSON.stringify(user)
    /** Done when all is known that is there. */
    this.ready = this.#load().catch((error) => console.warn(`fusion: nothing is kept in this browser: ${error}`))
  }

  /** @param {Method} method @param {Uint8Array} args What a result is kept under: of another version of the contract it is another one. */
  key(method, args) {
    const bytes = args.reduce((text, byte) => text + String.fromCharCode(byte), "")
    return `${this.user} ${method.service.version} ${method.name} ${bytes}`
  }

  /** The last known result, as it came: once, for the page knows better then. @param {string} key */
  take(key) {
    const payload = this.#known.get(key)
    this.#known.delete(key)
    return payload
  }

  /** @param {string} key @param {Uint8Array} payload */
  keep(key, payload) {
    if (this.#forgotten) return
    this.#drop(key)
    this.#count(key, payload)
    this.#change(key, payload)
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size <= MOST.results && this.#bytes <= MOST.bytes) break
      this.#drop(oldest)
      this.#change(oldest, null)
    }
  }

  /** The user signs out: nothing of theirs stays, and nothing is kept any more. */
  async forget() {
    this.#forgotten = true
    await this.ready
    this.#known.clear()
    this.#changed.clear()
    if (this.#database) await done(this.#table("readwrite").delete(this.#range()))
  }

  /** @param {string} key */
  #drop(key) {
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
    this.#known.delete(key)
  }

  /** @param {string} key @param {Uint8Array} payload */
  #count(key, payload) {
    this.#sizes.set(key, payload.length + key.length)
    this.#bytes += payload.length + key.length
  }

  /** @param {string} key @param {Uint8Array | null} payload */
  #change(key, payload) {
    this.#changed.delete(key)
    this.#changed.set(key, payload)
    this.#timer ??= later(() => this.flush(), BATCH)
  }

  /** Writes what came; at once when the page goes. */
  flush() {
    this.#timer = undefined
    if (this.#database === null) return
    const table = this.#table("readwrite")
    for (const [key, payload] of this.#changed) {
      if (payload === null) table.delete(key)
      else table.put(payload, key)
    }
    this.#changed.clear()
  }

  async #load() {
    const opening = indexedDB.open(DATABASE, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE)
    this.#database = await done(opening)
    this.#database.onversionchange = () => this.#database?.close()
    const table = this.#table("readonly")
    const [keys, payloads] = await Promise.all([done(table.getAllKeys(this.#range())), done(table.getAll(this.#range()))])
    keys.forEach((key, index) => {
      this.#known.set(String(key), payloads[index])
      this.#count(String(key), payloads[index])
    })
  }

  /** All keys of the user. */
  #range() {
    return IDBKeyRange.bound(`${this.user} `, `${this.user}!`, false, true)
  }

  /** @param {IDBTransactionMode} mode */
  #table(mode) {
    const database = /** @type {IDBDatabase} */ (this.#database)
    return database.transaction(TABLE, mode).objectStore(TABLE)
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
