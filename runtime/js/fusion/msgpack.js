/** msgpack, as the frames and values of the wire need it: written and read value by value. */

import { WireError } from "./errors.js"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Grows as values are written. */
export class Writer {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** What was written so far. */
  bytes() {
    return this.#bytes.slice(0, this.#length)
  }

  /** @param {number} count Bytes to make room for; where they begin. */
  #room(count) {
    const start = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return start
  }

  /** @param {number} value */
  #byte(value) {
    const at = this.#room(1) // first: it may make other bytes
    this.#bytes[at] = value
  }

  /** @param {number} head @param {number} size @param {number | bigint} value */
  #sized(head, size, value) {
    const at = this.#room(1 + size)
    this.#bytes[at] = head
    if (size === 1) this.#view.setUint8(at + 1, Number(value))
    else if (size === 2) this.#view.setUint16(at + 1, Number(value))
    else if (size === 4) this.#view.setUint32(at + 1, Number(value))
    else this.#view.setBigUint64(at + 1, BigInt(value))
  }

  nil() {
    this.#byte(0xc0)
  }

  /** @param {boolean} value */
  bool(value) {
    this.#byte(value ? 0xc3 : 0xc2)
  }

  /** @param {number | bigint} value A whole number of any size. */
  int(value) {
    if (typeof value === "number" && value >= 0 && value < 128) this.#byte(value)
    else if (value >= 0) this.#natural(value)
    else if (value >= -32) this.#byte(0x100 + Number(value))
    else if (value >= -0x80) this.#sized(0xd0, 1, Number(value) & 0xff)
    else if (value >= -0x8000) this.#sized(0xd1, 2, Number(value) & 0xffff)
    else if (value >= -0x8000_0000) this.#sized(0xd2, 4, Number(value) >>> 0)
    else if (value >= -(2n ** 63n)) this.#sized(0xd3, 8, BigInt.asUintN(64, BigInt(value)))
    else this.#wide(BigInt(value))
  }

  /** @param {number | bigint} value */
  #natural(value) {
    if (value < 128) this.#byte(Number(value))
    else if (value < 0x100) this.#sized(0xcc, 1, value)
    else if (value < 0x1_0000) this.#sized(0xcd, 2, value)
    else if (value < 0x1_0000_0000) this.#sized(0xce, 4, value)
    else if (value < 2n ** 64n) this.#sized(0xcf, 8, value)
    else this.#wide(BigInt(value))
  }

  /** @param {bigint} value Beyond 64 bits: extension 1, two's complement, the first byte first. */
  #wide(value) {
    let size = 8
    while (BigInt.asIntN(8 * size, value) !== value) size += 1
    const hex = BigInt.asUintN(8 * size, value).toString(16).padStart(2 * size, "0")
    this.ext(1, Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16)))
  }

  /** @param {number} value */
  float(value) {
    const at = this.#room(9)
    this.#bytes[at] = 0xcb
    this.#view.setFloat64(at + 1, value)
  }

  /** @param {string} value */
  str(value) {
    const bytes = encoder.encode(value)
    const { length } = bytes
    if (length < 32) this.#byte(0xa0 | length)
    else if (length < 0x100) this.#sized(0xd9, 1, length)
    else if (length < 0x1_0000) this.#sized(0xda, 2, length)
    else this.#sized(0xdb, 4, length)
    this.raw(bytes)
  }

  /** @param {Uint8Array} value */
  bin(value) {
    const { length } = value
    if (length < 0x100) this.#sized(0xc4, 1, length)
    else if (length < 0x1_0000) this.#sized(0xc5, 2, length)
    else this.#sized(0xc6, 4, length)
    this.raw(value)
  }

  /** @param {number} length Of the items that follow. */
  array(length) {
    if (length < 16) this.#byte(0x90 | length)
    else if (length < 0x1_0000) this.#sized(0xdc, 2, length)
    else this.#sized(0xdd, 4, length)
  }

  /** @param {number} length Of the pairs that follow. */
  map(length) {
    if (length < 16) this.#byte(0x80 | length)
    else if (length < 0x1_0000) this.#sized(0xde, 2, length)
    else this.#sized(0xdf, 4, length)
  }

  /** @param {number} code @param {Uint8Array} data */
  ext(code, data) {
    const fixed = [1, 2, 4, 8, 16].indexOf(data.length)
    if (fixed >= 0) this.#byte(0xd4 + fixed)
    else this.#sized(0xc7, 1, data.length)
    this.#byte(code & 0xff)
    this.raw(data)
  }

  /** @param {Uint8Array} bytes What is encoded already. */
  raw(bytes) {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }
}

/** @typedef {"nil" | "bool" | "int" | "float" | "str" | "bin" | "array" | "map" | "ext"} Kind */

/** The same, with what an extension is. @typedef {Kind | "instant" | "wide"} Sort */

/** Reads one value after the other; a `WireError` where another kind is there than is asked for. */
export class Reader {
  #bytes
  #view
  #at = 0

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Whether all was read. */
  get done() {
    return this.#at >= this.#bytes.length
  }

  /** The kind of the next value. @returns {Kind} */
  get kind() {
    const head = this.#head()
    if (head < 0x80 || head >= 0xe0) return "int"
    if (head < 0x90) return "map"
    if (head < 0xa0) return "array"
    if (head < 0xc0) return "str"
    return KINDS[head - 0xc0] ?? this.#bad("a value")
  }

