/** A session's calls: what waits, is asked and is held, and what the host says of it (D2, D4, D12). */

import { Kind, Tag } from "./frames.js"
import { digestOf } from "./hashes.js"
import { Inflow, Outflow } from "./streams.js"

/** Calls of one session that its host has and did not answer yet. */
const UNDER_WAY = 1000
/** The most ids in one frame. */
const IDS = 4096
/** Seconds between the deadlines of calls that travel in one frame. */
const SLACK = 0.005

/** @typedef {import("./frames.js").Frame} Frame @typedef {import("./frames.js").Mark} Mark */
/** @typedef {import("./frames.js").Ending} Ending */

/**
 * A call as a session sees it, and what it is told.
 *
 * @typedef {object} Call
 * @property {number} kind
 * @property {number} method
 * @property {Uint8Array} arguments
 * @property {number} deadline On `now()`.
 * @property {string} operation Of a command, its id; of a compute call that asks whether a result still
 *   holds, its content's (D16).
 * @property {[string, string][]} headers
 * @property {number} id In the session that it was made in last.
 * @property {(payload: Uint8Array, held: boolean) => void} completed
 * @property {(failure: Ending, held: boolean) => void} failed
 * @property {(reason: string) => void} invalidated What is held is stale.
 * @property {() => void} turned The host vouches for what is held no longer, or again (D6c).
 * @property {(mayHaveRun: boolean) => void} again The host does not know it, or what it read is stale.
 * @property {(payloads: Uint8Array[]) => void} items
 * @property {(failure: Ending | null) => void} ended
 * @property {(flow: Outflow | null) => void} wanted The body reads what is sent with it; null: no more.
 * @property {(marks: Mark[]) => void} wrote What it changed: its answer follows (D15).
 */

const LOST = { code: "stream_lost", message: "the host no longer knows this stream: start it anew", data: new Uint8Array() }
const NO_STREAM = { code: "bad_answer", message: "its host answered without a stream: update it", data: new Uint8Array() }

/** The books of the live calls by id. */
export class Calls {
  /** @type {Map<number, Call>} */
  queue = new Map()
  /** @type {Map<number, Call>} Without an answer. */
  sent = new Map()
  /** @type {Map<number, Call>} */
  held = new Map()
  /** @type {Map<number, { call: Call, inflow: Inflow, outflow: Outflow | null }>} */
  streams = new Map()
  /** @type {Set<number>} Held results that the host itself cannot vouch for (D6c). */
  suspended = new Set()
  #last = 0
  /** @type {Set<number>} Of these the host is to be told. */
  #abandoned = new Set()
  /** @type {Set<number>} */
  #cancelled = new Set()
  /** @type {Set<number>} Streams whose senders are to be told what was consumed. */
  #creditable = new Set()

  /** @param {Call} call */
  add(call) {
    call.id = this.#last += 1
    this.queue.set(call.id, call)
  }

  get digest() {
    return digestOf(this.sent.keys(), this.held.keys(), this.streams.keys(), this.#abandoned)
  }

  /** @param {number} id Give up a call, stream or held result: whether the host is to be told. */
  abandon(id) {
    if (this.queue.delete(id)) return false
    const held = this.held.delete(id)
    const sent = this.sent.delete(id) || this.streams.delete(id)
    if (sent || held) this.#abandoned.add(id)
    if (sent) this.#cancelled.add(id)
    this.suspended.delete(id)
    return sent || held
  }

  /** @param {number} id One more item was consumed. @param {boolean} newest Whether each is told at once. */
  consumed(id, newest) {
    const stream = this.streams.get(id)
    const due = stream !== undefined && (stream.inflow.consume() || newest)
    if (due) this.#creditable.add(id)
    return due
  }

  /** What can be said now; it counts as said from here on. @param {number} now @returns {Frame[]} */
  drain(now) {
    const frames = this.#parting()
    /** @type {Frame | null} */
    let frame = null
    /** @type {Call | null} */
    let first = null
    for (const call of this.queue.values()) {
      if (this.sent.size >= UNDER_WAY) break
      if (frame === null || first === null || !alike(first, call) || frame[4].length >= 512) {
        first = call
        frame = callFrame(call, now)
        frames.push(frame)
      } else {
        frame[4].push(call.arguments)
        if (call.operation) frame[7].push(call.operation)
      }
      this.#begun(call)
    }
    for (const id of this.#creditable) {
      const stream = this.streams.get(id)
      if (stream) frames.push(stream.inflow.credit(id))
    }
    this.#creditable.clear()
    for (const { outflow } of this.streams.values()) if (outflow) frames.push(...outflow.frames())
    return frames
  }

  /** @param {Call} call */
  #begun(call) {
    this.queue.delete(call.id)
    if (call.kind === Kind.STREAM) this.streams.set(call.id, { call, inflow: new Inflow(), outflow: null })
    else if (call.kind !== Kind.ONEWAY) this.sent.set(call.id, call)
    else queueMicrotask(() => call.completed(new Uint8Array(), false))
  }

  /** What was abandoned since this was said last. @returns {Frame[]} */
  #parting() {
    /** @type {Frame[]} */
    const frames = []
    for (const id of this.#cancelled) {
      frames.push([Tag.CANCEL, id])
      this.#abandoned.delete(id)
    }
    const unwanted = [...this.#abandoned]
    for (let at = 0; at < unwanted.length; at += IDS) frames.push([Tag.UNSUBSCRIBE, unwanted.slice(at, at + IDS)])
    this.#cancelled.clear()
    this.#abandoned.clear()
    return frames
  }

