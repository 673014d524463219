/** A bar that does to a page what otherwise happens to it: for demonstrations, and while it is made. */

import { page } from "./fusion/page.js"
import { recompute } from "./fusion/watching.js"

const STYLE = `
  :host { position: fixed; inset: auto 0 0 0; display: flex; gap: .35rem; align-items: center; padding: .4rem .75rem; white-space: nowrap;
    font: 13px/1.4 system-ui, sans-serif; color: #ddd; background: #222; }
  button { font: inherit; color: inherit; background: #444; border: 0; border-radius: 4px; padding: .15rem .5rem; cursor: pointer; }
  button:hover { background: #666; }
  button:disabled { opacity: .4; cursor: default; }
  output { margin-inline-start: auto; }
`

/**
 * Puts the bar below the page. "Invalidate": all that is cached is stale, and asked for again as if others had changed
 * it. "Recompute": what functions of the page have made is made again at once, of what hosts hold for it. "Disconnect":
 * as if the network were gone, until "Connect".
 *
 * @param {{ kill?: string }} [options] kill: a path of the application, where a `POST` kills the server that answers it:
 *   the one that the page is connected to.
 * @returns {HTMLElement} The bar.
 */
export function debugBar({ kill } = {}) {
  const bar = document.createElement("fusion-debug-bar")
  const root = bar.attachShadow({ mode: "open" })
  const style = document.createElement("style")
  const told = document.createElement("output")
  style.textContent = STYLE
  const link = button("Disconnect", () => {
    for (const { link } of page.connections) page.connected ? link.cut() : link.wake()
  })
  root.append(style)
  root.append(
    button("Invalidate", () => page.graph.clear("the debug bar says so")),
    button("Recompute", recompute),
    link,
  )
  if (kill !== undefined) root.append(button("Kill server", () => void killed(kill)))
  root.append(told)
  const show = () => {
    link.textContent = page.connected ? "Disconnect" : "Connect"
    told.textContent = `${page.graph.size} cached`
  }
  document.body.append(bar)
  const timer = setInterval(() => (bar.isConnected ? show() : clearInterval(timer)), 250)
  show()
  return bar
}

/** Kills the servers that the page is connected to; they cannot answer. @param {string} path */
function killed(path) {
  for (const { link } of page.connections) fetch(new URL(path, link.gateway), { method: "POST", mode: "no-cors" }).catch(() => {})
}

/** @param {string} text @param {() => unknown} does */
function button(text, does) {
  const made = document.createElement("button")
  made.textContent = text
  made.onclick = () => void does()
  return made
}
