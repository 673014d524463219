/** A call that was refused is made again when its host asked for that, and not with all others. */

import assert from "node:assert/strict"
import { test } from "node:test"

const { FUSION_GENERATED: generated } = process.env
const { Computed, Graph } = await import(`${generated}/fusion/graph.js`)
const { errorOf } = await import(`${generated}/fusion/asking.js`)
const { Overloaded, Unavailable } = await import(`${generated}/fusion.js`)

/** Seconds, in whole tenths, after which a failure is over. */
function over(t, error, drawn) {
  t.mock.method(Math, "random", () => drawn)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const computed = new Computed(new Graph(), null)
  computed.fail(error, false)
  let tenths = 0
  for (; computed.state === "consistent"; tenths += 1) t.mock.timers.tick(100)
  t.mock.timers.reset()
  t.mock.restoreAll()
  return tenths / 10
}

test("D27 a refused call is made again after the time that its host asked for", (t) => {
  assert.equal(over(t, new Overloaded("kit.get", 4), 0), 4)
  assert.equal(over(t, new Overloaded("kit.get", 40), 0), 40)
})

test("D27 pages that were refused together do not come back together", (t) => {
  const ends = [0, 0.5, 0.99].map((drawn) => over(t, new Overloaded("kit.get", 4), drawn))
  assert.deepEqual(ends, [4, 5, 6])
})

test("G22 a failure is served for a second at least, whatever is asked for", (t) => {
  for (const asked of [0, 0.2, -1, NaN]) assert.equal(over(t, new Overloaded("kit.get", asked), 0), 1)
  assert.equal(over(t, new Unavailable("kit", "it is gone"), 0), 1)
})

test("D27 what a host asks for is bounded", (t) => {
  assert.equal(over(t, new Overloaded("kit.get", Infinity), 0), 3600)
})

test("D27 the time is the one of the refusal as it came", () => {
  const method = { name: "kit.get", service: { name: "kit", raises: {} } }
  const data = new Uint8Array([0x91, 0xcb, 0x40, 0x10, 0, 0, 0, 0, 0, 0]) // [4.0]
  assert.equal(errorOf(method, { code: "overloaded", message: "", data }, 1).retryAfter, 4)
})
