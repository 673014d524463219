/**
 * What is shown before its command has ended (W6): never current, never sent, never kept.
 *
 * A patched value stands over the replica for what is watched, and for nothing else: whoever reads outside of `watch`
 * gets what is proven. It ends with its command; what the host says then takes its place, or what was there before.
 */

import { Computed } from "./graph.js"
import { page } from "./page.js"

/** @typedef {(value: any) => any} Change */

/** One patch. over: its command succeeded: it stays in the picture until nothing over the same replica is pending. */
/** @typedef {{ change: Change, over: boolean }} Patch */

/** @type {Map<string, Overlay>} By the key of what they stand over. */
const overlays = new Map()

/** All patches over one replica. */
class Overlay {
  /** @type {Patch[]} */
  patches = []
  /** @type {Patched | null} */
  shown = null

  /** @param {string} key @param {Computed} base */
  constructor(key, base) {
    this.key = key
    this.base = base
    this.value = base.value
  }

  /** What is shown has changed. */
  changed() {
    const before = this.shown
    const pending = this.patches.some((patch) => !patch.over)
    if (pending) {
      const value = this.patches.reduce((shown, { change }) => change(shown), this.value)
      this.shown = new Patched(page.graph, value)
      overlays.set(this.key, this)
    } else overlays.delete(this.key)
    if (before) before.invalidate("an optimistic value is over")
    else for (const each of [...this.base.usedBy]) each.invalidate("an optimistic value stands over it")
  }
}

/** A value that nobody has confirmed. */
class Patched extends Computed {
  /** @param {import("./graph.js").Graph} graph @param {unknown} value */
  constructor(graph, value) {
    super(graph, null)
    this.tentative = true
    this.complete(value)
  }

  get proven() {
    return false
  }

  get optimistic() {
    return true
  }
}

/** What stands over a key, for what is watched. @param {string} key */
export const overlay = (key) => overlays.get(key)?.shown

/**
 * Puts a change over what is there; nothing, if nothing is.
 *
 * @param {string} key
 * @param {Change} change
 * @returns {(succeeded: boolean) => void} Says that its command has ended.
 */
export function lay(key, change) {
  const base = page.graph.find(key)
  const over = overlays.get(key) ?? (base?.state === "consistent" && base.error === undefined ? new Overlay(key, base) : null)
  if (over === null) return () => {}
  /** @type {Patch} */
  const patch = { change, over: false }
  over.patches.push(patch)
  over.changed()
  return (succeeded) => {
    if (succeeded) patch.over = true
    else over.patches.splice(over.patches.indexOf(patch), 1)
    over.changed()
  }
}
