/** Reading what is cached: from the graph if that is proven, else from a host (D6, D7). */

import { CallTimeout, Cancelled, Unavailable } from "./errors.js"
import { track } from "./graph.js"
import { page } from "./page.js"
import { inScope, scope, Tracked } from "./scope.js"

/** Seconds that a strict read waits for the proof of what is there. */
const PROOF = 4

/** @typedef {import("./graph.js").Computed} Computed */

/**
 * @typedef {object} ReadOptions
 * @property {number} timeout Seconds.
 * @property {AbortSignal} [signal]
 * @property {boolean} [stale_ok] Whether to take what is not proven at the moment.
 */

/**
 * The value of a computed; it is proven when this returns.
 *
 * @param {() => Computed} find Finds it, or makes it anew.
 * @param {string} name
 * @param {ReadOptions} options
 * @returns {Promise<any>}
 */
export function read(find, name, options) {
  const { scope: reader } = scope()
  const next = () => {
    const computed = find()
    track(computed)
    return computed
  }
  const first = next()
  const value = readOn(first, () => inScope(reader, next), name, options, reader !== null)
  return new Tracked((resolve, reject) => value.then(resolve, reject))
}

/**
 * @param {Computed} computed
 * @param {() => Computed} next
 * @param {string} name
 * @param {ReadOptions} options
 * @param {boolean} shown Whether it is for what is watched, which may be tentative (W6, W7).
 */
async function readOn(computed, next, name, options, shown) {
  const { timeout, signal } = options
  const late = timeout === Infinity ? null : new Deadline(timeout, () => new CallTimeout(name, timeout))
  const abort = signal ? new Aborted(signal, name) : null
  try {
    for (let again = false; ; ) {
      await waiting(computed, [computed.settled, late?.over, abort?.over])
      if (computed.state === "invalidated" && computed.unfenced && !again) {
        again = true // it may be older than what this page changed before it was asked for (D15)
        computed = next()
        continue
      }
      if (computed.error !== undefined) throw computed.error
      if (computed.state === "invalidated" || computed.proven || options.stale_ok) return computed.value
      if (shown && computed.shownEarly) return computed.value
      await proof(computed, name, [late?.over, abort?.over])
      if (computed.proven) return computed.value
      computed = next()
    }
  } finally {
    late?.close()
    abort?.close()
  }
}

/** Whoever leaves last stops what is computed for nobody (G19). @param {Computed} computed @param {unknown[]} ends */
async function waiting(computed, ends) {
  computed.waiting += 1
  try {
    await Promise.race(ends.filter(Boolean))
  } finally {
    computed.waiting -= 1
    if (computed.state === "computing" && computed.waiting === 0 && !computed.wanted) computed.abandon()
  }
}

/** Returns when it is proven, or was invalidated. @param {Computed} computed @param {string} name @param {unknown[]} ends */
async function proof(computed, name, ends) {
  /** @type {() => void} */
  let done = () => {}
  const over = new Promise((resolve) => {
    done = () => resolve(undefined)
  })
  const look = () => (computed.proven || computed.state === "invalidated") && done()
  const unhear = computed.onInvalidated(done)
  page.onTurn.add(look)
  const service = name.split(".")[0] ?? name
  const late = new Deadline(PROOF, () => page.outage() ?? new Unavailable(service, "nothing proves it at the moment"))
  try {
    look()
    await Promise.race([over, late.over, ...ends.filter(Boolean)])
  } finally {
    late.close()
    unhear()
    page.onTurn.delete(look)
  }
}

/** A promise that fails after so long. */
class Deadline {
  #timer

  /** @param {number} seconds @param {() => Error} error */
  constructor(seconds, error) {
    /** @type {(error: Error) => void} */
    let fail = () => {}
    /** @type {Promise<never>} */
    this.over = new Promise((_, reject) => {
      fail = reject
    })
    this.over.catch(() => {}) // it may be late when nobody races with it
    this.#timer = setTimeout(() => fail(error()), seconds * 1000)
  }

  close() {
    clearTimeout(this.#timer)
  }
}

/** A promise that fails when a signal says so. */
class Aborted {
  #signal
  #abort = () => {}

  /** @param {AbortSignal} signal @param {string} name */
  constructor(signal, name) {
    this.#signal = signal
    /** @type {Promise<never>} */
    this.over = new Promise((_, reject) => {
      this.#abort = () => reject(new Cancelled(name))
    })
    this.over.catch(() => {})
    if (signal.aborted) this.#abort()
    else signal.addEventListener("abort", this.#abort, { once: true })
  }

  close() {
    this.#signal.removeEventListener("abort", this.#abort)
  }
}
