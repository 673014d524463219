/** The books of streams: items that come, and items that are sent with a call (D18). */

import { Tag } from "./frames.js"

const WINDOW = 4096
const WINDOW_BYTES = 1024 * 1024
/** Credit is told when the reader took this part of a window. */
const SHARE = 4
/** Items of one frame, at most. */
const ITEMS = 512
const FRAME_BYTES = 32 * 1024

/** @typedef {import("./frames.js").Frame} Frame */

/** What comes: each item once and in order. */
export class Inflow {
  next = 0
  consumed = 0
  #credited = 0
  #bytes = 0
  /** @type {number[]} The sizes of the items that were not consumed. */
  #sizes = []

  /**
   * Items came: those that are new; null if some before them are missing.
   *
   * @param {number} index @param {Uint8Array[]} payloads
   */
  receive(index, payloads) {
    if (index > this.next) return null
    const fresh = payloads.slice(this.next - index)
    for (const payload of fresh) this.#sizes.push(payload.length)
    this.next += fresh.length
    return fresh
  }

  /** The reader took one more: whether the sender is to be told. */
  consume() {
    this.consumed += 1
    this.#bytes += this.#sizes.shift() ?? 0
    return this.consumed - this.#credited >= WINDOW / SHARE || this.#bytes >= WINDOW_BYTES / SHARE
  }

  /** @param {number} id @returns {Frame} */
  credit(id) {
    this.#credited = this.consumed
    this.#bytes = 0
    return [Tag.CREDIT, id, this.consumed]
  }
}

/** What is sent with a call, once its host asked for it by a first credit. */
export class Outflow {
  #id
  #next = 0
  #consumed = 0
  #bytes = 0
  /** @type {Uint8Array[]} From `#consumed` on: kept until the host has consumed them. */
  #kept = []
  /** @type {Frame | null} */
  #end = null
  /** @type {number} All below were said. */
  #said = 0
  #endSaid = false
  /** @type {(() => void)[]} */
  #waiting = []

  /** @param {number} id */
  constructor(id) {
    this.#id = id
  }

  /** Returns when one more item may be sent. @returns {Promise<void> | null} */
  room() {
    if (this.#next - this.#consumed < WINDOW && this.#bytes < WINDOW_BYTES) return null
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** @param {Uint8Array} payload */
  put(payload) {
    this.#kept.push(payload)
    this.#bytes += payload.length
    this.#next += 1
  }

  /** There are no more. @param {[string, string, Uint8Array] | null} failure */
  end(failure) {
    this.#end ??= [Tag.END, this.#id, this.#next, failure]
  }

  /** @param {number} consumed The host took all below. */
  credited(consumed) {
    while (this.#consumed < Math.min(consumed, this.#next)) {
      this.#bytes -= this.#kept.shift()?.length ?? 0
      this.#consumed += 1
    }
    this.#said = Math.max(this.#said, this.#consumed)
    for (const go of this.#waiting.splice(0)) go()
  }

  /** @param {number} next The host lacks what comes from here on. @param {number} consumed */
  again(next, consumed) {
    this.credited(consumed)
    this.#said = Math.max(next, this.#consumed)
    this.#endSaid = false
  }

  /** Nobody wants it any more. */
  drop() {
    this.end(null)
    this.#endSaid = true
    this.credited(this.#next)
  }

  /** What was not said yet. @returns {Frame[]} */
  frames() {
    const frames = []
    while (this.#said < this.#next) {
      const payloads = []
      let bytes = 0
      const index = this.#said
      while (this.#said < this.#next && payloads.length < ITEMS && bytes < FRAME_BYTES) {
        const payload = /** @type {Uint8Array} */ (this.#kept[this.#said - this.#consumed])
        payloads.push(payload)
        bytes += payload.length
        this.#said += 1
      }
      frames.push(/** @type {Frame} */ ([Tag.ITEMS, this.#id, index, payloads, 0]))
    }
    if (this.#end && !this.#endSaid) {
      this.#endSaid = true
      frames.push(this.#end)
    }
    return frames
  }

  /** How far it is, in case its last frames were lost on the way. @returns {Frame} */
  position() {
    return this.#end ?? [Tag.ITEMS, this.#id, this.#next, [], 0]
  }
}
