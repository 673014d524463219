/** The page's graph: computeds, what was made from what, invalidation. */

import { attempt, later, now } from "./clock.js"
import { FusionError, Overloaded } from "./errors.js"
import { runBody, scope } from "./scope.js"

/** Seconds that a result is kept which nobody uses (D25). */
const KEPT = 60
/** Seconds from one look for such results to the next. */
const SWEEP = 15
/** Results that are kept, at most, if nobody uses them. */
const MOST = 10_000
/** Where more than those are used, so many times as many until it is looked again what may go. */
const GROWN = 1.1
/** Seconds that a failure is served which nobody will invalidate. */
const UNPROVEN = 1
/** How much longer than that it may be, so that pages which were refused together do not come back together. */
const SPREAD = 0.5
/** Seconds after which it is tried again, whatever a host says. */
const LONGEST = 3600

/** @typedef {"computing" | "consistent" | "invalidated"} State */

/** One result of one call, or of one function (G1, G2): computing, consistent, invalidated, never back. */
export class Computed {
  /** @type {State} */
  state = "computing"
  /** @type {any} */
  value = undefined
  /** @type {any} */
  error = undefined
  /** Why it was invalidated. */
  reason = ""
  usedAt = now()
  /** How many calls wait for it. */
  waiting = 0
  /** Whether it is shown before anybody has confirmed it. */
  tentative = false
  /** Whether it came before its host had said that it reflects what this page has changed (D15). */
  unfenced = false
  /** @type {Set<Computed>} What this was made from. */
  uses = new Set()
  /** @type {Set<Computed>} What it may have been made from; see `scope.js`. */
  perhaps = new Set()
  /** @type {Set<Computed>} */
  usedBy = new Set()
  /** @type {Set<() => void>} */
  #handlers = new Set()
  #flagged = false
  /** @type {() => void} */
  #settle = () => {}
  /** Done when there is a value or an error. @type {Promise<void>} */
  settled = new Promise((resolve) => {
    this.#settle = resolve
  })

  /** @param {Graph} graph @param {string | null} key What it is found by; null: it is its maker's alone. */
  constructor(graph, key) {
    this.graph = graph
    this.key = key
    if (key !== null) graph.add(key, this)
  }

  /** Whether it may still be read, and is provably fresh. */
  get proven() {
    if (this.state !== "consistent") return false
    for (const each of this.uses) if (!each.proven) return false
    for (const each of this.perhaps) if (!each.proven) return false
    return true
  }

  /** Whether something in it is not confirmed by a host yet (W6). @type {boolean} */
  get optimistic() {
    return this.#some((each) => each.optimistic)
  }

  /** Whether something in it may be shown before it is proven: it is optimistic, or the last known value (W6, W7). @type {boolean} */
  get shownEarly() {
    return this.tentative || this.#some((each) => each.shownEarly)
  }

  /** @param {(each: Computed) => boolean} is */
  #some(is) {
    for (const each of this.uses) if (is(each)) return true
    for (const each of this.perhaps) if (is(each)) return true
    return false
  }

  /** Whether somebody waits for its news. */
  get wanted() {
    return this.usedBy.size > 0 || this.#handlers.size > 0
  }

  /** @param {any} value */
  complete(value) {
    this.value = value
    this.#done()
  }

  /** @param {any} error @param {boolean} held Whether a host will tell when it is over; else it is soon. */
  fail(error, held) {
    this.error = error
    this.#done()
    if (!held) this.graph.failing(this)
  }

  #done() {
    if (this.state === "computing") this.state = "consistent"
    this.#settle()
    if (this.#flagged) this.invalidate(this.reason)
  }

  /** Calls `handler` once, when it is invalidated; at once if it is. @param {() => void} handler */
  onInvalidated(handler) {
    if (this.state === "invalidated") handler()
    else this.#handlers.add(handler)
    return () => void this.#handlers.delete(handler)
  }

  /** It is stale, and so is all that was made from it (G7): first all are marked, then handlers are told (G15b). @param {string} reason */
  invalidate(reason) {
    /** @type {Computed[]} */
    const marked = []
    /** @type {Computed[]} */
    const left = [this]
    for (let next = left.pop(); next; next = left.pop()) {
      left.push(...next.usedBy)
      if (next.#mark(reason)) marked.push(next)
    }
    for (const each of marked) each.#tell()
  }

  /** @param {string} reason Whether it is invalidated now: what still computes is when that ends (G5). */
  #mark(reason) {
    if (this.state === "invalidated") return false
    this.reason ||= reason
    if (this.key !== null) this.graph.remove(this.key, this)
    if (this.state === "computing") {
      this.#flagged = true
      return false
    }
    this.state = "invalidated"
    for (const each of this.uses) each.usedBy.delete(this)
    for (const each of this.perhaps) each.usedBy.delete(this)
    this.uses.clear()
    this.perhaps.clear()
    return true
  }

  #tell() {
    this.left()
    const handlers = [...this.#handlers]
    this.#handlers.clear()
    for (const handler of handlers) attempt(handler) // G15
  }

  /** It was invalidated. */
  left() {}

  /** Nobody waits for it any more. */
  abandon() {}
}

