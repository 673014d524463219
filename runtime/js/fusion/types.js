/**
 * Codecs: values of a declared type as msgpack, and back (W12).
 *
 * What JavaScript has no type for travels as its text, digit for digit: `Decimal`, dates, times,
 * durations, UUIDs. A whole number is a `number`, and a `bigint` where a number would not be exact.
 */

import { WireError } from "./errors.js"
import { readInstant, writeInstant } from "./instants.js"
import { Reader, Writer } from "./msgpack.js"

/** @typedef {import("./msgpack.js").Sort} Sort */

/**
 * A codec. forms: what its values are in JavaScript. wire: what they begin with on the wire. tag: what a record
 * calls itself.
 *
 * @template T
 * @typedef {{
 *   write(writer: Writer, value: T): void,
 *   read(reader: Reader): T,
 *   forms: string[],
 *   wire: Sort[],
 *   tag?: string | number,
 * }} Codec
 */

/** @param {string} wanted @param {unknown} value @returns {never} */
function misfit(wanted, value) {
  const found = value === null ? "null" : typeof value === "object" ? value.constructor?.name : typeof value
  throw new TypeError(`expected ${wanted}, got ${found}`)
}

/** @type {Codec<null>} */
export const none = {
  forms: ["null"],
  wire: ["nil"],
  write: (writer, value) => (value == null ? writer.nil() : misfit("null", value)),
  read: (reader) => (reader.nil() ? null : misfit("null", reader.kind)),
}

/** @type {Codec<boolean>} */
export const bool = {
  forms: ["boolean"],
  wire: ["bool"],
  write: (writer, value) => (typeof value === "boolean" ? writer.bool(value) : misfit("a boolean", value)),
  read: (reader) => reader.bool(),
}

/** @type {Codec<number | bigint>} */
export const int = {
  forms: ["number"],
  wire: ["int", "wide"],
  write(writer, value) {
    if (typeof value === "bigint" || Number.isSafeInteger(value)) return writer.int(value)
    return misfit("a whole number (a bigint beyond 2^53)", value)
  },
  read: (reader) => reader.int(),
}

/** @type {Codec<number>} */
export const float = {
  forms: ["number"],
  wire: ["float"],
  write: (writer, value) => (typeof value === "number" ? writer.float(value) : misfit("a number", value)),
  read: (reader) => reader.float(),
}

/** @type {Codec<string>} Also of all that travels as its text. */
export const text = {
  forms: ["string"],
  wire: ["str"],
  write(writer, value) {
    if (typeof value !== "string") misfit("a string", value)
    if (!value.isWellFormed()) throw new TypeError("a string has half a character (a lone surrogate)")
    writer.str(value)
  },
  read: (reader) => reader.str(),
}

/** @type {Codec<Uint8Array>} */
export const bytes = {
  forms: ["bytes"],
  wire: ["bin"],
  write: (writer, value) => (value instanceof Uint8Array ? writer.bin(value) : misfit("a Uint8Array", value)),
  read: (reader) => reader.bin(),
}

/** @type {Codec<string>} ISO 8601: with `Z` or an offset it is an instant, which comes back in UTC. */
export const datetime = {
  forms: ["string"],
  wire: ["str", "instant"],
  write(writer, value) {
    if (typeof value !== "string") misfit("a string in ISO 8601", value)
    writeInstant(writer, value)
  },
  read: (reader) => (reader.kind === "ext" ? readInstant(reader) : reader.str()),
}

/** @template T @param {Codec<T>} inner @returns {Codec<T | null>} */
export const optional = (inner) => ({
  forms: [...inner.forms, "null"],
  wire: [...inner.wire, "nil"],
  write: (writer, value) => (value == null ? writer.nil() : inner.write(writer, value)),
  read: (reader) => (reader.nil() ? null : inner.read(reader)),
})

