/** A sheet of numbers with its sums, each asked for by itself, and all of them shown together. */

import { connect, watch } from "./generated/fusion.js"
import { debugBar } from "./generated/fusion-debug.js"
import { Harvest } from "./generated/harvest.js"

const connection = connect("/fusion")
const harvest = connection.client(Harvest)
const at = (id) => document.getElementById(id)

/** The whole sheet: sixteen results of the server, and whatever of them changes makes it anew. */
async function sheet() {
  const orchards = await harvest.orchards()
  const fruits = await harvest.fruits()
  const row = (orchard) => Promise.all([...fruits.map((fruit) => harvest.baskets(orchard, fruit)), harvest.of_orchard(orchard)])
  const last = Promise.all([...fruits.map((fruit) => harvest.of_fruit(fruit)), harvest.total()])
  return { orchards, fruits, rows: await Promise.all([...orchards.map(row), last]) }
}

const sum = (numbers) => numbers.reduce((all, each) => all + each, 0)

/** Whether each sum is that of the numbers that are shown beside it. */
function agrees({ rows }) {
  const columns = rows[0].map((_, column) => rows.map((row) => row[column]))
  return [...rows, ...columns].every((line) => sum(line.slice(0, -1)) === line.at(-1))
}

function cell(orchard, fruit, number) {
  const button = document.createElement("button")
  button.textContent = number
  button.onclick = () => harvest.pick(orchard, fruit)
  return button
}

function line(...cells) {
  const made = document.createElement("tr")
  cells.forEach((content, index) => {
    const box = document.createElement(index ? "td" : "th")
    box.append(content)
    made.append(box)
  })
  return made
}

let drawn = 0
let disagreed = 0

function draw({ value, error, state }) {
  at("sheet").className = state
  if (error) at("told").textContent = error.message
  if (state !== "current" || error) return // some of it may be newer than the rest: what is drawn stays, dimmed
  const { orchards, fruits, rows } = value
  at("sheet").replaceChildren(
    line("", ...fruits, "sum"),
    ...orchards.map((orchard, r) => line(orchard, ...fruits.map((fruit, f) => cell(orchard, fruit, rows[r][f])), rows[r].at(-1))),
    line("sum", ...rows.at(-1)),
  )
  drawn += 1
  disagreed += agrees(value) ? 0 : 1
  at("told").textContent = `Drawn ${drawn} times; the sums disagreed ${disagreed} times.`
}

let stop = () => {}

function watchWith(delay) {
  stop()
  stop = watch(sheet, draw, { delay })
  at("chosen").textContent = `${delay} s`
}

at("delay").oninput = () => watchWith(at("delay").valueAsNumber)
at("busy").onchange = async () => {
  const any = (names) => names[Math.floor(Math.random() * names.length)]
  try {
    while (at("busy").checked) await harvest.pick(any(await harvest.orchards()), any(await harvest.fruits()))
  } finally {
    at("busy").checked = false // its server may be lost
  }
}

connection.onStatus((status) => {
  at("server").textContent = status === "connected" ? `by the server at ${new URL(connection.gateway).host}` : "offline: this is what was there last"
})
const asked = Number(new URLSearchParams(location.search).get("delay") ?? 1)
at("delay").value = asked
watchWith(asked)
debugBar({ kill: "/debug/kill" })
