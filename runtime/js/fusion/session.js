/** The client's end of a session with one host, for one service (D1, D6, D10, D12, D15, D30). */

import { Calls } from "./calls.js"
import { later, now, soon } from "./clock.js"
import { encodeEnvelope, Tag, VERSION } from "./frames.js"
import { Fences } from "./fences.js"
import { Lease } from "./lease.js"

/** @typedef {import("./frames.js").Frame} Frame @typedef {import("./frames.js").Envelope} Envelope */
/** @typedef {import("./frames.js").Mark} Mark @typedef {import("./calls.js").Call} Call */

/** Bytes at which a message is closed. */
const BATCH = 32 * 1024
const NO_PROOF = new Uint8Array()

/**
 * Where it is.
 *
 * HELLO ──welcome──▶ OPEN ──gap──▶ RESYNCING ──answer──▶ ANSWERED ──resynced──▶ OPEN; any ──end──▶ GONE
 */
export const State = Object.freeze({ HELLO: "hello", OPEN: "open", RESYNCING: "resyncing", ANSWERED: "answered", GONE: "gone" })

/**
 * What a session tells its service.
 *
 * @typedef {object} Owner
 * @property {(session: Session) => boolean} connected
 * @property {(session: Session, data: Uint8Array) => void} send
 * @property {(session: Session) => void} silent The host did not answer in time: the connection may be dead.
 * @property {(session: Session) => void} turned What is held is proven no longer, or again.
 * @property {(session: Session, marks: Mark[]) => void} wrote
 * @property {(session: Session) => void} sourced
 * @property {(session: Session) => void} draining
 * @property {(session: Session, reason: string, left: ReturnType<Calls["clear"]>) => void} gone
 */

export class Session {
  /** @type {string} */
  state = State.HELLO
  iid = ""
  /** By what its host is spoken to, once it has spoken. @type {WebSocket | null} */
  socket = null
  calls = new Calls()
  fences = new Fences()
  /** @type {Set<string>} The services that the host's results may be made from, in other hosts (D15). */
  sources = new Set()
  /** Names the session: random, below 2^53. */
  gen = Math.floor(Math.random() * 2 ** 52)
  #cid
  #owner
  #lease = new Lease(now())
  /** @type {Uint8Array} */
  #proof = NO_PROOF
  #last = 0
  /** The first question whose answer makes up for what was lost. */
  #question = 0
  /** @type {number[]} */
  #coming = []
  #live = false
  /** Whether to ask who is at the other end of a new connection. */
  #asksWho = false
  /** Whether nothing has come by it yet. */
  #unheard = false
  #flushing = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #due = Infinity

  /** @param {string} cid @param {Owner} owner */
  constructor(cid, owner) {
    this.#cid = cid
    this.#owner = owner
    this.changed()
  }

  /** Whether a host has it. */
  get bound() {
    return this.state !== State.HELLO && this.state !== State.GONE
  }

  /** Whether what is held is provably fresh at this moment (D6), and reflects own writes (D15). */
  get live() {
    return this.state === State.OPEN && now() < this.#lease.until && !this.fences.waiting
  }

  /** @param {Call} call */
  ask(call) {
    this.calls.add(call)
    this.changed()
  }

  /** @param {Call} call Nobody waits for it, or holds its result, any more (D17, D19). */
  release(call) {
    if (this.calls.abandon(call.id)) this.changed()
  }

  /** @param {Call} call @param {boolean} newest */
  consumed(call, newest) {
    if (this.calls.consumed(call.id, newest)) this.changed()
  }

  /** What is read from now on reflects these changes (D15). @param {Mark[]} marks */
  fence(marks) {
    this.fences.ask(marks)
    this.changed()
    this.#notice()
  }