  /** The same, with what an extension is. @returns {Sort} */
  get sort() {
    const { kind } = this
    if (kind !== "ext") return kind
    return this.peek((ahead) => ahead.ext().code) === -1 ? "instant" : "wide"
  }

  #head() {
    return this.#bytes[this.#at] ?? this.#bad("more")
  }

  /** @param {string} wanted @returns {never} */
  #bad(wanted) {
    throw new WireError(`expected ${wanted} at byte ${this.#at} of ${this.#bytes.length}`)
  }

  /** @param {number} size @returns {number} Where so many bytes are. */
  #take(size) {
    const at = this.#at
    if (at + size > this.#bytes.length) this.#bad(`${size} bytes`)
    this.#at += size
    return at
  }

  /** @param {number} size */
  #size(size) {
    const at = this.#take(size)
    if (size === 1) return this.#view.getUint8(at)
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }

  /** @param {Kind} wanted The next byte, if it begins such a value. */
  #begin(wanted) {
    if (this.kind !== wanted) this.#bad(wanted)
    return /** @type {number} */ (this.#bytes[this.#at++])
  }

  /** Passes over `null`, if that is there. */
  nil() {
    const found = this.#head() === 0xc0
    if (found) this.#at += 1
    return found
  }

  bool() {
    return this.#begin("bool") === 0xc3
  }

  /** A whole number: a bigint where a number would not be exact. @returns {number | bigint} */
  int() {
    if (this.kind === "ext") return this.#wide()
    const head = this.#begin("int")
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 0x100
    const at = this.#take(2 ** (head & 3))
    switch (head) {
      case 0xcc: return this.#view.getUint8(at)
      case 0xcd: return this.#view.getUint16(at)
      case 0xce: return this.#view.getUint32(at)
      case 0xcf: return exact(this.#view.getBigUint64(at))
      case 0xd0: return this.#view.getInt8(at)
      case 0xd1: return this.#view.getInt16(at)
      case 0xd2: return this.#view.getInt32(at)
      default: return exact(this.#view.getBigInt64(at))
    }
  }

  #wide() {
    const { code, data } = this.ext()
    if (code !== 1) this.#bad("an integer")
    const hex = Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("")
    return exact(BigInt.asIntN(8 * data.length, BigInt(`0x${hex || "0"}`)))
  }

  /** A whole number that is exact as a number. */
  natural() {
    const value = this.int()
    if (typeof value !== "number" || value < 0) this.#bad("a natural number")
    return value
  }

  /** A number, whole ones included. */
  float() {
    if (this.kind !== "float") return Number(this.int())
    const single = this.#begin("float") === 0xca
    const at = this.#take(single ? 4 : 8)
    return single ? this.#view.getFloat32(at) : this.#view.getFloat64(at)
  }

  str() {
    const head = this.#begin("str")
    const size = head < 0xc0 ? head & 31 : this.#size(2 ** (head - 0xd9))
    const at = this.#take(size)
    try {
      return decoder.decode(this.#bytes.subarray(at, at + size))
    } catch {
      return this.#bad("UTF-8")
    }
  }

  bin() {
    const size = this.#size(2 ** (this.#begin("bin") - 0xc4))
    const at = this.#take(size)
    return this.#bytes.slice(at, at + size)
  }

  /** The number of items that follow. */
  array() {
    const head = this.#begin("array")
    return this.#fits(head < 0xa0 ? head & 15 : this.#size(2 * (head - 0xdb)))
  }

  /** The number of pairs that follow. */
  map() {
    const head = this.#begin("map")
    return this.#fits(head < 0x90 ? head & 15 : this.#size(2 * (head - 0xdd)))
  }

  /** @param {number} count Each item has a byte at least: nobody makes us reserve more. */
  #fits(count) {
    return count <= this.#bytes.length - this.#at ? count : this.#bad(`${count} items`)
  }

  ext() {
    const head = this.#begin("ext")
    const size = head >= 0xd4 ? 2 ** (head - 0xd4) : this.#size(2 ** (head - 0xc7))
    const code = this.#view.getInt8(this.#take(1))
    const at = this.#take(size)
    return { code, data: this.#bytes.slice(at, at + size) }
  }

  /** What is found ahead, without going there. @template T @param {(ahead: Reader) => T} look */
  peek(look) {
    const at = this.#at
    try {
      return look(this)
    } finally {
      this.#at = at
    }
  }

  /** Passes over the next value: its bytes. */
  skip() {
    const start = this.#at
    for (let left = 1; left > 0; left -= 1) left += this.#pass()
    return this.#bytes.subarray(start, this.#at)
  }

  /** Passes over a scalar, or the head of a container: how many values are in that. */
  #pass() {
    switch (this.kind) {
      case "nil": this.#at += 1; return 0
      case "bool": this.bool(); return 0
      case "int": this.int(); return 0
      case "float": this.float(); return 0
      case "str": this.str(); return 0
      case "bin": this.bin(); return 0
      case "ext": this.ext(); return 0
      case "array": return this.array()
      case "map": return 2 * this.map()
    }
  }
}

/** @type {Kind[]} By the first byte, from 0xc0 on; 0xc1 is never used. */
const KINDS = /** @type {any} */ ([
  "nil", undefined, "bool", "bool", "bin", "bin", "bin", "ext", "ext", "ext",
  "float", "float", "int", "int", "int", "int", "int", "int", "int", "int",
  "ext", "ext", "ext", "ext", "ext", "str", "str", "str", "array", "array", "map", "map",
])

/** @param {bigint} value @returns {number | bigint} */
function exact(value) {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
