/** React, or Preact by its `preact/compat`: components that show what services say, and call commands. */

import { useMemo, useSyncExternalStore } from "react"

import { watch } from "./fusion.js"

/**
 * What a function returns, shown live: the component renders again at each change.
 *
 * It begins to ask when the component is there, not while it renders: renders that are thrown away (by suspense, by
 * strict mode) ask for nothing, and components that read the same ask once.
 *
 * @template T
 * @param {() => Promise<T>} body Whatever it reads of services and computeds is watched.
 * @param {readonly unknown[]} [deps] What the function depends on; with others it is another one, and begins anew.
 * @param {{ delay?: number }} [options] See `watch`.
 * @returns {import("./fusion/watching.js").Shown<T>}
 */
export function useComputed(body, deps = [], options = {}) {
  const store = useMemo(() => new Shows(body, options), deps)
  return useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot)
}

/**
 * A command, to be called by a component, which renders again when it begins and ends.
 *
 * @template {unknown[]} A, T
 * @param {(...args: A) => Promise<T>} command
 * @returns {{ run: (...args: A) => Promise<T | undefined>, running: boolean, error: unknown }} run: never rejects; its
 *   error is in `error`, until the next call.
 */
export function useCommand(command) {
  const store = useMemo(() => new Runs(command), [command])
  return useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot)
}

/** @template T */
class Shows {
  /** @type {import("./fusion/watching.js").Shown<T>} */
  #shown = { value: undefined, error: undefined, state: "loading" }

  /** @param {() => Promise<T>} body @param {{ delay?: number }} options */
  constructor(body, options) {
    this.snapshot = () => this.#shown
    /** @param {() => void} changed */
    this.subscribe = (changed) =>
      watch(
        body,
        (shown) => {
          if (shown.state === "loading") return // it was mounted again: what it has shown is no worse
          this.#shown = shown
          changed()
        },
        options,
      )
  }
}

/** @template {unknown[]} A, T */
class Runs {
  #running = 0
  /** @type {Set<() => void>} */
  #listeners = new Set()
  #shown

  /** @param {(...args: A) => Promise<T>} command */
  constructor(command) {
    const run = (/** @type {A} */ ...args) => this.#run(command, args)
    this.#shown = { run, running: false, error: /** @type {unknown} */ (undefined) }
    this.snapshot = () => this.#shown
    /** @param {() => void} changed */
    this.subscribe = (changed) => {
      this.#listeners.add(changed)
      return () => void this.#listeners.delete(changed)
    }
  }

  /** @param {(...args: A) => Promise<T>} command @param {A} args */
  async #run(command, args) {
    this.#running += 1
    this.#show(undefined)
    let error
    try {
      return await command(...args)
    } catch (problem) {
      error = problem
      return undefined
    } finally {
      this.#running -= 1
      this.#show(error)
    }
  }

  /** @param {unknown} error */
  #show(error) {
    this.#shown = { ...this.#shown, running: this.#running > 0, error }
    for (const changed of this.#listeners) changed()
  }
}