  /** There is something to say: it leaves at the end of this turn. */
  changed() {
    if (this.#flushing || this.state === State.GONE) return
    this.#flushing = true
    soon(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  /** The connection is new: anything may have been lost (D10), and it may lead to another host. */
  reconnected() {
    this.#asksWho = this.#unheard = this.bound
    this.#lease.helloDue = now()
    this.#lease.unanswered = Infinity
    this.gap()
  }

  /** Messages were lost, or cannot be read (D11). */
  gap() {
    if (this.bound) this.#resync()
    this.changed()
  }

  /** Time went by: the machine may have slept. */
  tick() {
    this.#notice()
    this.#flush()
  }

  /** Leave: the host forgets the session. */
  bye() {
    if (this.bound) this.#say([[Tag.BYE]])
    return this.#end()
  }

  #end() {
    this.state = State.GONE
    clearTimeout(this.#timer)
    this.fences.end()
    return this.calls.clear()
  }

  /** @param {string} reason */
  #lose(reason) {
    if (this.state === State.GONE) return
    if (this.bound) this.#say([[Tag.BYE]])
    const left = this.#end()
    this.#owner.gone(this, reason, left)
  }

  // What comes.

  /** @param {Envelope} envelope */
  receive(envelope) {
    if (this.state === State.GONE || envelope.gen !== this.gen) return
    if (envelope.iid === this.iid && !same(envelope.proof, this.#proof)) return // forged, or a second welcome
    if (envelope.number === 0) this.#aside(envelope)
    else if (this.state === State.HELLO) this.#welcomed(envelope)
    else if (envelope.iid === this.iid) {
      this.#unheard = false
      this.#hear(envelope)
    }
    this.#notice()
    this.changed()
  }

  /** Outside of the sequence: a host that does not know this session. @param {Envelope} envelope */
  #aside(envelope) {
    if (this.bound && envelope.iid !== this.iid && envelope.frames.some(([tag]) => tag === Tag.WELCOME)) {
      return this.#lose("another host answers in its place")
    }
    const rejected = envelope.frames.find(([tag]) => tag === Tag.REJECTED)
    if (rejected && (this.iid === "" || this.iid === envelope.iid)) {
      this.#lose(rejected[1] === "unknown" ? "its host does not know this client any more" : `its host refuses: ${rejected[1]}`)
    }
  }

  /** @param {Envelope} envelope */
  #welcomed(envelope) {
    const welcome = envelope.frames.find(([tag]) => tag === Tag.WELCOME)
    if (welcome === undefined) return
    if (welcome[2] !== VERSION) return this.#lose(`its host speaks version ${welcome[2]} of the protocol, not ${VERSION}: update it`)
    this.iid = envelope.iid
    this.#proof = envelope.proof
    this.state = State.OPEN
    this.#lease.probeDue = now()
    this.#lease.answered(welcome[1], now())
    this.#last = envelope.number - 1
    this.#hear(envelope)
  }

  /** Acts on the next message of the sequence only (D1). @param {Envelope} envelope */
  #hear(envelope) {
    const { number } = envelope
    if (this.state === State.RESYNCING) {
      const [tag, question] = envelope.frames[0] ?? [-1]
      if (number <= this.#last || tag !== Tag.RESYNCED || question < this.#question) return
      this.state = State.ANSWERED
      this.#last = number - 1
    }
    if (number <= this.#last) return
    if (number !== this.#last + 1) return this.#resync()
    let complete = !envelope.damaged
    for (const frame of envelope.frames) complete = this.#apply(frame) && complete
    if (complete) this.#last = number
    else this.#resync() // unacknowledged, so that the host keeps what did not decode
  }

  /** Believe nothing until the host has compared notes; only answers from now on count. */
  #resync() {
    if (this.state !== State.RESYNCING) this.#question = this.#lease.number + 1
    this.state = State.RESYNCING
    this.#coming = []
    this.#lease.probeDue = now()
    this.changed()
  }

  /** @param {Frame} frame False: something before it is missing. */
  #apply([tag, ...fields]) {
    const calls = this.calls
    const [first, second, third, fourth] = fields
    switch (tag) {
      case Tag.RESULTS:
        if (second.length !== third.length) return false
        calls.completed(second, third, fourth)
        return true
      case Tag.FAILURE:
        calls.failed(first, { code: second, message: third, data: fourth }, fields[4])
        return true
      case Tag.INVALIDATED: calls.invalidated(first, second); return true
      case Tag.ITEMS: return calls.items(first, second, third)
      case Tag.END: return calls.ended(first, second, third && { code: third[0], message: third[1], data: third[2] ?? NO_PROOF })
      case Tag.CREDIT: calls.upload(first, (flow) => flow.credited(second)); return true
      case Tag.AGAIN: calls.upload(first, (flow) => flow.again(second, third)); return true
      case Tag.CANCEL: calls.unread(first); return true
      case Tag.ACKNOWLEDGED: this.#acknowledged(first, second, third, fourth); return true
      case Tag.RESYNCED:
        calls.gone(second, fourth ?? 0)
        if (third && this.state === State.ANSWERED) this.state = State.OPEN
        return true
      case Tag.WELCOME:
        if (now() >= this.#lease.until && this.state === State.OPEN) this.#resync()
        return true
      case Tag.WROTE: this.#wrote(first, second.map(mark)); return true
      case Tag.FENCED: this.fences.answered(first); return true
      case Tag.SOURCES: this.sources = new Set(first); this.#owner.sourced(this); return true
      case Tag.FAREWELL: this.#owner.draining(this); return true
      default: return true
    }
  }

  /** @param {number} number @param {boolean} agrees @param {number[]} suspended @param {boolean} last */
  #acknowledged(number, agrees, suspended, last) {
    if (!agrees) return this.#resync()
    this.#coming.push(...suspended)
    if (!last) return
    this.calls.upstream(new Set(this.#coming))
    this.#coming = []
    if (this.state === State.OPEN) this.#lease.answered(number, now())
  }

  /** @param {number[]} ids @param {Mark[]} marks */
  #wrote(ids, marks) {
    for (const id of ids) (this.calls.sent.get(id) ?? this.calls.streams.get(id)?.call)?.wrote(marks)
    this.#owner.wrote(this, marks)
  }

  // What goes.

  #flush() {
    if (this.state === State.GONE) return
    const time = now()
    if (!this.#owner.connected(this)) return this.#arm(time, Infinity)
    if (!this.bound) {
      if (time >= this.#lease.helloDue) this.#say([[Tag.HELLO, this.#lease.hello(time), VERSION, ""]])
    } else {
      const frames = time < this.#lease.until ? [...this.fences.take(), ...this.calls.drain(time)] : []
      if (time >= this.#lease.probeDue) frames.push(...this.#probe(this.#lease.probe(time)))
      if (this.#asksWho) frames.push([Tag.HELLO, this.#lease.hello(time), VERSION, this.iid])
      this.#asksWho = false
      for (const batch of batches(frames)) this.#say(batch)
    }
    if (this.#lease.silent(time)) {
      if (this.#unheard) return this.#lose("its host does not know this client by a new connection")
      this.#owner.silent(this)
    }
    this.#arm(time, this.bound ? this.#lease.probeDue : this.#lease.helloDue)
  }

  /** What is asked of the host; it comes last, so that its lists are true at its place. @param {number} number @returns {Frame[]} */
  #probe(number) {
    if (this.state !== State.OPEN) return [...this.calls.resync(number), ...this.fences.again()]
    const { count, value } = this.calls.digest
    return [...this.calls.positions(), [Tag.KEEP_ALIVE, number, count, value, []], ...this.fences.again()]
  }

  /** @param {Frame[]} frames */
  #say(frames) {
    this.#owner.send(this, encodeEnvelope(this.#cid, this.gen, this.#last, frames, this.#proof))
  }

  /** Tells when what is held stops or begins to be provably fresh. */
  #notice() {
    const live = this.live
    if (live === this.#live) return
    this.#live = live
    this.#owner.turned(this)
    if (live) this.changed()
  }

  /** @param {number} time @param {number} asked When to ask again. */
  #arm(time, asked) {
    const due = Math.min(asked, this.#live ? this.#lease.until : Infinity)
    if (due === this.#due && this.#timer !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = due
    if (due === Infinity) return
    this.#timer = later(() => {
      this.#timer = undefined
      this.tick()
    }, due - time + 0.001)
  }
}

/** @param {[string, string, number]} fields @returns {Mark} */
const mark = ([service, iid, number]) => ({ service, iid, number })

/** @param {Uint8Array} one @param {Uint8Array} other */
const same = (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index])

/** Frames in groups that are not too large for a message. @param {Frame[]} frames */
function* batches(frames) {
  /** @type {Frame[]} */
  let batch = []
  let bytes = 0
  for (const frame of frames) {
    const size = sizeOf(frame)
    if (batch.length && bytes + size > BATCH) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(frame)
    bytes += size
  }
  if (batch.length) yield batch
}

/** @param {any} value @returns {number} At least so many bytes does it take, about. */
function sizeOf(value) {
  if (Array.isArray(value)) return value.reduce((sum, each) => sum + sizeOf(each), 3)
  return typeof value === "number" ? 9 : 5 + (value?.length ?? 0)
}
