/** Things to do in one folder, by the browser alone: no framework, no build. */

import { computed, connect, failures, patch, watch } from "./generated/fusion.js"
import { debugBar } from "./generated/fusion-debug.js"
import { Todos } from "./generated/todos.js"

const folder = new URLSearchParams(location.search).get("folder") ?? "home"
const connection = connect("/fusion")
const todos = connection.client(Todos)

const at = (id) => document.getElementById(id)

/** All items of the folder: made from one result for the list, and one for each item. */
const items = computed(async (name) => Promise.all((await todos.items(name)).map((id) => todos.get(id))))

const tick = todos.tick.optimistic((id, done) => [patch(todos.get, [id], (item) => item && { ...item, done })])

function row(item) {
  const element = document.createElement("li")
  const title = document.createElement("label")
  const box = document.createElement("input")
  const remove = document.createElement("button")
  box.type = "checkbox"
  box.className = "tick"
  box.checked = item.done
  box.onchange = () => tick(item.id, box.checked).catch(() => {}) // `failures` tells it
  title.append(box, " ", item.title)
  title.className = item.done ? "title done" : "title"
  remove.textContent = "Remove"
  remove.onclick = () => todos.remove(item.id).catch(() => {})
  element.append(title, remove)
  return element
}

watch(
  () => items(folder),
  ({ value = [], state }) => {
    at("items").className = state
    at("items").replaceChildren(...value.filter(Boolean).map(row))
  },
)

watch(
  () => todos.summary(folder),
  ({ value, state }) => {
    at("total").className = state
    at("total").textContent = value ? `${value.done} of ${value.items} done` : "…"
  },
)

connection.onStatus((status) => {
  at("banner").hidden = status === "connected"
  at("banner").textContent = status === "connected" ? "" : "Offline: this is what was there last."
})

failures.watch((list) => {
  const failed = list.at(-1)
  at("failed").textContent = failed ? `${failed.method}: ${failed.error.message}` : ""
  at("failed").onclick = () => failed && failures.dismiss(failed)
})

at("add").onsubmit = async (event) => {
  event.preventDefault()
  const form = event.target
  await todos.add(folder, new FormData(form).get("title")).catch(() => {})
  form.reset()
}

debugBar({ kill: "/debug/kill" })
