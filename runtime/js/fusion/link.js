/** The connection of a page: one WebSocket, opened again for as long as there is a page (W4). */

import { attempt, now } from "./clock.js"
import { addressed, decodeServers, opened } from "./frames.js"

/** Seconds until it is tried again: the first, and the longest. */
const PAUSE = /** @type {const} */ ([0.1, 2])
/** Seconds after which another gateway is asked as well, while an attempt goes on: it may lead nowhere, or be slow. */
const PATIENCE = 2
/** Attempts that go on at a time; of more, the oldest is given up. */
const ATTEMPTS = 5
/** Close codes after which another gateway is asked at once. */
const MOVE = new Set([1001, 1012])

/**
 * `connecting`: at first, and while it moves from a gateway that shuts down to another one. `offline`: until there is a
 * connection again, however often it is tried.
 *
 * @typedef {"connecting" | "connected" | "offline"} Status
 */

/**
 * @typedef {object} Listener One service's sessions.
 * @property {(data: Uint8Array, socket: WebSocket) => void} received
 * @property {() => void} reconnected
 * @property {() => void} disconnected
 * @property {() => void} woken Time went by, perhaps more than timers tell.
 * @property {() => void} leave
 */

export class Link {
  /** @type {Status} */
  status = "connecting"
  /** Since when there is no connection, on `now()`; Infinity while there is one. */
  downSince = now()
  /** Why the last connection ended, for people. */
  problem = ""
  /** The address of the gateway that it has, or asked last. */
  gateway = ""
  /** Gateways that the page knows by itself. */
  #given
  /** All that it knows, by what the one that it has says, too. */
  #urls
  #next = 0
  #pause = 0
  /** The one that is used; it was open when it came here. @type {WebSocket | null} */
  #socket = null
  /** Those that are not open yet, the newest last. @type {Set<WebSocket>} */
  #attempts = new Set()
  /** When the newest of them was made. */
  #asked = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** Whether it was left for good. */
  closed = false
  #cut = false
  /** @type {Map<string, Listener>} */
  #listeners = new Map()
  /** @type {Set<(status: Status) => void>} */
  #watchers = new Set()
  /** @type {(() => void)[]} */
  #unhear = []

  /** @param {readonly string[]} urls Of gateways: the next one is asked where one cannot be reached, or one that they have told of. */
  constructor(urls) {
    this.#given = urls.map(absolute)
    this.#urls = [...new Set(this.#given)]
    this.#hear("online", () => this.wake())
    this.#hear("offline", () => this.#set("offline"))
    this.#hear("pageshow", () => this.wake())
    this.#hear("pagehide", () => this.#leave())
    this.#hear("visibilitychange", () => document.visibilityState === "visible" && this.wake())
    this.#hear("resume", () => this.wake())
    this.#open()
  }

