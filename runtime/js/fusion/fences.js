/** Fences: what this client knows to have changed, its hosts reflect before they answer (D15). */

import { Tag } from "./frames.js"

/** Hosts that a fence is passed on by. */
const HOPS = 8
/** Fences without an answer; what comes meanwhile waits for one of them, as one. */
const UNDER_WAY = 16

/** @typedef {import("./frames.js").Mark} Mark @typedef {import("./frames.js").Frame} Frame */

/** Those of one session. */
export class Fences {
  #number = 0
  /** @type {Map<string, Mark>} What is to be sent. */
  #new = new Map()
  /** @type {Map<number, Frame>} */
  #unanswered = new Map()
  /** @type {(() => void)[]} */
  #passed = []

  /** Whether reads wait. */
  get waiting() {
    return this.#new.size > 0 || this.#unanswered.size > 0
  }

  /** @param {Mark[]} marks */
  ask(marks) {
    for (const mark of marks) {
      const name = `${mark.service} ${mark.iid}`
      if (mark.number > (this.#new.get(name)?.number ?? -1)) this.#new.set(name, mark)
    }
  }

  /** What is to be sent. @returns {Frame[]} */
  take() {
    if (this.#new.size === 0 || this.#unanswered.size >= UNDER_WAY) return []
    this.#number += 1
    const marks = Array.from(this.#new.values(), ({ service, iid, number }) => [service, iid, number])
    /** @type {Frame} */
    const fence = [Tag.FENCE, this.#number, marks, HOPS]
    this.#new.clear()
    this.#unanswered.set(this.#number, fence)
    return [fence]
  }

  /** Those without an answer, in case they were lost on the way. */
  again() {
    return [...this.#unanswered.values()]
  }

  /** @param {number} number */
  answered(number) {
    this.#unanswered.delete(number)
    if (!this.waiting) this.end()
  }

  /** Returns when there is nothing to wait for. @returns {Promise<void> | null} */
  passed() {
    return this.waiting ? new Promise((resolve) => this.#passed.push(resolve)) : null
  }

  /** Nothing is held any more. */
  end() {
    this.#new.clear()
    this.#unanswered.clear()
    for (const go of this.#passed.splice(0)) go()
  }
}
