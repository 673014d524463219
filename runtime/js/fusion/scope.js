/**
 * Which computed a call belongs to.
 *
 * JavaScript loses who is running at each `await`. Calls of this runtime give it back: what goes on
 * after `await` of one of them runs in the scope that made it. After any other `await` (of `fetch`, of
 * `Promise.all`) nobody knows; then a call counts for every computed that is being made at that
 * moment. One may be made anew once too often for that, and never once too seldom.
 */

/** @typedef {import("./graph.js").Computed} Computed */

/** @type {Computed | null} */
let current = null
/** @type {Set<Computed>} Those whose functions run. */
const running = new Set()

/** Whose call this is: one, if that is known. @returns {{ scope: Computed | null, perhaps: Iterable<Computed> }} */
export function scope() {
  return { scope: current, perhaps: current ? [] : running }
}

/** @template T @param {Computed | null} computed @param {() => T} run @returns {T} */
export function inScope(computed, run) {
  const outer = current
  current = computed
  try {
    return run()
  } finally {
    current = outer
  }
}

/** Runs a computed's function, to its end. @template T @param {Computed} computed @param {() => Promise<T>} body */
export async function runBody(computed, body) {
  running.add(computed)
  try {
    return await inScope(computed, body)
  } finally {
    running.delete(computed)
  }
}

/** A promise after which its awaiter's scope is what it was. @template T @extends {Promise<T>} */
export class Tracked extends Promise {
  /** @type {Computed | null} */
  scope = current

  /** What is made from it is an ordinary promise. */
  static get [Symbol.species]() {
    return Promise
  }

  /**
   * @template A, B
   * @param {((value: T) => A | PromiseLike<A>) | null} [fulfilled]
   * @param {((error: any) => B | PromiseLike<B>) | null} [rejected]
   * @returns {Promise<A | B>}
   */
  then(fulfilled, rejected) {
    const { scope: computed } = this
    if (computed === null) return super.then(fulfilled, rejected)
    return super.then(fulfilled && within(computed, fulfilled), rejected && within(computed, rejected))
  }
}

/**
 * A handler that runs in a scope, and so does the awaiting function that it wakes: that is the one job
 * between the two that are queued here around it.
 *
 * @template V, R
 * @param {Computed} computed
 * @param {(value: V) => R} handler
 */
const within = (computed, handler) => (/** @type {V} */ value) => {
  queueMicrotask(() => {
    current = computed
  })
  try {
    return inScope(computed, () => handler(value))
  } finally {
    queueMicrotask(() => {
      current = null
    })
  }
}
