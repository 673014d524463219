/** Instants: ISO 8601 texts with microseconds in JavaScript, timestamps of msgpack on the wire. */

import { WireError } from "./errors.js"

/** @typedef {import("./msgpack.js").Reader} Reader @typedef {import("./msgpack.js").Writer} Writer */

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)?$/

/**
 * A text without an offset is a time that is nowhere: it travels as it is.
 *
 * @param {Writer} writer
 * @param {string} text
 */
export function writeInstant(writer, text) {
  const parts = ISO.exec(text)
  if (parts === null) throw new TypeError(`expected a time such as 2026-02-28T12:30:15.5Z, got ${text}`)
  const [, year, month, day, hour, minute, second = "0", fraction = "", zone] = parts
  if (zone === undefined) return writer.str(text)
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute) - offset(zone), Number(second))
  return writeTimestamp(writer, date.getTime() / 1000, 1000 * Number(fraction.padEnd(6, "0")))
}

/** Minutes. @param {string} zone */
function offset(zone) {
  if (zone === "Z") return 0
  const minutes = 60 * Number(zone.slice(1, 3)) + Number(zone.slice(-2))
  return zone[0] === "-" ? -minutes : minutes
}

/** @param {Writer} writer @param {number} seconds @param {number} nanos */
function writeTimestamp(writer, seconds, nanos) {
  const whole = BigInt(seconds)
  if (seconds >= 0 && seconds < 2 ** 34) {
    const data = new DataView(new ArrayBuffer(8))
    data.setBigUint64(0, (BigInt(nanos) << 34n) | whole)
    const short = nanos === 0 && seconds < 2 ** 32
    return writer.ext(-1, new Uint8Array(data.buffer, short ? 4 : 0))
  }
  const data = new DataView(new ArrayBuffer(12))
  data.setUint32(0, nanos)
  data.setBigInt64(4, whole)
  return writer.ext(-1, new Uint8Array(data.buffer))
}

/** In UTC, with as many digits as it has. @param {Reader} reader */
export function readInstant(reader) {
  const { code, data } = reader.ext()
  if (code !== -1) throw new WireError("expected an instant")
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  let seconds, nanos
  if (data.length === 4) [seconds, nanos] = [view.getUint32(0), 0]
  else if (data.length === 8) {
    const both = view.getBigUint64(0)
    ;[seconds, nanos] = [Number(both & 0x3_ffff_ffffn), Number(both >> 34n)]
  } else [seconds, nanos] = [Number(view.getBigInt64(4)), view.getUint32(0)]
  const micros = Math.floor(nanos / 1000)
  const fraction = micros ? `.${String(micros).padStart(6, "0")}` : ""
  return new Date(seconds * 1000).toISOString().replace(/\.000Z$/, `${fraction}Z`)
}