  /** @param {string} event @param {() => void} handler */
  #hear(event, handler) {
    if (typeof window === "undefined") return
    const target = event === "visibilitychange" || event === "resume" ? document : window
    target.addEventListener(event, handler)
    this.#unhear.push(() => target.removeEventListener(event, handler))
  }

  get connected() {
    return this.#socket?.readyState === 1
  }

  /** @param {string} service @param {Listener} listener */
  add(service, listener) {
    this.#listeners.set(service, listener)
  }

  /** @param {string} service @param {Uint8Array} data @param {WebSocket | null} by Where not by the newest socket. */
  send(service, data, by) {
    const socket = by ?? this.#socket
    if (socket?.readyState === 1) socket.send(addressed(service, data))
  }

  /** Calls `watcher` with each new status, until the returned function is called. @param {(status: Status) => void} watcher */
  watch(watcher) {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** The network may be back, or the machine awake: what is due is done now. */
  wake() {
    for (const listener of this.#listeners.values()) listener.woken()
    this.#cut = false
    if (this.#socket !== null || this.closed) return
    if (this.#attempts.size > 0 && now() - this.#asked < PATIENCE) return
    this.#pause = 0
    this.#again(0)
  }

  /** The gateway behind this socket shuts down: another one is asked, while this one finishes what it runs (D22). @param {WebSocket} socket */
  move(socket) {
    if (socket !== this.#socket) return
    this.#socket = null
    socket.onclose = null
    this.downSince = now()
    this.#next += 1
    this.#set("connecting")
    this.#open()
  }

  /** The socket is open, and nothing comes: it leads nowhere. */
  restart() {
    this.#drop("the gateway is silent")
    this.#next += 1
    this.#again(0)
  }

  /** As if the network were gone, until it wakes. */
  cut() {
    this.#cut = true
    this.#stop("it was cut")
  }

  /** The page goes: whoever holds something for it may forget it. */
  #leave() {
    for (const listener of this.#listeners.values()) listener.leave()
    this.#stop("the page was left")
  }

  /** @param {string} problem */
  #stop(problem) {
    clearTimeout(this.#timer)
    this.#giveUp()
    this.#drop(problem)
  }

  close() {
    this.closed = true
    this.#leave()
    for (const unhear of this.#unhear.splice(0)) unhear()
  }

  #open() {
    clearTimeout(this.#timer)
    const gateway = /** @type {string} */ (this.#urls[this.#next % this.#urls.length])
    this.gateway = gateway
    const socket = new WebSocket(`${gateway.replace(/^http/, "ws")}/ws`)
    socket.binaryType = "arraybuffer"
    socket.onopen = () => this.#opened(socket, gateway)
    socket.onmessage = (event) => this.#received(socket, event.data)
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason)
    socket.onerror = () => {} // a close follows, and says no more
    this.#attempts.add(socket)
    this.#giveUp(ATTEMPTS)
    this.#asked = now()
    this.#timer = setTimeout(() => this.#late(), PATIENCE * 1000)
  }

  /** Nothing has come of the newest attempt yet. */
  #late() {
    this.#down("no gateway answers")
    this.#next += 1
    this.#again(0)
  }

  /** Ends the oldest attempts. @param {number} [left] So many stay. */
  #giveUp(left = 0) {
    for (const socket of this.#attempts) {
      if (this.#attempts.size <= left) return
      this.#attempts.delete(socket)
      unheard(socket)
    }
  }

  /** @param {WebSocket} socket @param {string} gateway */
  #opened(socket, gateway) {
    clearTimeout(this.#timer)
    this.#attempts.delete(socket)
    this.#giveUp()
    this.#socket = socket
    this.gateway = gateway
    this.#next = this.#urls.indexOf(gateway)
    this.downSince = Infinity
    this.#set("connected")
    for (const listener of this.#listeners.values()) listener.reconnected()
  }

  /** @param {WebSocket} socket @param {unknown} data */
  #received(socket, data) {
    if (!(data instanceof ArrayBuffer)) return
    const [service, envelope] = opened(new Uint8Array(data))
    if (service === "") return this.#told(decodeServers(envelope))
    this.#pause = 0
    this.#listeners.get(service)?.received(envelope, socket)
  }

  /** Where its gateway's site has others, below the same path; the pages of one that is lost spread over them. @param {string[]} servers */
  #told(servers) {
    const { pathname } = new URL(this.gateway)
    const others = shuffled(servers).map((server) => absolute(server + pathname))
    this.#urls = [...new Set([this.gateway, ...this.#given, ...others])]
    this.#next = 0
  }

  /** @param {WebSocket} socket @param {number} code @param {string} reason */
  #lost(socket, code, reason) {
    const newest = [...this.#attempts].at(-1)
    this.#attempts.delete(socket)
    if (socket !== this.#socket && socket !== newest) return // another one was asked meanwhile
    const problem = reason || `the connection ended (${code})`
    if (socket === this.#socket) this.#drop(problem)
    else this.#down(problem)
    this.#next += 1
    this.#again(MOVE.has(code) && this.#pause === 0 ? 0 : undefined)
  }

  /** Whatever the socket still says is not heard. @param {string} problem */
  #drop(problem) {
    const socket = this.#socket
    this.#socket = null
    if (socket !== null) unheard(socket)
    this.#down(problem)
  }

  /** There is no connection. @param {string} problem */
  #down(problem) {
    this.problem = problem
    this.downSince = Math.min(this.downSince, now())
    this.#set("offline")
    for (const listener of this.#listeners.values()) listener.disconnected()
  }

  /** @param {number} [pause] Seconds until it is tried again; by default longer each time. */
  #again(pause) {
    if (this.closed || this.#cut) return
    this.#pause = Math.min(Math.max(2 * this.#pause, PAUSE[0]), PAUSE[1])
    const seconds = pause ?? this.#pause * (0.5 + Math.random() / 2)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#open(), seconds * 1000)
  }

  /** @param {Status} status */
  #set(status) {
    if (status === this.status) return
    this.status = status
    for (const watcher of [...this.#watchers]) attempt(() => watcher(status))
  }
}

/** Closes a socket of which nothing more is heard. @param {WebSocket} socket */
function unheard(socket) {
  socket.onopen = socket.onmessage = socket.onclose = null
  socket.close()
}

/** The same in an order by chance. @param {string[]} texts */
function shuffled(texts) {
  return texts.map((text) => ({ text, at: Math.random() })).sort((one, other) => one.at - other.at).map(({ text }) => text)
}

/** The address of a gateway. @param {string} url Where it is mounted: `/fusion`. */
function absolute(url) {
  const base = typeof location === "undefined" ? undefined : location.href
  return new URL(url, base).href.replace(/\/$/, "").replace(/^ws/, "http")
}
