/** What all connections of a page share: one graph, and who is told of its news. */

import { attempt, soon } from "./clock.js"
import { Graph } from "./graph.js"

/** @typedef {import("./peer.js").Peers} Peers */

class Page {
  graph = new Graph()
  /** @type {Set<Peers>} */
  connections = new Set()
  /** Called whenever something is proven no longer, or again. @type {Set<() => void>} */
  onTurn = new Set()
  #turning = false

  /** Whether all that is shown can be proven, as far as connections go. */
  get connected() {
    for (const peers of this.connections) if (!peers.link.connected) return false
    return true
  }

  /** Something is proven no longer, or again: told once for all of one turn, for thousands may be proven in it. */
  turned() {
    if (this.#turning) return
    this.#turning = true
    soon(() => {
      this.#turning = false
      if (this.connected) this.graph.retry()
      for (const handler of [...this.onTurn]) attempt(handler)
    })
  }

  /** Why nothing can be proven, if that is known. */
  outage() {
    for (const peers of this.connections) {
      const peer = peers.all.values().next().value
      if (peer?.out) return peer.outage()
    }
    return null
  }
}

export const page = new Page()
