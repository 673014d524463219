/** What `tests/conformance` asks of every way to call a service, asked of JavaScript. */

import assert from "node:assert/strict"
import { after, test } from "node:test"

const { FUSION_GENERATED: generated, FUSION_URL: url, FUSION_SEEN: seenInPython } = process.env
const fusion = await import(`${generated}/fusion.js`)
const { Kit, Short, Size } = await import(`${generated}/kit.js`)

const connection = fusion.connect(url)
const kit = connection.client(Kit)
after(() => connection.close())

const scalars = {
  flag: true,
  whole: 7,
  real: 0.5,
  text: "naïve ☃ 𝄞\u0000",
  raw: Uint8Array.from({ length: 256 }, (_, index) => index),
  exact: "1.10",
  at: "2026-02-28T12:30:15.123456Z",
  day: "0001-01-01",
  clock: "23:59:59.999999",
  span: "-P1DT0.000001S",
  ref: "80000000-0000-0000-0000-000000000001",
  colour: "NONE",
  size: "l",
  level: 2,
  mode: null,
}

const edges = [
  {},
  { whole: 2n ** 63n - 1n, real: Infinity, exact: "1E+400", mode: true },
  { whole: -(2n ** 63n), real: -0, exact: "-0.00", mode: 1 },
  { whole: 2n ** 64n - 1n, real: 5e-324, exact: "0.6666666666666666666666666667", mode: "a" },
  { whole: 2n ** 200n + 1n, real: NaN, text: "", raw: new Uint8Array(), exact: "Infinity" },
  { whole: -(2n ** 70n), real: 1e300 },
  { whole: Number.MAX_SAFE_INTEGER, real: 1 },
  { whole: 2n ** 53n, real: 3 },
  { at: "9999-12-31T23:59:59.999999" },
  { at: "9999-12-31T23:59:59.999999Z" },
  { at: "0001-01-01T00:00:00Z" },
  { at: "1969-12-31T23:59:59.500000Z" },
  { day: "9999-12-31", clock: "12:00:00Z" },
  { colour: "RED", size: Size.SMALL, level: 1, flag: false },
]

const groups = {
  row: [1, "a"],
  rows: [{ x: 1, y: 2 }, { x: -1, y: Infinity }],
  names: ["b", "a", "b"],
  by_name: { "": { name: "x", weight: "1" }, ü: { name: "y", weight: "0.1" }, __proto__x: { name: "z", weight: "1" } },
  by_id: new Map([[-1, "1"], [2 ** 40, "1.000"]]),
  unique: new Set(["p", "q"]),
  options: { deep: true },
  model: { id: 3, at: "2026-01-01T00:00:00Z" },
  either: { type: "Decimal", value: "1" },
  which: { type: "Scalars", value: scalars },
}

/** A key of this test's own. */
let keys = 0
const fresh = () => `js ${(keys += 1)}`

const eventually = async (holds) => {
  const until = performance.now() + 20_000
  while (!(await holds())) assert.ok(performance.now() < until, "it never held")
}
const all = async (stream) => {
  const items = []
  for await (const item of stream) items.push(item)
  return items
}
async function* upTo(count) {
  for (let number = 0; number < count; number += 1) yield number
}

test("W12 scalars keep their values", async () => {
  for (const edge of edges) {
    const value = { ...scalars, ...edge }
    assert.deepStrictEqual(await kit.echo_scalars(value), value)
  }
})

test("W12 an instant comes back in UTC", async () => {
  const back = await kit.echo_scalars({ ...scalars, at: "2026-07-01T05:30:00+05:30" })
  assert.equal(back.at, "2026-07-01T00:00:00Z")
})

test("W12 groups keep their values", async () => {
  const others = [
    { either: { type: "int", value: 1 }, which: null },
    { either: { type: "str", value: "1" }, which: { type: "Tag", value: { name: "z", weight: "1" } } },
    { rows: [], names: [], by_name: {}, by_id: new Map(), options: { deep: false, note: "n" } },
  ]
  for (const changed of [{}, ...others]) {
    const value = { ...groups, ...changed }
    assert.deepStrictEqual(await kit.echo_groups(value), value)
  }
})

