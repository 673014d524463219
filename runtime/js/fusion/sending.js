/** Streams as their callers see them, and what they send with a call (D18, D19). */

import { Asking, errorOf } from "./asking.js"
import { now } from "./clock.js"
import { Cancelled, FusionError } from "./errors.js"
import { Kind } from "./frames.js"
import { decode, encode } from "./types.js"

/** @typedef {import("./peer.js").Peer} Peer @typedef {import("./service.js").Method} Method */
/** @typedef {import("./frames.js").Ending} Ending @typedef {import("./streams.js").Outflow} Outflow */
/** @typedef {import("./types.js").Codec<any>} AnyCodec */

const NOTHING = new Uint8Array()

/** A stream that is read: each item once, in order; it begins when it is made. */
export class Incoming extends Asking {
  /** @type {Uint8Array[]} */
  #here = []
  #over = false
  #left = false
  /** @type {unknown} */
  #error = undefined
  /** @type {(() => void) | null} */
  #wake = null
  #upload

  /**
   * @param {Peer} peer @param {Method} method @param {Uint8Array} args @param {number} timeout
   * @param {Upload | null} upload What is sent with it.
   */
  constructor(peer, method, args, timeout, upload) {
    super(peer, method, args, Kind.STREAM, timeout)
    this.deadline = timeout === Infinity ? now() + 2 ** 22 : this.deadline
    this.#upload = upload
    peer.ask(this)
  }

  /** @param {Uint8Array[]} payloads */
  items(payloads) {
    if (this.declared.newest) this.#passOver(payloads.length)
    this.#here.push(...payloads)
    this.#wake?.()
  }

  /** Of what is here only the newest is handed out. @param {number} came */
  #passOver(came) {
    for (let left = this.#here.length + came - 1; left > 0; left -= 1) this.session?.consumed(this, true)
    this.#here.length = 0
  }

  /** @param {Ending | null} failure */
  ended(failure) {
    this.#finish(failure && errorOf(this.declared, failure, this.timeout))
  }

  /** @param {FusionError} error */
  fail(error) {
    this.#finish(error)
  }

  /** @param {unknown} error */
  #finish(error) {
    if (this.#over) return
    this.#over = true
    this.#error = this.#upload?.problem ?? error ?? undefined
    this.#upload?.stop()
    this.#wake?.()
  }

  /** @param {Outflow | null} flow */
  wanted(flow) {
    if (this.#upload === null) super.wanted(flow)
    else if (flow === null) this.#upload.stop()
    else void this.#upload.send(flow, () => this.session?.changed())
  }

  /** The next item; null at the end. @returns {Promise<Uint8Array | null>} */
  async take() {
    while (this.#here.length === 0 && !this.#over) {
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)))
      this.#wake = null
    }
    const payload = this.declared.newest ? this.#here.pop() : this.#here.shift()
    if (payload !== undefined) {
      this.session?.consumed(this, this.declared.newest)
      return payload
    }
    if (this.#error !== undefined) throw this.#error
    return null
  }

  /** The only item that there is: the answer of a call that sends a stream. @param {AbortSignal} [signal] */
  async only(signal) {
    const abort = () => {
      this.leave()
      this.#finish(new Cancelled(this.declared.name))
    }
    if (signal?.aborted) abort()
    signal?.addEventListener("abort", abort, { once: true })
    try {
      const payload = await this.take()
      if (payload === null) throw errorOf(this.declared, { code: "bad_answer", message: "its host answered nothing", data: NOTHING }, this.timeout)
      return payload
    } finally {
      signal?.removeEventListener("abort", abort)
      this.leave()
    }
  }

  /** The rest, decoded. @param {AnyCodec} codec */
  async *rest(codec) {
    try {
      for (let payload = await this.take(); payload !== null; payload = await this.take()) {
        yield decode(codec, payload)
      }
    } finally {
      this.leave()
    }
  }

  /** Nobody reads it any more: its host stops (D19). */
  leave() {
    if (this.#left) return
    this.#left = true
    this.#upload?.stop()
    this.peer.release(this)
  }
}

/** What is sent with a call: read from its iterator as the host wants it. */
export class Upload {
  /** What the iterator raised: the caller gets its own error. @type {unknown} */
  problem = undefined
  #begun = false
  #stopped = false
  #items
  #codec

  /** @param {AsyncIterable<unknown> | Iterable<unknown>} items @param {AnyCodec} codec */
  constructor(items, codec) {
    this.#items = items
    this.#codec = codec
  }

  /** @param {Outflow} flow @param {() => void} changed */
  async send(flow, changed) {
    if (this.#begun) return
    this.#begun = true
    try {
      for await (const item of this.#items) {
        const payload = encode(this.#codec, item)
        await flow.room()
        if (this.#stopped) return
        flow.put(payload)
        changed()
      }
      flow.end(null)
    } catch (error) {
      this.problem = error
      flow.end(["items", "its caller's iterator failed", NOTHING])
    }
    changed()
  }

  stop() {
    this.#stopped = true
  }
}
