/** A gateway that does not come back: streams end with the cause, to whichever end they go. */

import assert from "node:assert/strict"
import { test } from "node:test"

const { FUSION_GENERATED: generated, FUSION_URLS: url } = process.env
const { connect } = await import(`${generated}/fusion.js`)
const { Kit } = await import(`${generated}/kit.js`)

/** One, and then nothing. */
async function* one() {
  yield 1
  await new Promise(() => {})
}

test("D18 streams end in an outage that their host does not remember", async () => {
  const connection = connect(url)
  const kit = connection.client(Kit)
  const points = kit.moved(1, (async function* () {
    for await (const x of one()) yield { x, y: 0.5 }
  })())[Symbol.asyncIterator]()
  assert.equal((await points.next()).value.x, 2)
  const reading = points.next()
  const sending = kit.total(one())
  const alive = setInterval(() => {}, 1000)
  console.log("stop")
  for (const ending of [reading, sending]) {
    await assert.rejects(ending, (error) => error.code === "unavailable" && error.mayHaveRun && /no connection/.test(error.message))
  }
  clearInterval(alive)
  connection.close()
})
