/** Two services on two hosts, of which one is made from the other. */

import assert from "node:assert/strict"
import { after, test } from "node:test"

const { FUSION_SHOP: generated, FUSION_SHOP_URL: url } = process.env
const { computed, connect, watch } = await import(`${generated}/fusion.js`)
const { Products } = await import(`${generated}/products.js`)
const { Carts } = await import(`${generated}/carts.js`)

const connection = connect(url)
const products = connection.client(Products)
const carts = connection.client(Carts)
after(() => connection.close())

/** Somebody else's page. */
const other = connect(url)
after(() => other.close())

/** What is watched, each time that it is shown. */
function shown(body, options) {
  const seen = []
  let wake = () => {}
  const stop = watch(body, ({ value, state }) => {
    seen.push(`${value} ${state}`)
    wake()
  }, options)
  const until = async (wanted) => {
    while (seen.at(-1) !== wanted) await new Promise((go) => (wake = go))
  }
  return { seen, stop, until }
}

test("W5 a command of one service is seen by the next read of another one", async () => {
  await carts.put({ id: "read", items: [{ product: "pen", quantity: 1 }] })
  for (let price = 1; price <= 30; price += 1) {
    await products.set_price("pen", String(price))
    assert.equal(await carts.total("read"), String(price))
  }
})

test("W5 nothing that a command has changed is shown as current after it", async () => {
  await carts.put({ id: "shown", items: [{ product: "cup", quantity: 1 }] })
  const { seen, stop, until } = shown(() => carts.total("shown"), { delay: 3600 })
  for (let price = 1; price <= 10; price += 1) {
    await products.set_price("cup", String(price))
    const before = seen.length
    await until(`${price} current`)
    const stale = seen.slice(before).filter((each) => each.endsWith("current") && each !== `${price} current`)
    assert.deepEqual(stale, [])
  }
  stop()
})

test("a computed over two services is made again when either changes", async () => {
  await products.put({ id: "hat", price: "10" })
  await carts.put({ id: "both", items: [] })
  let made = 0
  const wearing = computed(async (id) => {
    made += 1
    const cart = await carts.get(id)
    const hat = await products.get("hat")
    return `${cart.items.length} things, a hat is ${hat.price}`
  })
  const { stop, until } = shown(() => wearing("both"))
  await until("0 things, a hat is 10 current")
  await until("0 things, a hat is 10 current")
  assert.equal(made, 1)
  await other.client(Products).set_price("hat", "12")
  await until("0 things, a hat is 12 current")
  await other.client(Carts).put({ id: "both", items: [{ product: "hat", quantity: 1 }] })
  await until("1 things, a hat is 12 current")
  assert.equal(made, 3)
  assert.equal(await wearing("both"), "1 things, a hat is 12")
  assert.equal(made, 3)
  stop()
})
