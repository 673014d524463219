/** What a page keeps of what it has read (G34). */

import assert from "node:assert/strict"
import { test } from "node:test"

const { FUSION_GENERATED: generated } = process.env
const { Computed, Graph } = await import(`${generated}/fusion/graph.js`)

const MANY = 20_000

/** What somebody watches; it counts how often it was looked at. */
class Watched extends Computed {
  static looks = 0
  static now = true

  get wanted() {
    Watched.looks += 1
    return Watched.now
  }
}

test("G34 a page that watches more than it would keep is not looked through for each result more", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const graph = new Graph()
  const add = (made, name) => {
    for (let number = 0; number < MANY; number += 1) new made(graph, `${name} ${number}`).complete(number)
  }
  add(Watched, "watched")
  assert.ok(Watched.looks < 30 * MANY)
  add(Computed, "read once")
  assert.ok(graph.size < 1.2 * MANY)
  Watched.now = false
  t.mock.timers.tick(15_000)
  new Computed(graph, "one more").complete(1)
  assert.equal(graph.size, 10_000)
})
