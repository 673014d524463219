/** What is shown before its command has ended, and what failed. */

import assert from "node:assert/strict"
import { after, test } from "node:test"

const { FUSION_GENERATED: generated, FUSION_URL: url } = process.env
const { computed, connect, failures, patch, watch } = await import(`${generated}/fusion.js`)
const { Kit } = await import(`${generated}/kit.js`)

const connection = connect(url)
const kit = connection.client(Kit)
after(() => connection.close())

let keys = 0
const fresh = () => `optimistic ${(keys += 1)}`

/** What is watched, each time that it is shown. */
function shown(body) {
  const seen = []
  let wake = () => {}
  const stop = watch(body, ({ value, state }) => {
    seen.push(`${value} ${state}`)
    wake()
  })
  const until = async (wanted) => {
    while (seen.at(-1) !== wanted) await new Promise((go) => (wake = go))
    return seen
  }
  return { seen, stop, until }
}

test("W6 an optimistic value is shown at once, and is never current", async () => {
  const key = fresh()
  const { seen, stop, until } = shown(() => kit.get(key))
  await until("0 current")
  const put = kit.put.optimistic((name, value) => [patch(kit.get, [name], () => value)])
  const done = put(key, 7)
  await until("7 updating")
  assert.equal(await done, 7)
  await until("7 current")
  assert.deepEqual(seen.filter((each) => each.endsWith("current")), ["0 current", "7 current"])
  assert.ok(!seen.slice(seen.indexOf("7 updating")).some((each) => each.startsWith("0")), String(seen))
  stop()
})

test("W6 it is rolled back and told if its command fails", async () => {
  const key = fresh()
  const { seen, stop, until } = shown(() => kit.doubled(key))
  await until("0 current")
  const fail = kit.put_and_fail.optimistic((name, value) => [patch(kit.doubled, [name], () => 2 * value + 1)])
  await assert.rejects(fail(key, 4), { code: "declared" })
  assert.ok(seen.includes("9 updating"))
  await until("8 current") // it failed after it had written
  const failed = failures.list.at(-1)
  assert.deepEqual([failed.method, failed.args, failed.error.code], ["kit.put_and_fail", [key, 4], "declared"])
  failures.dismiss(failed)
  assert.ok(!failures.list.includes(failed))
  stop()
})

test("W6 whoever reads outside of a watch never gets it", async () => {
  const key = fresh()
  const twice = computed(async (name) => 2 * (await kit.get(name)))
  const { stop, until } = shown(() => twice(key))
  await until("0 current")
  const put = kit.put.optimistic((name) => [patch(kit.get, [name], () => 1000)])
  const done = put(key, 3)
  await until("2000 updating")
  const [read, made] = await Promise.all([kit.get(key), twice(key)])
  assert.notEqual(read, 1000)
  assert.notEqual(made, 2000)
  await done
  await until("6 current")
  stop()
})

test("W6 patches of several commands stand over each other", async () => {
  const key = fresh()
  const { seen, stop, until } = shown(() => kit.get(key))
  await until("0 current")
  const add = kit.put.optimistic((name) => [patch(kit.get, [name], (value) => value + 100)])
  const fail = kit.put_and_fail.optimistic((name) => [patch(kit.get, [name], (value) => value + 7)])
  const both = Promise.allSettled([add(key, 1), fail(key, 2)])
  await until("107 updating")
  await both
  await until("2 current")
  assert.ok(!seen.includes("7 current"))
  stop()
})

test("W6 a patch over nothing shows nothing", async () => {
  const key = fresh()
  const put = kit.put.optimistic((name) => [patch(kit.get, [name], () => 1000)])
  assert.equal(await put(key, 1), 1)
  assert.equal(await kit.get(key), 1)
  assert.throws(() => patch(() => 1, [], () => 2), TypeError)
})

test("a failure can be tried again", async () => {
  const lists = []
  const stop = failures.watch((list) => lists.push(list.length))
  const before = failures.list.length
  await assert.rejects(kit.put_and_fail(fresh(), 1))
  const failed = failures.list.at(-1)
  await assert.rejects(failed.again(), { code: "declared" })
  assert.ok(!failures.list.includes(failed))
  assert.equal(failures.list.length, before + 1)
  assert.deepEqual(lists, [before, before + 1, before, before + 1])
  stop()
})

test("a computed over several results is made again when one changes", async () => {
  const [one, two] = [fresh(), fresh()]
  let made = 0
  const sum = computed(async (first, second) => {
    made += 1
    const [a, b] = await Promise.all([kit.get(first), kit.get(second)])
    const again = await kit.doubled(first) // after a foreign await
    return a + b + again
  })
  assert.equal(await sum(one, two), 0)
  assert.equal(await sum(one, two), 0)
  assert.equal(made, 1)
  await kit.put(two, 5)
  assert.equal(await sum(one, two), 5)
  await kit.put(one, 1)
  assert.equal(await sum(one, two), 8)
  assert.equal(made, 3)
  assert.throws(() => sum({}), TypeError)
})
