/** Frames and envelopes (see `wire/frames.py`): arrays of msgpack, an integer tag in front. */

import { WireError } from "./errors.js"
import { Reader } from "./msgpack.js"
import { any, encode } from "./types.js"

export const VERSION = 4

/** What a call asks for. */
export const Kind = Object.freeze({ COMPUTE: 0, PLAIN: 1, COMMAND: 2, STREAM: 3, ONEWAY: 4 })

/** From the client to the host: the tag of each frame. */
export const Tag = Object.freeze({
  HELLO: 0, CALLS: 1, CANCEL: 2, UNSUBSCRIBE: 3, CREDIT: 4, KEEP_ALIVE: 5, RESYNC: 6, BYE: 7, FENCE: 12,
  WELCOME: 32, RESULTS: 33, FAILURE: 34, INVALIDATED: 35, ACKNOWLEDGED: 36, RESYNCED: 37, ITEMS: 38, END: 39,
  FAREWELL: 40, REJECTED: 41, AGAIN: 42, WROTE: 48, FENCED: 49, SOURCES: 50,
})

/** @typedef {[number, ...any[]]} Frame A tag, then the fields in the order of `wire/frames.py`. */
/** @typedef {{ service: string, iid: string, number: number }} Mark */
/** @typedef {{ code: string, message: string, data: Uint8Array }} Ending */

/**
 * @typedef {object} Envelope What a host said.
 * @property {string} iid
 * @property {number} gen
 * @property {number} number Its place in the session's sequence; 0 is outside of it (D1).
 * @property {Frame[]} frames
 * @property {boolean} damaged Whether a frame did not decode: the client lacks something (D11).
 * @property {Uint8Array} proof
 */

/**
 * The bytes of one message to a host.
 *
 * @param {string} cid @param {number} gen @param {number} last @param {Frame[]} frames @param {Uint8Array} proof
 */
export function encodeEnvelope(cid, gen, last, frames, proof) {
  return encode(any, [cid, "anonymous", gen, last, frames, proof])
}

/** @param {Uint8Array} data @returns {Envelope} A `WireError` if it is none. */
export function decodeEnvelope(data) {
  const message = any.read(new Reader(data))
  if (!Array.isArray(message) || message.length < 4) throw new WireError("a message is no envelope")
  const [iid, gen, number, said, proof = new Uint8Array()] = message
  if (typeof iid !== "string" || !isNatural(gen) || !isNatural(number) || !Array.isArray(said)) {
    throw new WireError("a message is no envelope")
  }
  const frames = said.filter(isFrame)
  return { iid, gen, number, frames, damaged: frames.length < said.length, proof }
}

/** Where a gateway says that its site has servers. @param {Uint8Array} data @returns {string[]} A `WireError` if it says nothing of that. */
export function decodeServers(data) {
  const servers = any.read(new Reader(data))
  if (!listOf(isText)(servers)) throw new WireError("a message names no servers")
  return servers
}

/** @param {unknown} value */
const isNatural = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0
/** @param {unknown} value */
const isText = (value) => typeof value === "string"
/** @param {unknown} value */
const isBytes = (value) => value instanceof Uint8Array
/** @param {unknown} value */
const isFlag = (value) => typeof value === "boolean"
/** @param {(value: any) => boolean} is @returns {(value: unknown) => boolean} */
const listOf = (is) => (value) => Array.isArray(value) && value.every(is)
/** @param {unknown} value */
const isMark = (value) =>
  Array.isArray(value) && isText(value[0]) && isText(value[1]) && isNatural(value[2])
/** @param {unknown} value */
const isEnding = (value) => value === null || (Array.isArray(value) && isText(value[0]) && isText(value[1]))

/** @type {Record<number, ((value: any) => boolean)[]>} The fields of each frame that a host sends. */
const FIELDS = {
  [Tag.CANCEL]: [isNatural],
  [Tag.CREDIT]: [isNatural, isNatural],
  [Tag.WELCOME]: [isNatural, isNatural],
  [Tag.RESULTS]: [isNatural, listOf(isNatural), listOf(isBytes), isFlag],
  [Tag.FAILURE]: [isNatural, isText, isText, isBytes, isFlag],
  [Tag.INVALIDATED]: [listOf(isNatural), isText],
  [Tag.ACKNOWLEDGED]: [isNatural, isFlag, listOf(isNatural), isFlag],
  [Tag.RESYNCED]: [isNatural, listOf(isNatural), isFlag],
  [Tag.ITEMS]: [isNatural, isNatural, listOf(isBytes)],
  [Tag.END]: [isNatural, isNatural, isEnding],
  [Tag.FAREWELL]: [],
  [Tag.REJECTED]: [isText],
  [Tag.AGAIN]: [isNatural, isNatural, isNatural],
  [Tag.WROTE]: [listOf(isNatural), listOf(isMark)],
  [Tag.FENCED]: [isNatural, isFlag],
  [Tag.SOURCES]: [listOf(isText)],
}

/** @param {any} frame */
function isFrame(frame) {
  const fields = Array.isArray(frame) ? FIELDS[frame[0]] : undefined
  return fields !== undefined && fields.every((is, index) => is(frame[index + 1]))
}

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** A message of the WebSocket: whose envelope it is, in front of it. @param {string} service @param {Uint8Array} envelope */
export function addressed(service, envelope) {
  const name = utf8.encode(service)
  const message = new Uint8Array(1 + name.length + envelope.length)
  message[0] = name.length
  message.set(name, 1)
  message.set(envelope, 1 + name.length)
  return message
}

/** @param {Uint8Array} message @returns {[string, Uint8Array]} */
export function opened(message) {
  const end = 1 + (message[0] ?? 0)
  return [text.decode(message.subarray(1, end)), message.subarray(end)]
}
