/** The last known values of a user, in the browser's own database. */

import assert from "node:assert/strict"
import { test } from "node:test"

import "fake-indexeddb/auto"

const { FUSION_GENERATED: generated, FUSION_URL: url } = process.env
const { connect, watch } = await import(`${generated}/fusion.js`)
const { Cache } = await import(`${generated}/fusion/cache.js`)
const { Kit } = await import(`${generated}/kit.js`)

const NOWHERE = "http://127.0.0.1:1/fusion"

/** A page of a user: what it shows until it shows this. */
async function visit(user, key, wanted, at = url, service = Kit) {
  const connection = connect(at, user === null ? {} : { cache: user })
  const kit = connection.client(service)
  const seen = []
  const close = connection.close.bind(connection)
  await new Promise((done) => {
    const stop = watch(() => kit.get(key), ({ value, state }) => {
      seen.push(`${value} ${state}`)
      if (seen.at(-1) === wanted) done()
    })
    connection.close = () => {
      stop()
      close()
    }
  })
  return { connection, kit, seen }
}

/** What came is on the disk. */
const written = () => new Promise((go) => setTimeout(go, 700))

test("W7 the last known value is shown at once, and is current when a host has matched it", async () => {
  const first = await visit("ann", "kept", "0 current")
  await first.kit.put("kept", 5)
  while (first.seen.at(-1) !== "5 current") await written()
  await written()
  first.connection.close()

  const offline = await visit("ann", "kept", "5 offline", NOWHERE)
  assert.deepEqual(offline.seen, ["undefined loading", "5 offline"])
  await assert.rejects(offline.kit.get("kept"), { code: "unavailable" })
  offline.connection.close()

  const again = await visit("ann", "kept", "5 current")
  assert.match(again.seen[1], /^5 (offline|stale)$/)
  assert.ok(!again.seen.includes("5 updating"))
  await again.kit.put("kept", 6)
  again.connection.close()
})

test("W7 what changed meanwhile is asked for anew, and is never shown as current", async () => {
  const before = await visit("ben", "changes", "0 current")
  await written()
  before.connection.close()
  const other = connect(url)
  await other.client(Kit).put("changes", 9)
  const after = await visit("ben", "changes", "9 current")
  assert.match(after.seen[1], /^0 (offline|stale)$/)
  assert.ok(!after.seen.includes("0 current"))
  after.connection.close()
  other.close()
})

test("W7 it is nobody else's, and of no other version of the contract", async () => {
  const mine = await visit("cid", "mine", "0 current")
  await written()
  mine.connection.close()
  for (const [user, service] of [["ci", Kit], ["cid ", Kit], [null, Kit], ["cid", { ...Kit, version: "another" }]]) {
    const methods = Object.fromEntries(Object.entries(Kit.methods).map(([name, method]) => [name, { ...method, service }]))
    const page = await visit(user, "mine", "0 current", url, { ...service, methods })
    assert.deepEqual(page.seen.filter((each) => each !== "undefined loading"), ["0 current"])
    page.connection.close()
  }
})

test("W7 it is gone at sign-out", async () => {
  const page = await visit("dan", "gone", "0 current")
  await written()
  await page.connection.forget()
  const cache = new Cache("dan")
  await cache.ready
  assert.equal(cache.take(cache.key(Kit.methods.get, Uint8Array.of(0x91, 0xa4, ...Buffer.from("gone")))), undefined)
})

test("W7 it is bounded, and the oldest goes", async () => {
  const cache = new Cache("eve")
  await cache.ready
  const key = (number) => `${cache.user} ${String(number)}`
  for (let number = 0; number < 5100; number += 1) cache.keep(key(number), Uint8Array.of(number & 255))
  await written()
  const later = new Cache("eve")
  await later.ready
  assert.equal(later.take(key(99)), undefined)
  assert.deepEqual(later.take(key(5099)), Uint8Array.of(5099 & 255))
  for (let number = 0; number < 20; number += 1) later.keep(key(`large ${number}`), new Uint8Array(2 ** 20))
  await written()
  const last = new Cache("eve")
  await last.ready
  assert.equal(last.take(key("large 4")), undefined)
  assert.equal(last.take(key("large 5"))?.length, 2 ** 20)
})
