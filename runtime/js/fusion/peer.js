/** The way to one service: a session, the next when its host is gone (D9, D13, D22). */

import { later, now } from "./clock.js"
import { OutcomeUnknown, Unavailable } from "./errors.js"
import { decodeEnvelope, Kind } from "./frames.js"
import { Timing } from "./lease.js"
import { page } from "./page.js"
import { Session } from "./session.js"

/** Seconds without a connection after which calls that wait for one fail (D26). */
const GRACE = 2
/** A call is not made again after so many hosts were lost while they ran it. */
const HOSTS_LOST = 3
/** Seconds for which a change is told to hosts that are met only now (D15). */
const RECENT = 10

/** @typedef {import("./cache.js").Cache} Cache @typedef {import("./link.js").Link} Link @typedef {import("./frames.js").Mark} Mark */
/** @typedef {import("./calls.js").Call} Call @typedef {import("./errors.js").FusionError} FusionError */

/**
 * A call that is made through a peer.
 *
 * @typedef {Call & {
 *   session: Session | null,
 *   repeats: boolean,
 *   single: boolean,
 *   lost: number,
 *   fail: (error: FusionError) => void,
 * }} Asked repeats: whether it may run twice. single: it streams, but one item is all that comes back. lost: how many hosts were lost while they ran it.
 */

/** All services of one connection: what one has changed, the others reflect. */
export class Peers {
  /** @type {Map<string, Peer>} */
  all = new Map()
  /** @type {{ mark: Mark, at: number }[]} */
  #recent = []

  /** @param {Link} link @param {string} cid @param {Cache | null} cache */
  constructor(link, cid, cache) {
    this.link = link
    this.cid = cid
    this.cache = cache
    page.connections.add(this)
    link.watch(() => page.turned())
  }

  close() {
    page.connections.delete(this)
    this.link.close()
  }

  /** @param {string} service */
  peer(service) {
    let peer = this.all.get(service)
    if (peer === undefined) {
      peer = new Peer(service, this)
      this.all.set(service, peer)
      this.link.add(service, peer)
    }
    return peer
  }

  /** Calls of this page changed something (D15). @param {Session} origin @param {Mark[]} marks */
  wrote(origin, marks) {
    const at = now()
    this.#recent = [...this.#recent.filter((each) => at - each.at < RECENT), ...marks.map((mark) => ({ mark, at }))]
    for (const peer of this.all.values()) {
      for (const session of peer.sessions.values()) {
        const own = session.iid === origin.iid // what it has changed itself it has told before
        fence(peer.service, session, own ? marks.filter((mark) => mark.iid !== origin.iid || session.sources.has(mark.service)) : marks)
      }
    }
  }

  /** What a session is told that begins, or has more sources. @param {string} service @param {Session} session */
  met(service, session) {
    const at = now()
    fence(service, session, this.#recent.filter((each) => at - each.at < RECENT).map((each) => each.mark))
  }

  /** Returns when all that this page has changed is reflected wherever it reads. */
  async reflected() {
    const sessions = [...this.all.values()].flatMap((peer) => [...peer.sessions.values()])
    await Promise.all(sessions.map((session) => session.fences.passed()))
  }
}

/** @param {string} service @param {Session} session @param {Mark[]} marks */
function fence(service, session, marks) {
  const concerning = marks.filter((mark) => mark.service === service || session.sources.has(mark.service))
  if (concerning.length) session.fence(concerning)
}

export class Peer {
  /** @type {Map<number, Session>} By what names them. */
  sessions = new Map()
  /** @type {Session | null} That which calls are made in. */
  #session = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** @type {(() => void)[]} */
  #later = []
  /** Those whose hosts shut down. @type {Set<Session>} */
  #leaving = new Set()
  #peers

  /** @param {string} service @param {Peers} peers */
  constructor(service, peers) {
    this.service = service
    this.#peers = peers
  }

  /** The last known values of its user, if they are kept. */
  get cache() {
    return this.#peers.cache
  }

  get #link() {
    return this.#peers.link
  }

  /** Makes a call; until there is a host, it waits. @param {Asked} call */
  ask(call) {
    if (this.out) return call.fail(this.outage())
    this.#session ??= this.#open()
    call.session = this.#session
    call.session.ask(call)
    this.#watchOutage()
  }

  /** Whether there is a known outage (D26). */
  get out() {
    return this.#link.closed || now() - this.#link.downSince >= GRACE
  }