/** Made by a function of the page. */
export class Made extends Computed {
  /** @param {Graph} graph @param {string | null} key @param {() => Promise<any>} body */
  constructor(graph, key, body) {
    super(graph, key)
    runBody(this, async () => body()).then(
      (value) => this.complete(value),
      (error) => this.fail(error, this.uses.size + this.perhaps.size > 0 && !(error instanceof FusionError)),
    )
  }
}

/** All that is cached, by its key. */
export class Graph {
  /** @type {Map<string, Computed>} */
  #found = new Map()
  /** @type {Set<Computed>} */
  #failing = new Set()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** How many there may be until it is looked what may go. */
  #room = MOST

  get size() {
    return this.#found.size
  }

  /** @param {string} key */
  find(key) {
    return this.#found.get(key)
  }

  /** @param {string} key @param {Computed} computed */
  add(key, computed) {
    this.#found.set(key, computed)
    if (this.#found.size > this.#room) {
      this.#sweep(0)
      this.#room = Math.max(MOST, this.#found.size * GROWN)
    }
    this.#timer ??= later(() => this.#swept(), SWEEP)
  }

  /** @param {string} key @param {Computed} computed */
  remove(key, computed) {
    if (this.#found.get(key) === computed) this.#found.delete(key)
  }

  /** A failure that nobody will invalidate: it is found no more, and soon over. @param {Computed} computed */
  failing(computed) {
    if (computed.key !== null) this.remove(computed.key, computed)
    this.#failing.add(computed)
    later(() => this.#retry(computed), served(computed.error))
  }

  /** @param {Computed} computed */
  #retry(computed) {
    if (this.#failing.delete(computed)) computed.invalidate("it is tried again")
  }

  /** What failed is tried again at once, for the reason may be gone. */
  retry() {
    for (const computed of [...this.#failing]) this.#retry(computed)
  }

  /** All results, for they are somebody else's. @param {string} reason */
  clear(reason) {
    for (const computed of [...this.#found.values()]) computed.invalidate(reason)
  }

  /** What functions of the page have made. @param {string} reason */
  remake(reason) {
    for (const computed of [...this.#found.values()]) if (computed instanceof Made) computed.invalidate(reason)
  }

  #swept() {
    this.#timer = undefined
    this.#room = MOST
    this.#sweep(KEPT)
    if (this.#found.size) this.#timer = later(() => this.#swept(), SWEEP)
  }

  /** @param {number} seconds Lets go of what nobody has used for so long. */
  #sweep(seconds) {
    const oldest = now() - seconds
    for (const computed of [...this.#found.values()]) {
      if (seconds === 0 && this.#found.size <= MOST) break
      if (!computed.wanted && computed.usedAt <= oldest && computed.state === "consistent") {
        computed.invalidate("nobody used it")
      }
    }
  }
}

/**
 * Whoever reads it is made from it, from now on (G10, G12).
 *
 * @param {Computed} computed
 */
export function track(computed) {
  const { scope: reader, perhaps } = scope()
  computed.usedAt = now()
  if (reader !== null) {
    if (reader === computed || (computed.state === "computing" && reaches(computed, reader))) {
      throw new FusionError("cycle", `${computed.key ?? "a function"} is made from itself: break the circle`)
    }
    edge(reader, computed, reader.uses)
  }
  for (const each of perhaps) if (each !== computed) edge(each, computed, each.perhaps)
}

/** @param {Computed} reader @param {Computed} computed @param {Set<Computed>} edges */
function edge(reader, computed, edges) {
  if (reader.state !== "computing") return // it ended: a call after that is nobody's (G11)
  if (computed.state === "invalidated") reader.invalidate(computed.reason)
  else {
    edges.add(computed)
    computed.usedBy.add(reader)
  }
}

/** @param {Computed} from @param {Computed} to */
function reaches(from, to) {
  const seen = new Set([from])
  for (const each of seen) {
    if (each === to) return true
    for (const used of each.uses) seen.add(used)
  }
  return false
}

/** @param {any} error Seconds for which it is served: as long as its host asked for, at least (D27, G22). */
function served(error) {
  const asked = error instanceof Overloaded && error.retryAfter > UNPROVEN ? error.retryAfter : UNPROVEN
  return Math.min(asked, LONGEST) * (1 + SPREAD * Math.random())
}
