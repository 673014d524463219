/**
 * The client of fusiongen's services, in a browser or in Node.js: cached, typed, and live.
 *
 * Generated modules say what there is to call; this is what calls it.
 */

import { Cache } from "./fusion/cache.js"
import { makeClient, patch } from "./fusion/client.js"
import { Made } from "./fusion/graph.js"
import { Link } from "./fusion/link.js"
import { page } from "./fusion/page.js"
import { Peers } from "./fusion/peer.js"
import { read } from "./fusion/reading.js"
import { watching } from "./fusion/watching.js"

export * from "./fusion/errors.js"
export { failures } from "./fusion/failures.js"
export { patch }
export { Float, Instant } from "./fusion/types.js"

/** A connection to a gateway. */
class Connection {
  #peers

  /** @param {readonly string[]} urls @param {Cache | null} cache */
  constructor(urls, cache) {
    const cid = crypto.randomUUID().replaceAll("-", "")
    this.#peers = new Peers(new Link(urls), cid, cache)
  }

  /** A client of a service, which its generated module names. @param {any} service */
  client(service) {
    return makeClient(service, this.#peers)
  }

  /** How the connection is: `connecting`, `connected`, `offline`. */
  get status() {
    return this.#peers.link.status
  }

  /** The address of the gateway that it has, or asks. */
  get gateway() {
    return this.#peers.link.gateway
  }

  /** Calls `handler` whenever the status changes, until the returned function is called. @param {(status: string) => void} handler */
  onStatus(handler) {
    return this.#peers.link.watch(handler)
  }

  /** The user signs out: nothing of theirs stays in the browser. Then it leaves. */
  async forget() {
    const { cache } = this.#peers
    page.graph.clear("the user has signed out")
    this.close()
    await cache?.forget()
  }

  /** Leaves: hosts forget what they hold for this page, and every call fails. */
  close() {
    this.#peers.close()
  }
}

/**
 * Connects to a gateway, and again for as long as there is a page.
 *
 * @param {string | readonly string[]} urls Where gateways are mounted: `/fusion`. Where one is lost, the next one is asked, or one that it has told of.
 * @param {{ cache?: string }} [options] cache: keeps the last known values of this user (and tenant) in the browser.
 */
export function connect(urls, { cache } = {}) {
  return new Connection(typeof urls === "string" ? [urls] : urls, cache === undefined ? null : new Cache(cache))
}

let made = 0

/**
 * A function that is cached with what it was made from: it runs again only when some of that has changed.
 *
 * @template T
 * @param {(...args: any[]) => Promise<T>} body Its arguments are strings, numbers, bigints, booleans or null.
 * @returns {(...args: any[]) => Promise<T>}
 */
export function computed(body) {
  const name = `computed ${(made += 1)}`
  return (...args) => {
    const key = `${name} ${args.map(keyOf).join(" ")}`
    const find = () => page.graph.find(key) ?? new Made(page.graph, key, () => body(...args))
    return read(find, name, { timeout: Infinity })
  }
}

/** @param {unknown} argument */
function keyOf(argument) {
  if (argument !== null && !["string", "number", "bigint", "boolean", "undefined"].includes(typeof argument)) {
    throw new TypeError("a computed takes strings, numbers, bigints, booleans and null: they are its key")
  }
  return `${typeof argument}:${JSON.stringify(String(argument))}`
}

/**
 * Calls `render` with what the function returns: now, at each change, and whenever it is more or less sure.
 *
 * @template T
 * @param {() => Promise<T>} body Whatever it reads of services and computeds is watched.
 * @param {(shown: import("./fusion/watching.js").Shown<T>) => void} render
 * @param {{ delay?: number }} [options] delay: seconds until others' changes are asked for; by default 0.25. Own ones are at once.
 * @returns {() => void} Stops it.
 */
export function watch(body, render, options) {
  return watching(body, (shown) => render(shown), options)
}
