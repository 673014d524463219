/** What a generated module says of its contract. */

import { DeclaredError } from "./errors.js"
import { Kind } from "./frames.js"
import { methodId } from "./hashes.js"
import { untyped } from "./untyped.js"

/** @typedef {import("./types.js").Codec<any>} AnyCodec @typedef {import("./msgpack.js").Reader} Reader */

/** A parameter that has a default. @typedef {{ codec: AnyCodec, given: unknown }} Given */
/** A parameter whose items the caller sends. @typedef {{ items: AnyCodec }} Items */
/** @typedef {AnyCodec | Given | Items} Parameter */

/** @param {AnyCodec} codec @param {unknown} value @returns {Given} What is passed if the argument is left out. */
export const given = (codec, value) => ({ codec, given: value })

/** @param {AnyCodec} codec @returns {Items} An async iterable, whose items are sent with the call. */
export const items = (codec) => ({ items: codec })

/**
 * @typedef {object} Options
 * @property {boolean} [idempotent] It may run twice.
 * @property {boolean} [newest] A slow reader of the stream gets the newest items only.
 * @property {AnyCodec} [head] What comes before a stream.
 */

/**
 * @typedef {object} Method
 * @property {Service} service
 * @property {string} name With its service: `todos.get`.
 * @property {string} key Without.
 * @property {number} id
 * @property {number} kind
 * @property {[string, Parameter][]} parameters
 * @property {AnyCodec} result Of a stream: of its items.
 * @property {boolean} idempotent
 * @property {boolean} newest
 * @property {AnyCodec | null} head
 */

/** @typedef {{ kind: number, parameters: Record<string, Parameter>, result: AnyCodec, options: Options }} Declared */

/** @param {number} kind */
const maker = (kind) => (/** @type {Record<string, Parameter>} */ parameters, /** @type {AnyCodec} */ result, /** @type {Options} */ options = {}) =>
  /** @type {Declared} */ ({ kind, parameters, result, options })

export const compute = maker(Kind.COMPUTE)
export const plain = maker(Kind.PLAIN)
export const command = maker(Kind.COMMAND)
export const stream = maker(Kind.STREAM)
export const oneway = maker(Kind.ONEWAY)

/** @typedef {{ read: (type: string, message: string, reader: Reader) => DeclaredError }} Raised */

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {string} version What tells one shape of the contract from another.
 * @property {Record<string, Method>} methods
 * @property {Record<string, Raised>} raises
 */

/**
 * @param {string} name
 * @param {string} version
 * @param {Record<string, Declared>} methods
 * @param {Record<string, Raised>} [raises]
 * @returns {Service}
 */
export function service(name, version, methods, raises = {}) {
  /** @type {Service} */
  const made = { name, version, methods: Object.create(null), raises }
  for (const [key, { kind, parameters, result, options }] of Object.entries(methods)) {
    made.methods[key] = {
      service: made,
      name: `${name}.${key}`,
      key,
      id: methodId(key),
      kind,
      parameters: Object.entries(parameters),
      result,
      idempotent: options.idempotent ?? false,
      newest: options.newest ?? false,
      head: options.head ?? null,
    }
  }
  return made
}

/**
 * An error that the contract declares. fields: those that have types.
 *
 * @param {typeof DeclaredError} made
 * @param {Record<string, AnyCodec>} [fields]
 * @returns {Raised}
 */
export const raised = (made, fields = {}) => ({
  read(type, message, reader) {
    const args = untyped(reader)
    /** @type {Record<string, unknown>} */
    const data = {}
    for (let left = reader.map(); left > 0; left -= 1) {
      const name = reader.str()
      data[name] = fields[name] ? fields[name].read(reader) : untyped(reader)
    }
    const error = new made(type, message, data)
    return Object.assign(error, { args })
  },
})
