/** The connection of a page in a network that fails, in virtual time: every timer is told when. */

import assert from "node:assert/strict"
import { mock, test } from "node:test"

const { FUSION_GENERATED: generated } = process.env
const { Link } = await import(`${generated}/fusion/link.js`)
const { addressed } = await import(`${generated}/fusion/frames.js`)
const { any, encode } = await import(`${generated}/fusion/types.js`)

/** Seconds in which there is a connection again, once there can be one (W4). */
const BOUND = 5
const STEP = 10

/** What becomes of attempts. `up`: "no" swallows them, "refused" ends them at once. `told`: of which servers gateways tell. */
const network = { up: "yes", gateways: {}, seconds: 0.1, open: [], told: null }

class Socket {
  readyState = 0

  constructor(url) {
    this.host = new URL(url).host
    network.open.push(this)
    setTimeout(() => this.#reached(), 1000 * network.seconds)
  }

  #reached() {
    if (this.readyState !== 0) return
    const there = network.up === "yes" ? network.gateways[this.host] : network.up
    if (there === "no") return
    if (there === "refused") return this.end()
    this.readyState = 1
    this.onopen()
    if (network.told) this.onmessage({ data: addressed("", encode(any, network.told)).buffer })
  }

  end() {
    this.close()
    this.onclose?.({ code: 1006, reason: "" })
  }

  close() {
    this.readyState = 3
    network.open = network.open.filter((each) => each !== this)
  }
}
globalThis.WebSocket = Socket

/** Numbers that are the same in each run. */
function* numbers(seed) {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

/** Lets so many seconds go by, or fewer if it comes true: how many they were. */
function pass(seconds, until = () => false) {
  let ticks = 0
  for (; ticks * STEP < 1000 * seconds && !until(); ticks += 1) mock.timers.tick(STEP)
  return (ticks * STEP) / 1000
}

/** A page of these gateways, in virtual time; its numbers are at random. `told`: it knows the first of them only, which tells of these servers. */
function page(gateways, seed, run, told = null) {
  const random = numbers(seed)
  const next = () => random.next().value
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 })
  const chance = mock.method(Math, "random", next)
  Object.assign(network, { up: "yes", gateways, seconds: 0.1, open: [], told })
  const known = Object.keys(gateways).slice(0, told ? 1 : undefined)
  const link = new Link(known.map((host) => `http://${host}/fusion`))
  try {
    run(link, next)
  } finally {
    link.close()
    assert.deepEqual(network.open, [], "nothing is left open")
    chance.mock.restore()
    mock.timers.reset()
  }
}

test("W4 a page is connected again within 5 s of the network's return", () => {
  let worst = 0
  for (let seed = 1; seed <= 200; seed += 1) {
    page({ "a": "yes", "b": "yes" }, seed, (link, next) => {
      const one = (...of) => of[Math.floor(next() * of.length)]
      assert.ok(pass(1, () => link.connected) < 1)
      network.up = one("no", "refused")
      const silent = one(true, false)
      if (!silent) network.open.forEach((socket) => socket.end())
      pass(2 + 6 * next())
      if (silent) link.restart() // as its session does, which hears nothing
      pass(60 * next())
      assert.equal(link.status, "offline")
      network.gateways[one("a", "b")] = one("yes", "no", "refused")
      network.up = "yes"
      worst = Math.max(worst, pass(60, () => link.connected))
      assert.equal(link.status, "connected")
      assert.equal(network.open.length, 1, "of several attempts, one stays")
    })
  }
  assert.ok(worst <= BOUND, `it took ${worst} s`)
})

test("W4 a network that is slow is not one that leads nowhere", () => {
  page({ "a": "yes" }, 1, (link) => {
    network.seconds = 8
    link.restart()
    assert.ok(pass(60, () => link.connected) < 9)
    assert.equal(network.open.length, 1)
    pass(30)
    assert.ok(link.connected)
  })
})

test("W4 a page asks at once when it is woken", () => {
  page({ "a": "yes" }, 2, (link) => {
    pass(1)
    network.up = "refused"
    network.open.forEach((socket) => socket.end())
    pass(30)
    network.up = "yes"
    link.wake()
    assert.ok(pass(5, () => link.connected) <= 0.2)
    link.wake()
    pass(1)
    assert.equal(network.open.length, 1, "who is connected asks nobody else")
  })
})

test("W4 a page goes on at a server that its own has told of", () => {
  const servers = ["http://a", "http://b", "http://c"]
  const moved = new Set()
  for (let seed = 1; seed <= 20; seed += 1) {
    page({ "a": "yes", "b": "yes", "c": "yes" }, seed, (link) => {
      assert.ok(pass(1, () => link.connected) < 1)
      network.gateways.a = "refused"
      network.open.forEach((socket) => socket.end())
      assert.ok(pass(BOUND, () => link.connected) < BOUND)
      moved.add(link.gateway)
      const [, host] = link.gateway.split("//")
      network.gateways = { a: "yes", b: "yes", c: "yes", [host.split("/")[0]]: "no" }
      network.told = ["http://a"] // of fewer, after the next one
      link.restart()
      assert.ok(pass(BOUND, () => link.connected) < BOUND)
      pass(1)
      network.open.forEach((socket) => socket.end())
      assert.ok(pass(BOUND, () => link.connected) < BOUND)
      assert.equal(link.gateway, "http://a/fusion", "what it was told before is not what holds")
    }, servers)
  }
  assert.deepEqual([...moved].sort(), ["http://b/fusion", "http://c/fusion"], "pages of one that is lost spread over the others")
})

test("a page that is cut off, or closed, asks nobody", () => {
  page({ "a": "yes", "b": "yes" }, 3, (link) => {
    pass(1)
    link.cut()
    pass(30)
    assert.equal(link.status, "offline")
    assert.deepEqual(network.open, [])
    link.wake()
    assert.ok(pass(5, () => link.connected) < 1)
    network.up = "no"
    link.restart()
    pass(30)
    assert.ok(network.open.length > 1)
    link.close()
    pass(30)
    assert.deepEqual(network.open, [])
  })
})
