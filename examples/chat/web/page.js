/** A room of a chat: who is here, what is said. */

import { connect, watch } from "./generated/fusion.js"
import { debugBar } from "./generated/fusion-debug.js"
import { Chat } from "./generated/chat.js"
import { Presence } from "./generated/presence.js"
import { Users } from "./generated/users.js"

const room = decodeURIComponent(location.hash.slice(1)) || "lobby"
const connection = connect("/fusion")
const chat = connection.client(Chat)
const presence = connection.client(Presence)
const users = connection.client(Users)
const place = `rooms/${room}`

const at = (id) => document.getElementById(id)

function element(tag, ...content) {
  const made = document.createElement(tag)
  made.append(...content)
  return made
}

/** Shows what a call returns, each part by an element, for as long as the page is open. */
function show(id, call, part) {
  watch(call, ({ value = [], state }) => {
    at(id).className = state
    at(id).replaceChildren(...value.map(part))
  })
}

show("people", () => presence.who(place), ({ name }) => element("li", name))
show("messages", () => chat.messages(room), ({ name, text }) => element("li", element("b", name), " ", text))
show("rooms", () => chat.rooms(), (name) => {
  const link = element("a", name)
  link.href = `#${encodeURIComponent(name)}`
  return link
})

watch(() => users.get(), ({ value: me }) => {
  at("sign-in").hidden = me !== null
  at("signed-in").hidden = !me
  at("name").textContent = me?.name ?? ""
})

connection.onStatus((status) => (at("banner").hidden = status !== "offline"))

/** Is here, for as long as the page is open: again whenever the connection was lost. */
async function stay() {
  for (;;) {
    try {
      for await (const _ of presence.stay(place));
    } catch {
      await new Promise((again) => setTimeout(again, 500))
    }
  }
}

/** Does it, and says why if it could not be done. */
async function tried(command) {
  at("failed").textContent = ""
  await command.catch((error) => (at("failed").textContent = error.message))
}

at("say").onsubmit = async (event) => {
  event.preventDefault()
  const form = event.target
  await tried(chat.say(room, new FormData(form).get("text")))
  form.reset()
}
at("sign-out").onclick = () => tried(users.sign_out())
at("everywhere").onclick = () => tried(users.sign_out_everywhere())
addEventListener("hashchange", () => location.reload())
debugBar({ kill: "/debug/kill" })
stay()
