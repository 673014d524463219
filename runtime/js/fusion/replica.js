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

/** @typedef {import("./graph.js").Graph} Graph @typedef {import("./peer.js").Peer} Peer */
/** @typedef {import("./service.js").Method} Method @typedef {import("./frames.js").Ending} Ending */

export class Replica extends Computed {
  /** Its session is over, and it is not known whether another host has the same (D16). */
  adrift = false
  /** @type {Uint8Array | null} The bytes of the value, for that question. */
  payload = null

  /** @param {Graph} graph @param {string} key @param {Peer} peer @param {Method} method @param {Uint8Array} args */
  constructor(graph, key, peer, method, args) {
    super(graph, key)
    this.peer = peer
    this.method = method
    this.args = args
    this.call = new Held(this)
    peer.ask(this.call)
  }

  get proven() {
    const { session, id } = this.call
    if (this.state !== "consistent" || this.adrift || session === null) return false
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
    this.complete(value)
    if (!held) this.invalidate("no host holds it")
  }

  /** Nobody holds it for us any more: another host may have the same. */
  lost() {
    if (this.payload === null || !this.wanted) return this.invalidate(LOST)
    this.adrift = true
    this.call = new Matching(this, contentId(this.payload))
    this.peer.ask(this.call)
  }

  matched() {
    this.adrift = false
  }

  /** Nobody needs it any more (D17). */
  left() {
    this.peer.release(this.call)
  }

  /** Nobody waits for it: its host stops (D19). */
  abandon() {
    this.peer.release(this.call)
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
    this.replica.arrived(payload, held)
  }

  /** @param {Ending} failure @param {boolean} held */
  failed(failure, held) {
    this.replica.fail(errorOf(this.declared, failure, this.timeout), held)
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