test("W12 a wrong argument is refused by the caller, with its place", async () => {
  await assert.rejects(kit.doubled(3), { code: "bad_arguments", message: /kit\.doubled: key: expected a string, got number/ })
  await assert.rejects(kit.doubled(), { code: "bad_arguments" })
  await assert.rejects(kit.doubled("a", "b"), { code: "bad_arguments" })
  await assert.rejects(kit.put("a", 1.5), { code: "bad_arguments" })
  await assert.rejects(kit.put("a", 2 ** 53), { code: "bad_arguments", message: /bigint/ })
  await assert.rejects(kit.doubled("\ud800"), { code: "bad_arguments", message: /half a character/ })
  await assert.rejects(kit.echo_scalars({ ...scalars, raw: "text" }), { code: "bad_arguments", message: /Uint8Array/ })
})

test("G32 arguments may be left out", async () => {
  assert.equal(await kit.echo_default("a"), "as")
  assert.equal(await kit.echo_default("a", Size.LARGE), "al")
  assert.equal(await kit.echo_default("a", undefined, 2), "asas")
})

test("G18 a result is computed once", async () => {
  const key = fresh()
  const before = await kit.seen({ type: "str", value: key })
  const values = await Promise.all(Array.from({ length: 20 }, () => kit.doubled(key)))
  assert.deepEqual(values, new Array(20).fill(0))
  const after = await kit.seen({ type: "str", value: `${key} again` })
  assert.equal(after - before, 3) // doubled, get, and seen itself
  await kit.put(key, 21)
  assert.equal(await kit.doubled(key), 42)
})

test("W12 values that differ are different keys, the same as in Python", async () => {
  const [one, flag, real, text, exact, as] = JSON.parse(seenInPython)
  assert.equal(await kit.seen({ type: "int", value: 1 }), one)
  assert.equal(await kit.seen({ type: "bool", value: true }), flag)
  assert.equal(await kit.seen({ type: "float", value: 1 }), real)
  assert.equal(await kit.seen({ type: "str", value: "1" }), text)
  assert.equal(await kit.seen({ type: "Decimal", value: "1" }), exact)
  assert.equal(await kit.seen_as(1, "1", "2026-01-01T00:00:00Z", "s"), as)
  assert.equal(await kit.seen_as(1, "1", "2026-01-01T01:00:00+01:00", "s"), as)
  assert.notEqual(await kit.seen_as(1, "1", "2026-01-01T00:00:00Z", "l"), as)
})

test("W5 a command is seen by the next read", async () => {
  const key = fresh()
  for (let value = 0; value < 50; value += 1) {
    await kit.put(key, value)
    assert.equal(await kit.doubled(key), 2 * value)
  }
})

test("O20 a command that fails may have written", async () => {
  const key = fresh()
  assert.equal(await kit.get(key), 0)
  await assert.rejects(kit.put_and_fail(key, 4), (error) => {
    assert.ok(error instanceof Short)
    assert.deepEqual({ ...error.data }, { part: key, missing: 4 })
    return true
  })
  assert.equal(await kit.get(key), 4)
})

test("D21 errors arrive by what was declared", async () => {
  await assert.rejects(kit.trouble("declared"), (error) => {
    assert.ok(error instanceof Short && error instanceof fusion.DeclaredError && error instanceof fusion.FusionError)
    assert.deepEqual([error.code, error.type, error.message], ["declared", "Short", "3 of bolts are missing"])
    assert.deepEqual({ ...error.data }, { part: "bolts", missing: 3 })
    return true
  })
  await assert.rejects(kit.trouble("undeclared"), (error) => {
    assert.ok(error instanceof fusion.RemoteError && error.reference.length > 5)
    assert.doesNotMatch(error.message, /12345/)
    return true
  })
})

test("G22 an error of a compute method is cached", async () => {
  const before = await kit.seen({ type: "str", value: fresh() })
  for (let times = 0; times < 3; times += 1) await assert.rejects(kit.fails("declared"), Short)
  assert.equal((await kit.seen({ type: "str", value: fresh() })) - before, 2)
})

test("D19 a cancelled call ends its body", async () => {
  const before = await kit.cancelled()
  const stopping = new AbortController()
  const call = kit.with_options({ signal: stopping.signal }).wait()
  await kit.cancelled()
  stopping.abort()
  await assert.rejects(call, { code: "cancelled" })
  await eventually(async () => (await kit.cancelled()) > before)
})

test("D13 a call ends with its time", async () => {
  const before = await kit.cancelled()
  await assert.rejects(kit.with_options({ timeout: 0.2 }).wait(), { code: "timeout" })
  await eventually(async () => (await kit.cancelled()) > before)
})

test("D18 a stream is whole and in order", async () => {
  const points = await all(kit.count(6000))
  assert.equal(points.length, 6000)
  points.forEach((point, index) => assert.deepStrictEqual(point, { x: index, y: index / 2 }))
})

