/** An application of the contract of `tests/conformance`, as strict as TypeScript can be. */

import { computed, connect, failures, patch, watch, type Changes, type Shown } from "./conformance/fusion.js"
import { debugBar } from "./conformance/fusion-debug.js"
import { useCommand, useComputed } from "./conformance/fusion-react.js"
import { Kit, Short, Size, type KitClient, type Point, type Scalars } from "./conformance/kit.js"

const connection = connect(["/fusion", "https://other.example/fusion"], { cache: "ann" })
const kit: KitClient = connection.client(Kit)

async function uses(scalars: Scalars): Promise<void> {
  const whole: number = await kit.get("a")
  const put: number = await kit.put("a", 2n ** 70n)
  const text: string = await kit.echo_default("a", Size.LARGE, whole + put)
  const small: Size = "s"
  await kit.seen({ type: "Decimal", value: "1.10" })
  await kit.seen_as(1, "1", scalars.at, small)
  const nothing: void = await kit.with_options({ timeout: 2, signal: AbortSignal.timeout(1) }).trouble(text)
  const points: AsyncGenerator<Point, void, void> = kit.count(3)
  for await (const { x, y } of points) console.log(x + y)
  const [head, rest] = await kit.open(3)
  console.log(head.length, rest, nothing)
  const changes: Changes<number> = kit.changes.doubled("a")
  for await (const shown of changes) if (shown.state === "current") break
  console.log(kit.peek.get("a")?.value.toFixed(), (await kit.computed.get("a")).proven)
  const add = kit.put.optimistic((key, value) => [patch(kit.get, [key], (before) => before + Number(value))])
  await add("a", 3)
}

// @ts-expect-error -- an argument of another type
void kit.get(3)
// @ts-expect-error -- no member of the enum
void kit.echo_default("a", "huge")
// @ts-expect-error -- a union says which member it is
void kit.seen("1")
// @ts-expect-error -- a stream is no promise
void kit.count(3).then()

const sum = computed(async (key: string, times: number) => (await kit.get(key)) * times)
const stop: () => void = watch(() => sum("a", 2), ({ value, error, state }) => {
  if (error instanceof Short) console.log(error.code, error.data)
  else if (state !== "loading") console.log(value?.toFixed())
}, { delay: 1 })

export function Component({ name }: { name: string }): string {
  const shown: Shown<number> = useComputed(() => kit.doubled(name), [name])
  const { run, running } = useCommand(kit.put)
  void run(name, 1).then((value: number | undefined) => value)
  return `${shown.value} ${running}`
}

void failures.watch((list) => list.at(-1)?.again())
void connection.forget().then(stop)
debugBar({ kill: "/kill" }).remove()
void uses
