/** Time in seconds, which goes on while the machine sleeps, and never back. */

/** A timer that keeps no process of Node alive. @param {() => void} run @param {number} seconds */
export function later(run, seconds) {
  /** @type {any} */
  const timer = setTimeout(run, Math.max(0, seconds * 1000))
  timer.unref?.()
  return timer
}

/** Calls what is somebody else's: an error of it is told, and stops nobody. @param {() => void} run */
export function attempt(run) {
  try {
    run()
  } catch (error) {
    if (typeof reportError === "function") reportError(error)
    else console.error(error)
  }
}

/** @type {(() => void)[]} */
const waiting = []
/** Of Node. @type {((run: () => void) => void) | undefined} */
const setImmediate = Reflect.get(globalThis, "setImmediate")
const channel = setImmediate === undefined ? new MessageChannel() : null
if (channel) channel.port1.onmessage = runWaiting

function runWaiting() {
  for (const run of waiting.splice(0)) attempt(run)
}

/**
 * When what runs now, and all that it wakes, has had its turn: what is said in one turn travels in one message. Timers
 * would do it later, and those of a hidden page much later.
 *
 * @param {() => void} run
 */
export function soon(run) {
  waiting.push(run)
  if (waiting.length > 1) return
  if (channel) channel.port2.postMessage(null)
  else setImmediate?.(runWaiting)
}

let last = Date.now()
let total = 0
let steady = performance.now()

/**
 * The time that went by since this module was loaded. A page's own clock may stand still in a
 * suspended machine, and a wall clock may be set back: of both, the one that went farther counts.
 */
export function now() {
  const wall = Date.now()
  const here = performance.now()
  total += Math.max(wall - last, here - steady, 0)
  last = wall
  steady = here
  return total / 1000
}
