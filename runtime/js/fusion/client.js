/** Typed clients: the methods of a contract, as its generated module says (W1, W5). */

import { Answered } from "./asking.js"
import { ArgumentError, Cancelled } from "./errors.js"
import { tellFailure } from "./failures.js"
import { Kind } from "./frames.js"
import { lay, overlay } from "./optimistic.js"
import { page } from "./page.js"
import { read } from "./reading.js"
import { Replica } from "./replica.js"
import { scope } from "./scope.js"
import { Incoming, Upload } from "./sending.js"
import { decode, within } from "./types.js"
import { Writer } from "./msgpack.js"
import { changesOf, own } from "./watching.js"

/** Seconds that a call may take. */
const TIMEOUT = 10

/** @typedef {import("./peer.js").Peers} Peers @typedef {import("./peer.js").Peer} Peer */
/** @typedef {import("./service.js").Service} Service @typedef {import("./service.js").Method} Method */
/** @typedef {{ timeout?: number, signal?: AbortSignal, stale_ok?: boolean }} CallOptions */
/** @typedef {(...args: unknown[]) => any} Callable */

/**
 * A client of a service, with the methods of its contract; and `changes`, `computed` and `peek`, which have those
 * of its compute methods, as in Python.
 *
 * @param {Service} service
 * @param {Peers} peers
 * @param {CallOptions} [options]
 * @returns {any}
 */
export function makeClient(service, peers, options = {}) {
  const peer = peers.peer(service.name)
  /** @type {Record<string, any>} */
  const client = {
    changes: {},
    computed: {},
    peek: {},
    /** @param {CallOptions} more */
    with_options: (more) => makeClient(service, peers, { ...options, ...more }),
  }
  for (const [name, method] of Object.entries(service.methods)) {
    const call = new Calling(method, peer, peers, options)
    client[name] = call.caller()
    callings.set(client[name], call)
    if (method.kind === Kind.COMMAND) client[name].optimistic = optimistically(method.name, client[name])
    if (method.kind !== Kind.COMPUTE) continue
    const reading = client[name]
    client.changes[name] = (/** @type {unknown[]} */ ...args) => changesOf(() => reading(...args))
    client.computed[name] = (/** @type {unknown[]} */ ...args) => call.computed(args)
    client.peek[name] = (/** @type {unknown[]} */ ...args) => call.peek(args)
  }
  return client
}

/** @type {WeakMap<Function, Calling>} By the functions of clients. */
const callings = new WeakMap()

/** @typedef {{ key: string, change: (value: any) => any }} Patch */

/**
 * What a command does to the result of a compute method, for `optimistic`.
 *
 * @param {Function} method `todos.list`.
 * @param {unknown[]} args Of which result.
 * @param {(value: any) => any} change What it will be; it makes a new value, and changes none.
 * @returns {Patch}
 */
export function patch(method, args, change) {
  const call = callings.get(method)
  if (call === undefined) throw new TypeError("patch takes a method of a client: patch(todos.list, [\"home\"], …)")
  return { key: call.key(args), change }
}

/** @param {string} name @param {Callable} command */
const optimistically = (name, command) => (/** @type {(...args: unknown[]) => Patch[]} */ patches) =>
  (/** @type {unknown[]} */ ...args) => own(name, async () => {
    const laid = patches(...args).map(({ key, change }) => lay(key, change))
    const end = (/** @type {boolean} */ succeeded) => laid.forEach((over) => over(succeeded))
    try {
      const result = await command(...args)
      end(true)
      return result
    } catch (error) {
      end(false)
      throw error
    }
  })

/** How one method is called. */
class Calling {
  #method
  #peer
  #peers
  #options
  #timeout

  /** @param {Method} method @param {Peer} peer @param {Peers} peers @param {CallOptions} options */
  constructor(method, peer, peers, options) {
    this.#method = method
    this.#peer = peer
    this.#peers = peers
    this.#options = options
    this.#timeout = options.timeout ?? TIMEOUT
  }

