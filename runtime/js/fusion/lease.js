/** How long a client may trust what it was told (D6), and when to ask again (D9, D14). */

/** Seconds; both ends agree on them (`wire/limits.py`). */
export const Timing = Object.freeze({ keepAlive: 2, lease: 6, session: 10, probe: 1, hello: 1 })

/** Seconds: the least and the most that is waited for an answer before another connection is tried. */
const PATIENCE = /** @type {const} */ ([2, 8])

/**
 * Runs from the *sending* of the last question that was answered (D6). Questions (hello, keep-alive,
 * resync) share one count; an answer repeats its question's number.
 */
export class Lease {
  /** Of the last question. */
  number = 0
  /** When to ask for a host, if there is a doubt. */
  helloDue
  /** When to ask the host. */
  probeDue = Infinity
  /** Until when what is held is proven. */
  until = -Infinity
  /** When the oldest question without an answer was sent. */
  unanswered = Infinity
  /** Seconds without an answer after which the connection is taken to lead nowhere. @type {number} */
  patience = PATIENCE[0]
  /** @type {Map<number, number>} */
  #asked = new Map()

  /** @param {number} now */
  constructor(now) {
    this.helloDue = now
  }

  /** @param {number} now The number of a hello that is sent now. */
  hello(now) {
    this.helloDue = now + Timing.hello
    return this.#ask(now)
  }

  /** @param {number} now The number of a keep-alive or resync that is sent now. */
  probe(now) {
    this.probeDue = now + Timing.probe
    return this.#ask(now)
  }

  /** @param {number} now */
  #ask(now) {
    this.number += 1
    this.unanswered = Math.min(this.unanswered, now)
    this.#asked.set(this.number, now)
    for (const [number, sent] of this.#asked) {
      if (sent + Timing.lease > now) break
      this.#asked.delete(number) // its answer would prove nothing any more
    }
    return this.number
  }

  /** Whether the host is silent for too long; a slow one is given more time after that. @param {number} now */
  silent(now) {
    if (now - this.unanswered <= this.patience) return false
    this.unanswered = now
    this.patience = Math.min(2 * this.patience, PATIENCE[1])
    return true
  }

  /** Renew by an answer, unless its question was asked too long ago. @param {number} number @param {number} now */
  answered(number, now) {
    const sent = this.#asked.get(number)
    if (sent === undefined) return
    for (const earlier of this.#asked.keys()) if (earlier <= number) this.#asked.delete(earlier)
    this.until = Math.max(this.until, sent + Timing.lease)
    this.patience = Math.min(Math.max(PATIENCE[0], 4 * (now - sent)), PATIENCE[1])
    if (number === this.number) this.probeDue = sent + Timing.keepAlive
    this.unanswered = Infinity
  }
}
