/** What generated modules import, and nothing else does. */

export { DeclaredError } from "./errors.js"
export { maybe, record, row, union } from "./records.js"
export { command, compute, given, items, oneway, plain, raised, service, stream } from "./service.js"
export { any, bool, bytes, datetime, float, int, lazy, list, literal, map, none, optional, set, table, text, tuple } from "./types.js"