test("D18 a stream fails where its body does", async () => {
  const points = []
  await assert.rejects(async () => {
    for await (const point of kit.count(3, "declared")) points.push(point)
  }, Short)
  assert.equal(points.length, 3)
})

test("D19 a stream that nobody reads any more ends", async () => {
  const before = await kit.cancelled()
  for await (const point of kit.count(10 ** 9)) if (point.x === 10) break
  await eventually(async () => (await kit.cancelled()) > before)
})

test("D18 what is sent is whole and in order", async () => {
  let closed = false
  async function* numbers() {
    try {
      yield* upTo(6000)
    } finally {
      closed = true
    }
  }
  assert.equal(await kit.total(numbers()), (6000 * 5999) / 2)
  await eventually(() => closed)
  const key = fresh()
  assert.equal(await kit.doubled(key), 0)
  assert.equal(await kit.put_all(key, upTo(30)), 29)
  assert.equal(await kit.doubled(key), 58)
  async function* points() {
    for await (const x of upTo(300)) yield { x, y: 0.5 }
  }
  const moved = await all(kit.moved(5, points()))
  assert.deepEqual(moved, Array.from({ length: 300 }, (_, index) => ({ x: index + 5, y: 0.5 })))
})

test("D21 an error of what is sent is its caller's own", async () => {
  const mine = new Error("mine")
  async function* failing() {
    yield 1
    throw mine
  }
  await assert.rejects(kit.total(failing()), (error) => error === mine)
})

test("D19 what is sent ends with its call", async () => {
  const before = await kit.cancelled()
  async function* silent() {
    yield 1
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref())
  }
  const stopping = new AbortController()
  const call = kit.with_options({ signal: stopping.signal }).total(silent())
  await kit.cancelled()
  stopping.abort()
  await assert.rejects(call, { code: "cancelled" })
  await eventually(async () => (await kit.cancelled()) > before)
})

test("D18 something comes before a stream", async () => {
  const [head, points] = await kit.open(500)
  assert.equal(head, "500 points")
  assert.deepEqual((await all(points)).map((point) => point.x), Array.from({ length: 500 }, (_, index) => index))
  await assert.rejects(kit.open(1, "declared"), Short)
  async function* given() {
    for await (const x of upTo(40)) yield { x, y: 0.5 }
  }
  const [by, how, moved] = await kit.open_moved(7, given())
  assert.deepEqual([by, how], [7, "moved"])
  assert.deepEqual((await all(moved)).map((point) => point.x), Array.from({ length: 40 }, (_, index) => index + 7))
})

test("D18 a stream that skips ends with its last item", async () => {
  const seen = await all(kit.latest(5000))
  assert.deepEqual(seen, [...new Set(seen)].sort((one, other) => one - other))
  assert.equal(seen.at(-1), 4999)
})

test("changes bring each new value", async () => {
  const key = fresh()
  const seen = []
  for await (const shown of kit.changes.doubled(key)) {
    assert.equal(shown.state, "current")
    seen.push(shown.value)
    if (seen.length === 5) break
    await kit.put(key, seen.length)
  }
  assert.deepEqual(seen, [0, 2, 4, 6, 8])
})

test("G40 a command in what is watched or computed is refused, and changes nothing", async () => {
  const key = fresh()
  const bodies = [
    async () => kit.put(key, 1),
    async () => (await kit.get(key), kit.put(key, 1)),
    async () => kit.put.optimistic(() => [fusion.patch(kit.get, [key], () => 1)])(key, 1),
  ]
  for (const body of [...bodies, ...bodies.map(fusion.computed)]) {
    const shown = await new Promise((resolve) => {
      const stop = fusion.watch(body, (each) => each.state === "loading" || (queueMicrotask(() => stop()), resolve(each)))
    })
    assert.equal(shown.error?.code, "command_in_compute")
  }
  assert.equal(await kit.get(key), 0)
  assert.equal(await kit.put(key, 2), 2)
})

test("G21 what is behind a value can be looked at", async () => {
  const key = fresh()
  assert.equal(kit.peek.get(key), null)
  const computed = await kit.computed.get(key)
  assert.deepEqual([computed.value, computed.state, computed.proven], [0, "consistent", true])
  assert.equal(kit.peek.get(key), computed)
  let told = 0
  computed.onInvalidated(() => (told += 1))
  await kit.put(key, 1)
  assert.deepEqual([told, computed.state, computed.value], [1, "invalidated", 0])
})