/** @template T @param {Codec<T>} item @returns {Codec<T[]>} */
export const list = (item) => ({
  forms: ["array"],
  wire: ["array"],
  write(writer, value) {
    if (!Array.isArray(value)) misfit("an array", value)
    writer.array(value.length)
    value.forEach((each, index) => within(`[${index}]`, () => item.write(writer, each)))
  },
  read: (reader) => Array.from({ length: reader.array() }, () => item.read(reader)),
})

/** @template T @param {Codec<T>} item @returns {Codec<Set<T>>} In one order, so that it makes one key. */
export const set = (item) => ({
  forms: ["set"],
  wire: ["array"],
  write(writer, value) {
    if (!(value instanceof Set)) misfit("a Set", value)
    const items = Array.from(value, (each) => encode(item, each)).sort(compare)
    writer.array(items.length)
    for (const each of items) writer.raw(each)
  },
  read: (reader) => new Set(Array.from({ length: reader.array() }, () => item.read(reader))),
})

/** @param {Codec<any>[]} items @returns {Codec<any[]>} */
export const tuple = (...items) => ({
  forms: ["array"],
  wire: ["array"],
  write(writer, value) {
    if (!Array.isArray(value) || value.length !== items.length) misfit(`an array of ${items.length}`, value)
    writer.array(items.length)
    items.forEach((item, index) => within(`[${index}]`, () => item.write(writer, value[index])))
  },
  read(reader) {
    const length = reader.array()
    if (length !== items.length) throw new WireError(`expected ${items.length} items, got ${length}`)
    return items.map((item) => item.read(reader))
  },
})

/** @template T @param {Codec<T>} inner @returns {Codec<Record<string, T>>} A dict whose keys are text. */
export const table = (inner) => ({
  forms: ["object"],
  wire: ["map"],
  write(writer, value) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) misfit("an object", value)
    const entries = Object.entries(value)
    writer.map(entries.length)
    for (const [key, each] of entries) {
      text.write(writer, key)
      within(`.${key}`, () => inner.write(writer, each))
    }
  },
  read: (reader) =>
    Object.fromEntries(Array.from({ length: reader.map() }, () => [reader.str(), inner.read(reader)])),
})

/**
 * A dict with other keys. inMap: whether it travels as a map; else as pairs.
 *
 * @template K, V
 * @param {Codec<K>} key
 * @param {Codec<V>} inner
 * @param {boolean} inMap
 * @returns {Codec<Map<K, V>>}
 */
export const map = (key, inner, inMap) => ({
  forms: ["map"],
  wire: [inMap ? "map" : "array"],
  write(writer, value) {
    if (!(value instanceof Map)) misfit("a Map", value)
    if (inMap) writer.map(value.size)
    else writer.array(value.size)
    for (const [name, each] of value) {
      if (!inMap) writer.array(2)
      key.write(writer, name)
      within(`.${name}`, () => inner.write(writer, each))
    }
  },
  read(reader) {
    const length = inMap ? reader.map() : reader.array()
    return new Map(
      Array.from({ length }, () => {
        if (!inMap) reader.array()
        return [key.read(reader), inner.read(reader)]
      }),
    )
  },
})

/** @param {(string | number | bigint | boolean | null)[]} values @returns {Codec<any>} One of these. */
export const literal = (...values) => ({
  forms: values.map(formOf),
  wire: values.map(sortOf),
  write(writer, value) {
    const wire = value ?? null
    if (!values.includes(wire)) misfit(`one of ${values.join(", ")}`, value)
    any.write(writer, wire)
  },
  read(reader) {
    const value = any.read(reader)
    return values.includes(value) ? value : misfit(`one of ${values.join(", ")}`, value)
  },
})

/**
 * Whatever msgpack itself tells apart. A whole number that is declared nowhere to be a float is an
 * integer: for a float that is whole, give `new Float(1)`, as which it also arrives.
 *
 * @type {Codec<any>}
 */
