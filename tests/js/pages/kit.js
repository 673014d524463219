/** Shows `doubled("a")`, and keeps what it has shown. */

import { connect, watch } from "/generated/fusion.js"
import { Kit } from "/generated/kit.js"

const options = new URLSearchParams(location.search)
const connection = connect(options.getAll("gateway"), options.has("user") ? { cache: options.get("user") } : {})
const kit = connection.client(Kit)

const show = (id, text) => {
  document.getElementById(id).textContent = text
}

/** Puts so many values, one after the other begins. */
window.putAll = (count) => {
  window.answered = 0
  window.outcomes = Promise.all(
    Array.from({ length: count }, async (_, number) => {
      await new Promise((go) => setTimeout(go, 4 * number))
      const outcome = await kit.put(`key ${number}`, number).catch((error) => error.code)
      window.answered += 1
      return outcome
    }),
  )
}

window.kit = kit
window.shown = []
window.statuses = []
connection.onStatus((status) => {
  show("status", status)
  window.statuses.push(status)
})
watch(
  () => kit.doubled("a"),
  ({ value, state }) => {
    show("value", String(value))
    show("state", state)
    window.shown.push({ value, state })
  },
  { delay: Number(options.get("delay") ?? 0) },
)
