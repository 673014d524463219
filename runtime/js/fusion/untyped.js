/** Values of no declared type (`values/untyped.py`): what errors carry. Dates and the like are their texts. */

import { readInstant } from "./instants.js"
import { Reader } from "./msgpack.js"

const FIRST = 16
/** What msgpack does not tell, each by its code. */
const KINDS = ["tuple", "set", "set", "int", "text", "text", "datetime", "text", "text", "text"]

/** @param {Reader} reader @returns {unknown} */
export function untyped(reader) {
  switch (reader.kind) {
    case "nil": reader.nil(); return null
    case "bool": return reader.bool()
    case "int": return reader.int()
    case "float": return reader.float()
    case "str": return reader.str()
    case "bin": return reader.bin()
    case "array": return Array.from({ length: reader.array() }, () => untyped(reader))
    case "map": return Object.fromEntries(Array.from({ length: reader.map() }, () => [String(untyped(reader)), untyped(reader)]))
    case "ext": return extension(reader)
  }
}

/** @param {Reader} reader */
function extension(reader) {
  const whole = new Reader(reader.skip())
  const { code, data } = whole.peek((ahead) => ahead.ext())
  const inner = new Reader(data)
  switch (code < FIRST ? (code === -1 ? "instant" : "int") : KINDS[code - FIRST]) {
    case "instant": return readInstant(whole)
    case "datetime": return inner.kind === "ext" ? readInstant(inner) : inner.str()
    case "set": return new Set(/** @type {unknown[]} */ (untyped(inner)))
    case "int": return code < FIRST ? whole.int() : inner.int()
    default: return untyped(inner)
  }
}