  /** How far streams are, in case the last word was lost on the way. @returns {Frame[]} */
  positions() {
    /** @type {Frame[]} */
    const frames = []
    for (const [id, { inflow, outflow }] of this.streams) {
      if (inflow.consumed) frames.push(inflow.credit(id))
      if (outflow) frames.push(outflow.position())
    }
    return frames
  }

  /** All that the client believes in; it also says what it abandoned. @param {number} number @returns {Frame[]} */
  resync(number) {
    this.#cancelled.clear()
    this.#abandoned.clear()
    const streams = [...this.streams].map(([id, { inflow }]) => [id, inflow.next, inflow.consumed])
    /** @type {[number[], number[], number[][]][]} */
    const parts = []
    const cut = (/** @type {any[]} */ all, /** @type {number} */ place) => {
      for (let at = 0; at < all.length; at += IDS) {
        /** @type {any} */
        const part = [[], [], []]
        part[place] = all.slice(at, at + IDS)
        parts.push(part)
      }
    }
    cut([...this.held.keys()], 0)
    cut([...this.sent.keys()], 1)
    cut(streams, 2)
    if (parts.length === 0) parts.push([[], [], []])
    return parts.map((part, index) => [Tag.RESYNC, number, index, index === parts.length - 1, ...part])
  }

  // What the host says. Whatever is said of an unknown id is said of an abandoned one.

  /** @param {number[]} ids @param {Uint8Array[]} payloads @param {boolean} kept */
  completed(ids, payloads, kept) {
    ids.forEach((id, index) => {
      const call = this.sent.get(id)
      if (call === undefined) return this.#noStream(id)
      this.sent.delete(id)
      if (kept) this.held.set(id, call)
      call.completed(/** @type {Uint8Array} */ (payloads[index]), kept)
    })
  }

  /** @param {number} id The host answers it as if it were no stream. */
  #noStream(id) {
    const stream = this.streams.get(id)
    this.streams.delete(id)
    stream?.call.ended(NO_STREAM)
  }

  /** @param {number} id @param {Ending} failure @param {boolean} kept */
  failed(id, failure, kept) {
    const call = this.sent.get(id)
    const stream = this.streams.get(id)
    this.sent.delete(id)
    this.streams.delete(id)
    stream?.call.ended(failure)
    if (call === undefined) return
    if (kept) this.held.set(id, call)
    call.failed(failure, kept)
  }

  /** @param {number[]} ids @param {string} reason */
  invalidated(ids, reason) {
    for (const id of ids) {
      const held = this.held.get(id)
      const sent = this.sent.get(id)
      this.held.delete(id)
      this.sent.delete(id)
      this.suspended.delete(id)
      held?.invalidated(reason)
      sent?.again(true)
    }
  }

  /** The host does not know these (D2). @param {number[]} ids @param {number} forgotten Those up to it may have run. */
  gone(ids, forgotten) {
    for (const id of ids) {
      const stream = this.streams.get(id)
      const sent = this.sent.get(id)
      this.streams.delete(id)
      this.sent.delete(id)
      if (stream && (stream.inflow.next > 0 || stream.outflow)) stream.call.ended(LOST)
      else (stream?.call ?? sent)?.again(id <= forgotten)
    }
    this.invalidated(ids, "unknown to the host")
  }

  /** @param {number} id @param {number} index @param {Uint8Array[]} payloads False: some before them are missing. */
  items(id, index, payloads) {
    const stream = this.streams.get(id)
    const fresh = stream?.inflow.receive(index, payloads)
    if (fresh?.length) stream?.call.items(fresh)
    return fresh !== null
  }

  /** @param {number} id @param {number} count @param {Ending | null} failure */
  ended(id, count, failure) {
    const stream = this.streams.get(id)
    if (stream === undefined) return true
    if (stream.inflow.next < count) return false
    this.streams.delete(id)
    stream.outflow?.drop()
    stream.call.ended(failure)
    return true
  }

  /** What is sent with a call: how far it was read. @param {number} id @param {(flow: Outflow) => void} apply */
  upload(id, apply) {
    const stream = this.streams.get(id)
    if (stream === undefined) return
    const begins = stream.outflow === null
    const flow = (stream.outflow ??= new Outflow(id))
    apply(flow)
    if (begins) stream.call.wanted(flow)
  }

  /** @param {number} id The body reads no more. */
  unread(id) {
    const stream = this.streams.get(id)
    stream?.outflow?.drop()
    stream?.call.wanted(null)
  }

  /** @param {Set<number>} suspended Which held results the host cannot vouch for. */
  upstream(suspended) {
    const before = this.suspended
    this.suspended = suspended
    for (const id of before) if (!suspended.has(id)) this.held.get(id)?.turned()
    for (const id of suspended) if (!before.has(id)) this.held.get(id)?.turned()
  }

  /** Forget all, for the session is over. */
  clear() {
    const streams = Array.from(this.streams.values(), ({ call }) => call)
    const all = { queued: [...this.queue.values()], sent: [...this.sent.values(), ...streams], held: [...this.held.values()] }
    for (const book of [this.queue, this.sent, this.held, this.streams]) book.clear()
    return all
  }
}

/** @param {Call} one @param {Call} other Whether they may travel in one frame. */
function alike(one, other) {
  return (
    one.kind === other.kind &&
    one.method === other.method &&
    one.headers === other.headers &&
    Boolean(one.operation) === Boolean(other.operation) &&
    Math.abs(one.deadline - other.deadline) <= SLACK
  )
}

/** @param {Call} call @param {number} now @returns {Frame} */
function callFrame(call, now) {
  const budget = Math.max(0, Math.min(Math.floor((call.deadline - now) * 1000), 2 ** 32 - 1))
  const operations = call.operation ? [call.operation] : []
  return [Tag.CALLS, call.id, call.kind, call.method, [call.arguments], 0, budget, operations, call.headers]
}