  /** @returns {Callable} */
  caller() {
    const { kind, head, parameters } = this.#method
    const sends = parameters.some(([, parameter]) => "items" in parameter)
    if (kind === Kind.COMPUTE) return (...args) => this.#read(args)
    if (kind === Kind.COMMAND) return (...args) => own(this.#method.name, () => this.#told(args, sends))
    if (kind === Kind.STREAM) return head ? (...args) => this.#open(args, head) : (...args) => this.#stream(args)
    return async (...args) => (sends ? this.#send(args) : this.#call(args, kind, ""))
  }

  /** What a result is found by. @param {unknown[]} args */
  key(args) {
    return this.#key(encodeArguments(this.#method, args))
  }

  /** @param {Uint8Array} bytes */
  #key(bytes) {
    return `${this.#peers.cid} ${this.#method.name} ${bytes.reduce((text, byte) => text + String.fromCharCode(byte), "")}`
  }

  /** @param {unknown[]} args */
  #finder(args) {
    const bytes = encodeArguments(this.#method, args)
    const key = this.#key(bytes)
    return () => {
      const over = scope().scope && overlay(key)
      return over || page.graph.find(key) || new Replica(page.graph, key, this.#peer, this.#method, bytes)
    }
  }

  /** @param {unknown[]} args */
  #read(args) {
    const { signal, stale_ok } = this.#options
    try {
      return read(this.#finder(args), this.#method.name, { timeout: this.#timeout, ...(signal && { signal }), ...(stale_ok && { stale_ok }) })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** @param {unknown[]} args */
  async computed(args) {
    const find = this.#finder(args)
    const computed = find()
    await read(find, this.#method.name, { timeout: this.#timeout }).catch(() => {})
    return computed
  }

  /** @param {unknown[]} args */
  peek(args) {
    const computed = page.graph.find(this.key(args))
    return computed?.state === "consistent" ? computed : null
  }

  /** @param {unknown[]} args @param {number} kind @param {string} operation */
  async #call(args, kind, operation) {
    const { signal } = this.#options
    const asked = new Answered(this.#peer, this.#method, encodeArguments(this.#method, args), kind, this.#timeout)
    asked.operation = operation
    const payload = await asked.send(signal)
    return kind === Kind.ONEWAY ? undefined : decode(this.#method.result, payload)
  }

  /** A command whose failure is listed. @param {unknown[]} args @param {boolean} sends @returns {Promise<any>} */
  async #told(args, sends) {
    try {
      return await this.#command(args, sends)
    } catch (error) {
      if (!(error instanceof Cancelled)) tellFailure(this.#method.name, args, error, () => own(this.#method.name, () => this.#told(args, sends)))
      throw error
    }
  }

  /** @param {unknown[]} args @param {boolean} sends */
  async #command(args, sends) {
    const operation = crypto.randomUUID().replaceAll("-", "")
    const result = sends ? await this.#send(args, operation) : await this.#call(args, Kind.COMMAND, operation)
    await this.#peers.reflected()
    return result
  }

  /** @param {unknown[]} args @param {string} [operation] */
  #incoming(args, operation = "") {
    const { upload, rest } = parted(this.#method, args)
    const single = this.#method.kind !== Kind.STREAM
    const timeout = single ? this.#timeout : Infinity
    const asked = new Incoming(this.#peer, this.#method, encodeArguments(this.#method, rest), timeout, upload)
    asked.operation = operation
    return asked
  }

  /** @param {unknown[]} args @param {string} [operation] */
  async #send(args, operation) {
    const incoming = this.#incoming(args, operation)
    return decode(this.#method.result, await incoming.only(this.#options.signal))
  }

  /** @param {unknown[]} args */
  async *#stream(args) {
    yield* this.#incoming(args).rest(this.#method.result)
  }

  /** What comes before a stream, and the stream. @param {unknown[]} args @param {import("./types.js").Codec<any>} head */
  async #open(args, head) {
    const incoming = this.#incoming(args)
    const first = await incoming.take()
    if (first === null) throw new ArgumentError(this.#method.name, "its host sent nothing before the stream")
    return [...decode(head, first), incoming.rest(this.#method.result)]
  }
}

/** What is sent with a call, and its other arguments. @param {Method} method @param {unknown[]} args */
function parted(method, args) {
  const at = method.parameters.findIndex(([, parameter]) => "items" in parameter)
  const parameter = method.parameters[at]?.[1]
  if (parameter === undefined || !("items" in parameter)) return { upload: null, rest: args }
  const items = /** @type {any} */ (args[at])
  if (typeof items?.[Symbol.asyncIterator] !== "function" && typeof items?.[Symbol.iterator] !== "function") {
    throw new ArgumentError(method.name, `${method.parameters[at]?.[0]}: expected something to iterate over`)
  }
  return { upload: new Upload(items, parameter.items), rest: args.filter((_, index) => index !== at) }
}

/** All of a call's arguments, defaults filled in. @param {Method} method @param {unknown[]} args */
function encodeArguments(method, args) {
  const parameters = method.parameters.filter(([, parameter]) => !("items" in parameter))
  if (args.length > parameters.length) {
    throw new ArgumentError(method.name, `takes ${parameters.length} arguments, got ${args.length}`)
  }
  const writer = new Writer()
  writer.array(parameters.length)
  parameters.forEach(([name, parameter], index) => {
    const codec = "codec" in parameter ? parameter.codec : /** @type {import("./types.js").Codec<any>} */ (parameter)
    const value = args[index] === undefined && "given" in parameter ? parameter.given : args[index]
    try {
      within(`.${name}`, () => codec.write(writer, value))
    } catch (error) {
      throw error instanceof TypeError ? new ArgumentError(method.name, `${name}: ${error.message}`) : error
    }
  })
  return writer.bytes()
}
