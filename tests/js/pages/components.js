/** Two components that show the same, in strict mode, beside one that suspends; and one that calls a command. */

import "./recorded.js"

import * as dom from "dom"
import { createElement as h, StrictMode, Suspense, useState } from "react"

import { connect } from "/generated/fusion.js"
import { useCommand, useComputed } from "/generated/fusion-react.js"
import { Kit } from "/generated/kit.js"

const kit = connect("/fusion").client(Kit)
window.kit = kit
window.renders = 0

/** Suspends at first, and then throws its state away, as libraries do that load data. */
let ready = false
const loading = new Promise((go) => setTimeout(go, 50)).then(() => (ready = true))

function Total({ id, name = "a", suspends = false }) {
  window.renders += 1
  const { value, state } = useComputed(() => kit.doubled(name), [name])
  if (suspends && !ready) throw loading
  return h("p", { id }, `${value} ${state}`)
}

function Add() {
  const { run, running, error } = useCommand(kit.put)
  const fail = useCommand(kit.put_and_fail)
  return [
    h("button", { key: 1, id: "add", onClick: () => run("a", 21) }, running ? "…" : "add"),
    h("button", { key: 2, id: "fail", onClick: () => fail.run("a", 1) }, fail.error ? fail.error.message : "fail"),
    h("p", { key: 3, id: "error" }, String(error)),
  ]
}

function Page() {
  const [name, setName] = useState("a")
  const [there, setThere] = useState(true)
  return [
    there && h(Total, { key: 1, id: "one", name }),
    h(Total, { key: 2, id: "two" }),
    h(Suspense, { key: 3, fallback: h("p", { id: "three" }, "waits") }, h(Total, { id: "three", suspends: true })),
    h(Add, { key: 4 }),
    h("button", { key: 5, id: "other", onClick: () => setName("b") }, "other"),
    h("button", { key: 6, id: "leave", onClick: () => setThere(false) }, "leave"),
  ]
}

const root = document.getElementById("root")
const page = h(StrictMode, null, h(Page))
if (dom.createRoot) dom.createRoot(root).render(page)
else dom.render(page, root)
