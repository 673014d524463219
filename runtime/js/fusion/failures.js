/** Commands of this page that failed, for people to see, and to try again. */

import { attempt } from "./clock.js"

/** The newest so many are kept. */
const MOST = 20

/**
 * @typedef {object} Failed
 * @property {string} method `todos.add`.
 * @property {unknown[]} args
 * @property {unknown} error
 * @property {() => Promise<unknown>} again Calls it once more; it leaves the list.
 */

/** @type {readonly Failed[]} */
let list = []
/** @type {Set<(list: readonly Failed[]) => void>} */
const handlers = new Set()

/** @param {readonly Failed[]} now */
function set(now) {
  list = now
  for (const handler of [...handlers]) attempt(() => handler(list))
}

export const failures = {
  /** Those that nobody has dismissed, the newest last. */
  get list() {
    return list
  },

  /** Calls `handler` with the list, now and whenever it changes, until the returned function is called. @param {(list: readonly Failed[]) => void} handler */
  watch(handler) {
    handlers.add(handler)
    attempt(() => handler(list))
    return () => void handlers.delete(handler)
  },

  /** @param {Failed} failed */
  dismiss(failed) {
    if (list.includes(failed)) set(list.filter((each) => each !== failed))
  },
}

/** @param {string} method @param {unknown[]} args @param {unknown} error @param {() => Promise<unknown>} call */
export function tellFailure(method, args, error, call) {
  /** @type {Failed} */
  const failed = {
    method,
    args,
    error,
    again() {
      failures.dismiss(failed)
      return call()
    },
  }
  set([...list, failed].slice(-MOST))
}