  outage(mayHaveRun = false) {
    return new Unavailable(this.service, `there is no connection${this.#link.problem ? `: ${this.#link.problem}` : ""}`, mayHaveRun)
  }

  /** @param {Asked} call Nobody waits for it, or holds its result, any more. */
  release(call) {
    call.session?.release(call)
  }

  #open() {
    const session = new Session(this.#peers.cid, this)
    this.sessions.set(session.gen, session)
    this.#peers.met(this.service, session)
    return session
  }

  // What the connection says.

  /** @param {Uint8Array} data @param {WebSocket} socket */
  received(data, socket) {
    let envelope
    try {
      envelope = decodeEnvelope(data)
    } catch {
      for (const session of [...this.sessions.values()]) session.gap() // D11
      return
    }
    const session = this.sessions.get(envelope.gen)
    if (session === undefined) return
    session.socket = socket
    session.receive(envelope)
    if (this.#leaving.has(session)) this.#leave(session)
  }

  reconnected() {
    for (const session of [...this.sessions.values()]) if (!this.#leaving.has(session)) session.reconnected()
    for (const run of this.#later.splice(0)) run()
  }

  /** When there is a connection again. @param {() => void} run */
  later(run) {
    if (this.#link.connected) queueMicrotask(run)
    else this.#later.push(run)
  }

  disconnected() {
    this.#watchOutage()
  }

  woken() {
    for (const session of [...this.sessions.values()]) session.tick()
    this.#watchOutage()
  }

  /** The page goes: what is held may be asked for again when it comes back. */
  leave() {
    this.cache?.flush()
    for (const session of [...this.sessions.values()]) {
      const left = session.bye()
      this.gone(session, "the page was left", left)
    }
  }

  /**
   * What only reads, or never left, fails when the outage is declared; what may have run waits.
   * Streams wait for as long as a host remembers who is silent: then none can be resumed (D8, D18).
   */
  #watchOutage() {
    clearTimeout(this.#timer)
    if (this.#link.connected) return
    const down = now() - this.#link.downSince
    const left = (down < GRACE ? GRACE : Timing.session) - down
    if (left > 0) this.#timer = later(() => this.#cutOff(), left + 0.001)
  }

  #cutOff() {
    if (!this.out) return this.#watchOutage()
    const forgotten = now() - this.#link.downSince >= Timing.session
    for (const session of this.sessions.values()) {
      const reads = [...session.calls.sent.values()].filter((call) => call.kind === Kind.COMPUTE)
      for (const call of [...session.calls.queue.values(), ...reads]) {
        session.release(call)
        asked(call).fail(this.outage())
      }
      if (!forgotten) continue
      for (const { call } of [...session.calls.streams.values()]) {
        session.release(call)
        asked(call).fail(this.outage(true))
      }
    }
    this.#watchOutage()
    page.turned()
  }

  // What the sessions say.

  /** @param {Session} session */
  connected(session) {
    return this.#link.connected || (this.#leaving.has(session) && session.socket?.readyState === 1)
  }

  /** @param {Session} session @param {Uint8Array} data */
  send(session, data) {
    this.#link.send(this.service, data, this.#leaving.has(session) ? session.socket : null)
  }

  /** @param {Session} session */
  silent(session) {
    if (!this.#leaving.has(session)) this.#link.restart()
  }

  turned() {
    page.turned()
  }

  /** @param {Session} session @param {Mark[]} marks */
  wrote(session, marks) {
    this.#peers.wrote(session, marks)
  }

  /** @param {Session} session */
  sourced(session) {
    this.#peers.met(this.service, session)
  }

  /** The host finishes what it runs; everything else goes to another one (D22). @param {Session} session */
  draining(session) {
    if (this.#leaving.has(session)) return
    this.#leaving.add(session)
    if (session === this.#session) this.#session = null
    if (session.socket) this.#link.move(session.socket)
    const { calls } = session
    const streams = Array.from(calls.streams.values(), ({ call }) => call).filter((call) => !asked(call).single)
    for (const call of streams) {
      session.release(call)
      asked(call).fail(new Unavailable(this.service, "its host shuts down; start the stream anew", true))
    }
    for (const call of [...calls.queue.values()]) {
      session.release(call)
      this.ask(asked(call))
    }
    const held = [...calls.held.values()]
    calls.held.clear()
    for (const call of held) call.invalidated(LOST)
    this.#leave(session)
  }

  /** Leaves a host that shuts down, once nothing runs there for this page. @param {Session} session */
  #leave(session) {
    if (session.calls.sent.size || session.calls.streams.size) return
    session.bye()
    this.#forget(session)
  }

  /** @param {Session} session */
  #forget(session) {
    this.sessions.delete(session.gen)
    this.#leaving.delete(session)
    if (session === this.#session) this.#session = null
  }

  /** @param {Session} session @param {string} reason @param {{ queued: Call[], sent: Call[], held: Call[] }} left */
  gone(session, reason, left) {
    this.#forget(session)
    for (const call of left.held) call.invalidated(LOST)
    for (const call of left.queued) {
      if (session.iid === "") asked(call).fail(new Unavailable(this.service, reason))
      else this.ask(asked(call))
    }
    for (const call of left.sent) this.#hostLost(asked(call), reason)
    page.turned()
  }

  /** A host does not know a call that it was sent (D13). @param {Asked} call @param {boolean} mayHaveRun */
  again(call, mayHaveRun) {
    const alive = call.session && this.sessions.has(call.session.gen) ? call.session : null
    if (call.kind === Kind.COMMAND && alive) return alive.ask(call) // only there it runs at most once
    if (mayHaveRun && !call.repeats) return call.fail(new OutcomeUnknown(this.service, "its host forgot what the call came to"))
    this.ask(call)
  }

  /** The host is gone that may have run this. @param {Asked} call @param {string} reason */
  #hostLost(call, reason) {
    call.lost += 1
    if (call.repeats && call.lost < HOSTS_LOST) this.ask(call)
    else if (call.repeats || call.kind === Kind.STREAM) call.fail(new Unavailable(this.service, reason, true))
    else call.fail(new OutcomeUnknown(this.service, reason))
  }
}

/** Why a held result is told to be stale whose session is over: another host may have the same (D16). */
export const LOST = "lost"

/** @param {Call} call */
const asked = (call) => /** @type {Asked} */ (call)
