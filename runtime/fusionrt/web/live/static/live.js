// Marks components of which nothing was heard for a while, and looks for their server again.
(() => {
  const SILENT = 12000 // milliseconds; a server says every 5 s that it is there
  const AGAIN = 2000
  const heard = new WeakMap()
  const all = () => document.querySelectorAll("[data-live]")
  const of = (event) => event.target.closest?.("[data-live]")
  const mark = (element, offline) => element?.toggleAttribute("data-live-offline", offline)

  document.addEventListener("htmx:sse:after:message", (event) => {
    const element = of(event)
    if (element) heard.set(element, Date.now())
    mark(element, false)
  })
  for (const lost of ["htmx:sse:error", "htmx:sse:close", "htmx:error"]) {
    document.addEventListener(lost, (event) => mark(of(event), true))
  }
  setInterval(() => {
    for (const element of all()) {
      if (Date.now() - (heard.get(element) ?? performance.timeOrigin) > SILENT) mark(element, true)
      if (!element.hasAttribute("data-live-offline") || document.hidden || element._htmx?.sse) continue
      htmx.ajax("GET", element.getAttribute("hx-sse:connect"), { source: element })
    }
  }, AGAIN)
})()
