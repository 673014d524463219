/** Reads of results that are stale as they come. */

import assert from "node:assert/strict"
import { test } from "node:test"

const { FUSION_GENERATED: generated } = process.env
const { Graph } = await import(`${generated}/fusion/graph.js`)
const { read } = await import(`${generated}/fusion/reading.js`)
const { Replica } = await import(`${generated}/fusion/replica.js`)
const { any, encode } = await import(`${generated}/fusion/types.js`)

/** A peer whose host has answered all fences, or not; `asked` are the calls that it was given. */
class Peer {
  asked = []

  constructor(waiting) {
    this.session = { live: true, fences: { waiting }, calls: { suspended: new Set() } }
  }

  ask(call) {
    call.session = this.session
    this.asked.push(call)
  }

  release() {}
}

/** What a read gives whose first result comes stale, while a fence waits or not; and how often was asked. */
async function staleAsItComes(waiting, come) {
  const graph = new Graph()
  const peer = new Peer(waiting)
  const method = { name: "kit.get", service: { name: "kit" }, id: 1, result: any, idempotent: false }
  const find = () => graph.find("k") ?? new Replica(graph, "k", peer, method, new Uint8Array())
  const reading = read(find, "kit.get", { timeout: Number.POSITIVE_INFINITY }).catch((error) => error.code)
  come(peer.asked[0])
  peer.asked[0].invalidated("it is stale")
  await new Promise((resolve) => setTimeout(resolve))
  peer.session.fences.waiting = false
  peer.asked[1]?.completed(encode(any, "new"), true)
  return [await reading, peer.asked.length]
}

test("W5 what is stale as it comes, before a fence is passed, is asked for anew", async () => {
  const old = (call) => call.completed(encode(any, "old"), true)
  assert.deepEqual(await staleAsItComes(true, old), ["new", 2])
  assert.deepEqual(await staleAsItComes(false, old), ["old", 1])
})

test("W5 and so is an error that is held", async () => {
  const fails = (call) => call.failed({ code: "internal", message: "", data: new Uint8Array() }, true)
  assert.deepEqual(await staleAsItComes(true, fails), ["new", 2])
  assert.equal((await staleAsItComes(false, fails))[1], 1)
})
