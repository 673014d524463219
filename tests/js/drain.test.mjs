/** A gateway that stops hands its pages over: nothing fails, and nothing is missed. */

import assert from "node:assert/strict"
import { test } from "node:test"

const { FUSION_GENERATED: generated, FUSION_URLS: urls } = process.env
const { connect, watch } = await import(`${generated}/fusion.js`)
const { Kit } = await import(`${generated}/kit.js`)

test("D22 a page moves to another gateway, and every command has its answer", async () => {
  const connection = connect(urls.split(" "))
  const kit = connection.client(Kit)
  const statuses = []
  const shown = []
  connection.onStatus((status) => statuses.push(status))
  watch(() => kit.doubled("moved"), ({ value, state }) => shown.push(`${value} ${state}`), { delay: 0 })
  while (shown.at(-1) !== "0 current") await new Promise((go) => setTimeout(go, 5))
  console.log("drain")
  let number = 0
  for (; statuses.filter((each) => each === "connected").length < 2; number += 1) {
    assert.equal(await kit.put("moved", number + 1), number + 1)
  }
  assert.equal(await kit.doubled("moved"), 2 * number)
  while (shown.at(-1) !== `${2 * number} current`) await new Promise((go) => setTimeout(go, 5))
  assert.ok(!statuses.includes("offline"), String(statuses))
  connection.close()
})
