/** Replicas: what a host holds for this page, and tells it of (D3, D5, D6b, D16, D17). */

import { Asking, errorOf } from "./asking.js"
import { Cancelled, Unavailable } from "./errors.js"
import { Kind } from "./frames.js"
import { Computed } from "./graph.js"
import { contentId } from "./hashes.js"
import { LOST } from "./peer.js"
import { decode } from "./types.js"

/** Seconds that a host has for an answer, however long its readers wait. */
const LONGEST = 60

/** @typedef {import("./cache.js").Cache} Cache @typedef {import("./graph.js").Graph} Graph @typedef {import("./peer.js").Peer} Peer */
/** @typedef {import("./service.js").Method} Method @typedef {import("./frames.js").Ending} Ending */

export class Replica extends Computed {
  /** Its session is over, and it is not known whether another host has the same (D16). */
  adrift = false
  /** @type {Uint8Array | null} The bytes of the value, for that question. */
  payload = null

  /** @type {Held | null} */
  call = null

  /** @param {Graph} graph @param {string} key @param {Peer} peer @param {Method} method @param {Uint8Array} args */
  constructor(graph, key, peer, method, args) {
    super(graph, key)
    this.peer = peer
    this.method = method
    this.args = args
    if (peer.cache) peer.cache.ready.then(() => this.#remember(/** @type {Cache} */ (peer.cache)))
    else this.#ask(new Held(this))
  }

  /** @param {Held} call */
  #ask(call) {
    this.call = call
    this.peer.ask(call)
  }

  /** Begins with the last known value, if there is one (W7). @param {Cache} cache */
  #remember(cache) {
    if (this.state !== "computing") return
    const key = cache.key(this.method, this.args)
    const payload = cache.take(key)
    if (payload === undefined || !this.#decoded(payload)) return this.#ask(new Held(this))
    this.adrift = this.tentative = true
    this.payload = payload
    this.#ask(new Matching(this, contentId(payload)))
  }

  get proven() {
    if (this.state !== "consistent" || this.adrift || !this.call?.session) return false
    const { session, id } = this.call
    return session.live && !session.calls.suspended.has(id)
  }

  /** @param {Uint8Array} payload @param {boolean} held */
  arrived(payload, held) {
    let value
    try {
      value = decode(this.method.result, payload)
    } catch (error) {
      return this.fail(error, held)
    }
    this.payload = payload
    const { cache } = this.peer
    cache?.keep(cache.key(this.method, this.args), payload)
    this.complete(value)
    if (!held) this.invalidate("no host holds it")
  }

  /** Whether what was kept can be read; if so, it is the value. @param {Uint8Array} payload */
  #decoded(payload) {
    try {
      this.complete(decode(this.method.result, payload))
      return true
    } catch {
      return false // of an older form: it is asked for anew
    }
  }

  /** Nobody holds it for us any more: another host may have the same. */
  lost() {
    if (this.payload === null || !this.wanted) return this.invalidate(LOST)
    this.adrift = true
    this.#ask(new Matching(this, contentId(this.payload)))
  }

  matched() {
    this.adrift = this.tentative = false
  }

  /** Nobody needs it any more (D17). */
  left() {
    if (this.call) this.peer.release(this.call)
  }

  /** Nobody waits for it: its host stops (D19). */
  abandon() {
    this.left()
    this.fail(new Cancelled(this.method.name), false)
  }
}

/** The call behind a replica. */
class Held extends Asking {
  /** @param {Replica} replica */
  constructor(replica) {
    super(replica.peer, replica.method, replica.args, Kind.COMPUTE, LONGEST)
    this.replica = replica
  }

  /** @param {Uint8Array} payload @param {boolean} held */
  completed(payload, held) {
    this.#came(held)
    this.replica.arrived(payload, held)
  }

  /** @param {Ending} failure @param {boolean} held */
  failed(failure, held) {
    this.#came(held)
    this.replica.fail(errorOf(this.declared, failure, this.timeout), held)
  }

  /** @param {boolean} held */
  #came(held) {
    this.replica.unfenced = held && this.session !== null && this.session.fences.waiting
  }

  /** @param {import("./errors.js").FusionError} error */
  fail(error) {
    this.replica.fail(error, false)
  }

  /** @param {string} reason */
  invalidated(reason) {
    if (reason === LOST && this.replica.state === "consistent") this.replica.lost()
    else this.replica.invalidate(reason)
  }

  turned() {
    this.peer.turned()
  }
}

/** Asks another host whether it has the same. */
class Matching extends Held {
  /** @param {Replica} replica @param {string} content */
  constructor(replica, content) {
    super(replica)
    this.operation = content
  }

  /** @param {Uint8Array} payload @param {boolean} held */
  completed(payload, held) {
    if (payload.length > 0 || !held) return this.replica.invalidate("it changed meanwhile")
    this.replica.matched()
    this.peer.turned()
  }

  /** @param {Ending} failure */
  failed(failure) {
    this.replica.invalidate(failure.code)
  }

  /** @param {import("./errors.js").FusionError} error */
  fail(error) {
    if (error instanceof Unavailable && this.replica.wanted) this.replica.peer.later(() => this.#again())
    else this.replica.invalidate(error.code)
  }

  #again() {
    if (this.replica.state === "consistent") this.replica.lost()
  }
}
