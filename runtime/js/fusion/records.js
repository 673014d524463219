/** Codecs of types with names: records, enums, unions of what looks alike. */

import { WireError } from "./errors.js"
import { formOf, within } from "./types.js"

/** @template T @typedef {import("./types.js").Codec<T>} Codec */
/** @typedef {import("./msgpack.js").Reader} Reader */

/**
 * A field: its codec, and whether it may be left out.
 *
 * @typedef {Codec<any> | { codec: Codec<any>, optional: true }} Field
 */

/** A field that may be absent. @param {Codec<any>} codec @returns {Field} */
export const maybe = (codec) => ({ codec, optional: true })

/** @param {Field} field @returns {Codec<any>} */
const codecOf = (field) => ("codec" in field ? field.codec : field)

/**
 * A record that travels as a map by name. tag: the field by which it names itself, and what that says.
 *
 * @param {string} name
 * @param {() => Record<string, Field>} fields
 * @param {[string, string | number]} [tag]
 * @returns {Codec<any>}
 */
export function record(name, fields, tag) {
  /** @type {[string, Codec<any>, boolean][] | undefined} */
  let known
  const all = () =>
    (known ??= Object.entries(fields()).map(([key, field]) => [key, codecOf(field), "codec" in field]))
  return {
    forms: ["object"],
    wire: ["map"],
    ...(tag && { tag: tag[1] }),
    write(writer, value) {
      if (typeof value !== "object" || value === null) throw new TypeError(`expected a ${name}`)
      const present = all().filter(([key, , optional]) => !optional || value[key] !== undefined)
      writer.map(present.length + (tag ? 1 : 0))
      if (tag) {
        writer.str(tag[0])
        writeTag(writer, tag[1])
      }
      for (const [key, codec] of present) {
        writer.str(key)
        within(`.${key}`, () => codec.write(writer, value[key]))
      }
    },
    read(reader) {
      /** @type {Record<string, unknown>} */
      const value = tag ? { [tag[0]]: tag[1] } : {}
      const codecs = new Map(all().map(([key, codec]) => [key, codec]))
      for (let left = reader.map(); left > 0; left -= 1) {
        const key = reader.str()
        const codec = codecs.get(key)
        if (codec) value[key] = codec.read(reader)
        else reader.skip()
      }
      for (const [key, , optional] of all()) {
        if (!optional && !(key in value)) throw new WireError(`a ${name} without its ${key}`)
      }
      return value
    },
  }
}

/** @param {import("./msgpack.js").Writer} writer @param {string | number} tag */
function writeTag(writer, tag) {
  if (typeof tag === "string") writer.str(tag)
  else writer.int(tag)
}

/**
 * A record that travels as an array, by place. Fields at its end may be absent.
 *
 * @param {string} name
 * @param {() => Record<string, Field>} fields
 * @param {[string, string | number]} [tag]
 * @returns {Codec<any>}
 */
export function row(name, fields, tag) {
  const first = tag ? 1 : 0
  return {
    forms: ["object"],
    wire: ["array"],
    ...(tag && { tag: tag[1] }),
    write(writer, value) {
      if (typeof value !== "object" || value === null) throw new TypeError(`expected a ${name}`)
      const all = Object.entries(fields())
      let count = all.length
      while (count > 0 && absent(/** @type {any} */ (all[count - 1]), value)) count -= 1
      writer.array(count + first)
      if (tag) writeTag(writer, tag[1])
      for (const [key, field] of all.slice(0, count)) {
        within(`.${key}`, () => codecOf(field).write(writer, value[key]))
      }
    },
    read(reader) {
      /** @type {Record<string, unknown>} */
      const value = tag ? { [tag[0]]: tag[1] } : {}
      let left = reader.array() - first
      if (first) reader.skip()
      for (const [key, field] of Object.entries(fields())) {
        if (left <= 0 && !("codec" in field)) throw new WireError(`a ${name} without its ${key}`)
        if (left > 0) value[key] = codecOf(field).read(reader)
        left -= 1
      }
      for (; left > 0; left -= 1) reader.skip()
      return value
    },
  }
}

/** @param {[string, Field]} field @param {any} value */
const absent = ([key, field], value) => "codec" in field && value[key] === undefined

/** @typedef {[string, Codec<any>]} Member One member of a union, by what it is called. */

/**
 * A union. indexed: its members travel as `[index, value]`. named: JavaScript cannot tell all of them apart, and
 * each value but null is `{ type, value }`. tag: the field that tells tagged members.
 *
 * @param {Record<string, Codec<any>>} types
 * @param {{ indexed?: boolean, named?: boolean, tag?: string }} [how]
 * @returns {Codec<any>}
 */
export function union(types, { indexed = false, named = false, tag } = {}) {
  const members = Object.entries(types)
  const names = members.map(([name]) => name).join(" | ")

  /** @param {any} value */
  const chosen = (value) => {
    const form = formOf(value)
    const index = members.findIndex(([name, codec]) => {
      if (named) return name === value?.type
      return tag === undefined || codec.tag === undefined ? codec.forms.includes(form) : codec.tag === value?.[tag]
    })
    if (index >= 0) return index
    throw new TypeError(`expected ${named ? `{ type, value } with the type ${names}` : names}`)
  }

  return {
    forms: named ? ["object"] : members.flatMap(([, codec]) => codec.forms),
    wire: indexed ? ["array"] : members.flatMap(([, codec]) => codec.wire),
    write(writer, value) {
      const index = chosen(value)
      if (indexed) {
        writer.array(2)
        writer.int(index)
      }
      const [, codec] = /** @type {Member} */ (members[index])
      codec.write(writer, named ? value.value : value)
    },
    read(reader) {
      if (indexed && reader.array() !== 2) throw new WireError(`expected [index, value] of ${names}`)
      const member = indexed ? members[reader.natural()] : found(members, tag, reader)
      if (member === undefined) throw new WireError(`a value that is none of ${names}`)
      const [name, codec] = member
      const value = codec.read(reader)
      return named ? { type: name, value } : value
    },
  }
}

/** @param {Member[]} members @param {string | undefined} field @param {Reader} reader */
function found(members, field, reader) {
  const { sort } = reader
  const other = members.find(([, { tag, wire }]) => (field === undefined || tag === undefined) && wire.includes(sort))
  if (other !== undefined || field === undefined) return other
  const said = reader.peek((ahead) => tagOf(ahead, field))
  return members.find(([, { tag }]) => tag === said)
}

/** @param {Reader} reader @param {string} field */
function tagOf(reader, field) {
  if (reader.kind === "array") return reader.array() > 0 ? scalar(reader) : undefined
  for (let left = reader.map(); left > 0; left -= 1) {
    if (reader.str() === field) return scalar(reader)
    reader.skip()
  }
  return undefined
}

/** @param {Reader} reader */
const scalar = (reader) => (reader.kind === "str" ? reader.str() : reader.int())
