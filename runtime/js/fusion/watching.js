/** Whoever watches: what a function reads, now and at each change, and how sure that is (W3, W5). */

import { attempt, now } from "./clock.js"
import { FusionError, Unavailable } from "./errors.js"
import { Made } from "./graph.js"
import { page } from "./page.js"
import { scope } from "./scope.js"

/** Seconds after an own command in which changes are taken for its own. */
const OWN = 1
/** Seconds until others' changes are asked for. */
const DELAY = 0.25
/** The same while nobody sees the page, for its tab is hidden. */
const HIDDEN = 30

/**
 * How sure what is shown is. loading: there is nothing yet. current: proven. updating: a newer value is on its way.
 * stale: nothing proves it at the moment. offline: there is no connection.
 *
 * @typedef {"loading" | "current" | "updating" | "stale" | "offline"} ShownState
 */

/** What there is to show. value: the last one that was known. @template T @typedef {{ value: T | undefined, error: unknown, state: ShownState }} Shown */

/** @type {Set<Watcher<any>>} */
const watchers = new Set()
let commands = 0
let ownUntil = -Infinity

page.onTurn.add(() => {
  for (const watcher of [...watchers]) watcher.turned()
})

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (!hidden()) for (const watcher of [...watchers]) watcher.hurry()
  })
}

function hidden() {
  return typeof document !== "undefined" && document.visibilityState === "hidden"
}

/**
 * A command of this page: what it changes is asked for without delay (W5). What only reads calls none (G40).
 *
 * @template T @param {string} name @param {() => Promise<T>} run
 */
export async function own(name, run) {
  if (scope().scope?.state === "computing") {
    throw new FusionError("command_in_compute", `${name} was called by what is watched or computed, which only reads: call it from outside of that`)
  }
  commands += 1
  try {
    return await run()
  } finally {
    commands -= 1
    ownUntil = now() + OWN
    for (const watcher of [...watchers]) watcher.hurry()
  }
}

/** What functions of the page have made is made again at once, of what hosts hold for it. */
export function recompute() {
  page.graph.remake("it is made again")
  for (const watcher of [...watchers]) watcher.again()
}

/**
 * Calls `render` with what the function returns: now, at each change, and whenever it is more or less sure.
 *
 * @template T
 * @param {() => Promise<T>} body Whatever it reads of services and computeds is watched.
 * @param {(shown: Shown<T>, made: Made | null) => void} render
 * @param {{ delay?: number }} [options] delay: seconds until others' changes are asked for; by default 0.25.
 * @returns {() => void} Stops it.
 */
export function watching(body, render, { delay = DELAY } = {}) {
  const watcher = new Watcher(body, render, delay)
  watchers.add(watcher)
  watcher.start()
  return () => {
    watchers.delete(watcher)
    watcher.stop()
  }
}

/** @template T */
class Watcher {
  /** @type {Shown<T>} */
  #shown = { value: undefined, error: undefined, state: "loading" }
  /** @type {Made | null} */
  #made = null
  /** @type {Made | null} Whose value is shown. */
  #current = null
  #stopped = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #body
  #render
  #delay

  /** @param {() => Promise<T>} body @param {(shown: Shown<T>, made: Made | null) => void} render @param {number} delay */
  constructor(body, render, delay) {
    this.#body = body
    this.#render = render
    this.#delay = delay
  }

  start() {
    this.#show(this.#shown)
    if (!this.#stopped) this.#make()
  }

  stop() {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#made?.invalidate("nobody watches it")
  }

  #make() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const made = new Made(page.graph, null, this.#body)
    this.#made = made
    made.settled.then(() => this.#settled(made))
  }

  /** @param {Made} made */
  #settled(made) {
    if (this.#stopped || made !== this.#made) return
    this.#current = made
    const failed = made.error !== undefined
    this.#show({
      value: failed ? this.#shown.value : made.value,
      error: made.error,
      state: made.state === "invalidated" ? "updating" : this.#state(),
    })
    made.onInvalidated(() => this.#invalidated(made))
  }

  /** @param {Made} made */
  #invalidated(made) {
    if (this.#stopped || made !== this.#made || this.#timer !== undefined) return
    if (this.#shown.state === "current") this.#show({ ...this.#shown, state: "updating" })
    const seconds = commands > 0 || now() < ownUntil ? 0 : Math.max(this.#delay, hidden() ? HIDDEN : 0)
    if (seconds > 0) this.#timer = setTimeout(() => this.#make(), seconds * 1000)
    else this.#make()
  }

  again() {
    this.#made?.invalidate("it is made again")
    this.hurry()
  }

  /** What waits for its delay is asked for now. */
  hurry() {
    if (this.#timer !== undefined) this.#make()
  }

  /** How sure what is shown is may have changed. */
  turned() {
    if (this.#stopped || this.#current === null) return
    const state = this.#state()
    if (state !== this.#shown.state) this.#show({ ...this.#shown, state })
  }

  /** @returns {ShownState} */
  #state() {
    const made = this.#current
    const blind = made?.error instanceof Unavailable
    if (made?.proven && !blind) return "current"
    if (!page.connected) return "offline"
    if (made?.optimistic) return "updating"
    return made?.state === "invalidated" && !blind ? "updating" : "stale"
  }

  /** @param {Shown<T>} shown */
  #show(shown) {
    this.#shown = shown
    attempt(() => this.#render(shown, this.#current))
  }
}

/**
 * What is shown at each change; whoever is slow gets the last one.
 *
 * @template T
 * @param {() => Promise<T>} body
 * @returns {AsyncGenerator<Shown<T>, void, void>}
 */
export async function* changesOf(body) {
  /** @type {Shown<T> | null} */
  let next = null
  /** @type {Made | null} */
  let last = null
  /** @type {() => void} */
  let wake = () => {}
  const stop = watching(body, (shown, made) => {
    if (made === last) return // only how sure it is has changed
    last = made
    next = shown
    wake()
  })
  try {
    for (;;) {
      if (next === null) await new Promise((resolve) => (wake = () => resolve(undefined)))
      const shown = /** @type {Shown<T> | null} */ (next)
      next = null
      if (shown !== null) yield shown
    }
  } finally {
    stop()
  }
}
