/** The same with React, without a build: `h` where a project with one has JSX. */

import { createElement as h } from "react"
import { createRoot } from "react-dom/client"

import { computed, connect, patch } from "./generated/fusion.js"
import { debugBar } from "./generated/fusion-debug.js"
import { useCommand, useComputed } from "./generated/fusion-react.js"
import { Todos } from "./generated/todos.js"

const folder = new URLSearchParams(location.search).get("folder") ?? "home"
const todos = connect("/fusion").client(Todos)

/** All items of a folder: made from one result for the list, and one for each item. */
const items = computed(async (name) => Promise.all((await todos.items(name)).map((id) => todos.get(id))))

const optimistic = todos.tick.optimistic((id, done) => [patch(todos.get, [id], (item) => item && { ...item, done })])

function Item({ id, title, done }) {
  const tick = useCommand(optimistic)
  const remove = useCommand(todos.remove)
  const box = h("input", { type: "checkbox", className: "tick", checked: done, onChange: () => tick.run(id, !done) })
  return h(
    "li",
    null,
    h("label", { className: done ? "title done" : "title" }, box, " ", title),
    h("button", { onClick: () => remove.run(id), disabled: remove.running }, "Remove"),
  )
}

function Total() {
  const { value, state } = useComputed(() => todos.summary(folder))
  return h("p", { id: "total", className: state }, value ? `${value.done} of ${value.items} done` : "…")
}

function Page() {
  const { value = [], state } = useComputed(() => items(folder))
  const add = useCommand(todos.add)
  const submit = (event) => {
    event.preventDefault()
    const form = event.target
    add.run(folder, new FormData(form).get("title")).then(() => form.reset())
  }
  return [
    state === "offline" && h("p", { key: 1, id: "banner" }, "Offline: this is what was there last."),
    h("h1", { key: 2 }, "Things to do"),
    h(Total, { key: 3 }),
    h("ul", { key: 4, id: "items", className: state }, value.filter(Boolean).map((item) => h(Item, { key: item.id, ...item }))),
    h("form", { key: 5, onSubmit: submit }, h("input", { name: "title", placeholder: "What?", required: true }), " ", h("button", null, "Add")),
    add.error && h("p", { key: 6 }, add.error.message),
  ]
}

createRoot(document.getElementById("page")).render(h(Page))
debugBar({ kill: "/debug/kill" })