export const any = {
  forms: ["any"],
  wire: [],
  write(writer, value) {
    if (value === null || value === undefined) writer.nil()
    else if (typeof value === "boolean") writer.bool(value)
    else if (typeof value === "bigint") writer.int(value)
    else if (value instanceof Float) writer.float(Number(value))
    else if (typeof value === "number") {
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.int(value)
      else writer.float(value)
    } else if (typeof value === "string") text.write(writer, value)
    else if (value instanceof Uint8Array) writer.bin(value)
    else if (value instanceof Instant) writer.ext(-1, value.data)
    else if (Array.isArray(value)) anyList.write(writer, value)
    else if (Object.getPrototypeOf(value) === Object.prototype) anyTable.write(writer, value)
    else misfit("what msgpack tells apart", value)
  },
  read(reader) {
    switch (reader.kind) {
      case "nil": return none.read(reader)
      case "bool": return reader.bool()
      case "int": return reader.int()
      case "float": return exactFloat(reader.float())
      case "str": return reader.str()
      case "bin": return reader.bin()
      case "array": return anyList.read(reader)
      case "map": return anyTable.read(reader)
      case "ext": return extension(reader)
    }
  },
}
const anyList = list(any)
const anyTable = table(any)

/** A float that is whole, where nothing declares that it is one. It counts like a number. */
export class Float extends Number {}

/** An instant where nothing declares that there is one: opaque, and sent back as it came. */
export class Instant {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data
  }
}

/** @param {number} value */
const exactFloat = (value) =>
  Number.isSafeInteger(value) && !Object.is(value, -0) ? new Float(value) : value

/** @param {Reader} reader */
function extension(reader) {
  const ahead = new Reader(reader.skip())
  const { code, data } = ahead.ext()
  if (code === -1) return new Instant(data)
  const whole = new Writer()
  whole.ext(code, data)
  return new Reader(whole.bytes()).int()
}

/**
 * A type that is known only later, for it holds itself. @template T
 * @param {() => Codec<T>} find
 * @returns {Codec<T>}
 */
export const lazy = (find) => ({
  get forms() {
    return find().forms
  },
  get wire() {
    return find().wire
  },
  write: (writer, value) => find().write(writer, value),
  read: (reader) => find().read(reader),
})

/** What a value is, as far as JavaScript tells. @param {any} value */
export function formOf(value) {
  if (value === null || value === undefined) return "null"
  if (typeof value === "bigint") return "number"
  if (typeof value !== "object") return typeof value
  if (Array.isArray(value)) return "array"
  if (value instanceof Uint8Array) return "bytes"
  if (value instanceof Set) return "set"
  return value instanceof Map ? "map" : "object"
}

/** @type {Record<string, Sort>} */
const SORTS = { string: "str", boolean: "bool", number: "int", null: "nil" }

/** What a value of a literal begins with. @param {unknown} value */
const sortOf = (value) => /** @type {Sort} */ (SORTS[formOf(value)])

/** @template T @param {Codec<T>} codec @param {T} value */
export function encode(codec, value) {
  const writer = new Writer()
  codec.write(writer, value)
  return writer.bytes()
}

/** @template T @param {Codec<T>} codec @param {Uint8Array} data @returns {T} */
export function decode(codec, data) {
  const reader = new Reader(data)
  let value
  try {
    value = codec.read(reader)
  } catch (error) {
    throw error instanceof WireError ? error : new WireError(String(/** @type {Error} */ (error).message))
  }
  if (!reader.done) throw new WireError("more bytes than the value has")
  return value
}

/** Says where in a value something is wrong. @param {string} place @param {() => void} write */
export function within(place, write) {
  try {
    write()
  } catch (error) {
    if (error instanceof TypeError) error.message += /^ - at/.test(error.message) ? "" : ` - at ${place}`
    throw error
  }
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function compare(one, other) {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index += 1) {
    const difference = /** @type {any} */ (one[index]) - /** @type {any} */ (other[index])
    if (difference) return difference
  }
  return one.length - other.length
}
