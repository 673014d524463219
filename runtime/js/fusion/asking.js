/** Calls as promises: with a deadline, cancelled by a signal, their errors by code. */

import { now } from "./clock.js"
import { ArgumentError, CallTimeout, Cancelled, DeclaredError, OutcomeUnknown, Overloaded, RemoteError, Unavailable } from "./errors.js"
import { Kind } from "./frames.js"
import { Reader } from "./msgpack.js"
import { any } from "./types.js"

/** How often a result may be stale before its caller takes what comes (D23). */
const TRIES = 3
/** @type {[string, string][]} */
const ANYWAY = [["fusion-anyway", ""]]
/** @type {[string, string][]} */
const NO_HEADERS = []

/** @typedef {import("./peer.js").Peer} Peer @typedef {import("./peer.js").Asked} Asked */
/** @typedef {import("./frames.js").Ending} Ending @typedef {import("./frames.js").Mark} Mark */
/** @typedef {import("./service.js").Method} Method */

/**
 * The base of whatever is asked: what it is told and does not care for, it passes over.
 *
 * @implements {Asked}
 */
export class Asking {
  id = 0
  lost = 0
  operation = ""
  headers = NO_HEADERS
  /** @type {import("./session.js").Session | null} */
  session = null
  #stale = 0

  /** @param {Peer} peer @param {Method} method @param {Uint8Array} args @param {number} kind @param {number} timeout Seconds. */
  constructor(peer, method, args, kind, timeout) {
    this.peer = peer
    this.declared = method
    this.kind = kind
    this.method = method.id
    this.arguments = args
    this.timeout = timeout
    this.deadline = now() + timeout
    this.single = kind === Kind.STREAM && method.kind !== Kind.STREAM
    this.repeats = kind === Kind.COMPUTE || method.idempotent
  }

  /** @param {Uint8Array} payload @param {boolean} held */
  completed(payload, held) {
    void payload, held
  }

  /** @param {Ending} failure @param {boolean} held */
  failed(failure, held) {
    void held
    this.fail(errorOf(this.declared, failure, this.timeout))
  }

  /** @param {import("./errors.js").FusionError} error */
  fail(error) {
    void error
  }

  /** @param {string} reason */
  invalidated(reason) {
    void reason
  }

  turned() {}

  /** @param {boolean} mayHaveRun */
  again(mayHaveRun) {
    this.#stale += 1
    if (this.kind === Kind.COMPUTE && this.#stale === TRIES) this.headers = ANYWAY
    this.peer.again(this, mayHaveRun)
  }

  /** @param {Uint8Array[]} payloads */
  items(payloads) {
    void payloads
  }

  /** @param {Ending | null} failure */
  ended(failure) {
    this.failed(failure ?? { code: "bad_answer", message: "its host answered with a stream", data: new Uint8Array() }, false)
  }

  /** @param {import("./streams.js").Outflow | null} flow */
  wanted(flow) {
    flow?.end(["bad_request", "its caller sends no items: update it", new Uint8Array()])
  }

  /** @param {Mark[]} marks */
  wrote(marks) {
    void marks
  }
}

/** A call whose answer is awaited. */
export class Answered extends Asking {
  /** @type {(payload: Uint8Array) => void} */
  #resolve = () => {}
  /** @type {(error: unknown) => void} */
  #reject = () => {}
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** @type {Promise<Uint8Array>} */
  answer = new Promise((resolve, reject) => {
    this.#resolve = resolve
    this.#reject = reject
  })

  /** Makes the call. @param {AbortSignal} [signal] Whoever aborts it cancels the call on its host (D19). */
  send(signal) {
    const { name } = this.declared
    if (signal?.aborted) {
      this.fail(new Cancelled(name))
      return this.answer
    }
    const abort = () => this.#giveUp(new Cancelled(name))
    signal?.addEventListener("abort", abort, { once: true })
    if (this.timeout < Infinity) {
      this.#timer = setTimeout(() => this.#giveUp(new CallTimeout(name, this.timeout)), this.timeout * 1000)
    }
    const done = () => {
      clearTimeout(this.#timer)
      signal?.removeEventListener("abort", abort)
    }
    this.answer.then(done, done)
    this.peer.ask(this)
    return this.answer
  }

  /** @param {import("./errors.js").FusionError} error */
  #giveUp(error) {
    this.peer.release(this)
    this.fail(error)
  }

  /** @param {Uint8Array} payload @param {boolean} held */
  completed(payload, held) {
    if (held) this.peer.release(this)
    this.#resolve(payload)
  }

  /** @param {import("./errors.js").FusionError} error */
  fail(error) {
    this.#reject(error)
  }
}

/**
 * What a client raises for a failure.
 *
 * @param {Method} method @param {Ending} failure @param {number} timeout
 */
export function errorOf(method, failure, timeout) {
  const { code, message } = failure
  const { name, service } = method
  switch (code) {
    case "declared": return declaredOf(method, failure)
    case "bad_arguments": return new ArgumentError(name, message)
    case "arguments_too_large": return new ArgumentError(name, message)
    case "timeout": return new CallTimeout(name, timeout)
    case "overloaded": return new Overloaded(name, retryAfter(failure.data))
    case "unavailable": return new Unavailable(service.name, `it depends on ${message}`, true)
    case "stream_lost": return new Unavailable(service.name, message, true)
    case "moved": return new Unavailable(service.name, `${message}, and no host was found`)
    case "outcome_unknown": return new OutcomeUnknown(service.name, `it depends on ${message}`)
    case "lease_lost": return new OutcomeUnknown(service.name, `${message}; it may have run`)
    case "internal": return new RemoteError(code, `${name}: ${message}`, message.slice(message.lastIndexOf(" ") + 1))
    default: return new RemoteError(code, `${name}: ${message}`)
  }
}

/** @param {Method} method @param {Ending} failure */
function declaredOf(method, failure) {
  try {
    const reader = new Reader(failure.data)
    const length = reader.array()
    const type = reader.str()
    const declared = method.service.raises[type]
    if (declared && length > 1) return declared.read(type, failure.message, reader)
    return new DeclaredError(type, failure.message, {})
  } catch {
    return new RemoteError("declared", `${method.name}: ${failure.message}`)
  }
}

/** @param {Uint8Array} data Seconds. */
function retryAfter(data) {
  try {
    return Number(any.read(new Reader(data))[0])
  } catch {
    return 1
  }
}
