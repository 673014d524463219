/** The client of fusiongen's services, in a browser or in Node.js: cached, typed, and live. */

// What JavaScript has no type for is its text, digit for digit.

/**
 * A whole number. Beyond ±2^53, where a number would not be exact, it is a `bigint` at run time, and no digit is
 * lost; arithmetic that mixes the two throws. Where such values occur, look with `typeof x === "bigint"`.
 */
export type Int = number
/** A decimal number as its text, such as `"1.10"`. */
export type Decimal = string
/** `"2026-02-28T12:30:15.123456Z"`, to the microsecond; an instant comes back in UTC, a time that is nowhere without `Z`. */
export type DateTime = string
/** `"2026-02-28"`. */
export type PlainDate = string
/** `"12:30:15.5"`, with an offset if it has one. */
export type PlainTime = string
/** A span of time in ISO 8601: `"P1DT2.5S"`. */
export type Duration = string
/** `"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"`. */
export type UUID = string

/** A float that is whole, where nothing declares that it is one; it counts like a number. */
export class Float extends Number {}
/** An instant where nothing declares that there is one: opaque, and sent back as it came. */
export class Instant {
  readonly data: Uint8Array
}

/**
 * How sure what is shown is. `loading`: there is nothing yet. `current`: proven. `updating`: a newer value is on
 * its way. `stale`: nothing proves it at the moment. `offline`: there is no connection.
 */
export type ShownState = "loading" | "current" | "updating" | "stale" | "offline"

/** What there is to show. `value`: the last one that is known; `error`: why there is no newer one. */
export interface Shown<T> {
  readonly value: T | undefined
  readonly error: unknown
  readonly state: ShownState
}

/** What is there now, and at each change; whoever is slow gets the last one. */
export type Changes<T> = AsyncGenerator<Shown<T>, void, void>

/** One cached result: `computing`, `consistent`, `invalidated`, and never back. */
export interface Computed<T> {
  readonly state: "computing" | "consistent" | "invalidated"
  readonly value: T
  readonly error: unknown
  /** Whether it is provably fresh at this moment. */
  readonly proven: boolean
  /** Calls `handler` once, when it is invalidated, unless the returned function is called before. */
  onInvalidated(handler: () => void): () => void
}

export interface CallOptions {
  /** Seconds that a call may take; by default 10. */
  timeout?: number
  /** Whoever aborts it cancels the call on its host. */
  signal?: AbortSignal
  /** Whether reads take what is not proven at the moment. */
  stale_ok?: boolean
}

/** What generated clients have beside the methods of their contracts. */
export interface Accessors<Computes, Client> {
  /** What is there now, and at each change. */
  readonly changes: {
    readonly [M in keyof Computes]: Computes[M] extends (...args: infer A) => Promise<infer T> ? (...args: A) => Changes<T> : never
  }
  /** What is behind a value: whether it is proven, and when it is invalidated. */
  readonly computed: {
    readonly [M in keyof Computes]: Computes[M] extends (...args: infer A) => Promise<infer T> ? (...args: A) => Promise<Computed<T>> : never
  }
  /** What is there already; it never asks. */
  readonly peek: {
    readonly [M in keyof Computes]: Computes[M] extends (...args: infer A) => Promise<infer T> ? (...args: A) => Computed<T> | null : never
  }
  /** The same client, called with other options. */
  with_options(options: CallOptions): Client
}

/** What a command does to the result of a compute method; see `patch`. */
export interface Patch {
  readonly key: string
}

/**
 * What a command does to one result of a compute method, for `optimistic`.
 *
 * @param method `todos.list`.
 * @param args Of which result.
 * @param change What it will be; it makes a new value, and changes none.
 */
export function patch<A extends unknown[], T>(method: (...args: A) => Promise<T>, args: A, change: (value: T) => T): Patch

/** A command. */
export interface Command<A extends unknown[], T> {
  (...args: A): Promise<T>
  /**
   * The same, with what it will do shown at once to whoever watches: as `updating`, until the command has ended. Then the
   * host's value takes its place; if it failed, what was there before.
   */
  optimistic(patches: (...args: A) => Patch[]): (...args: A) => Promise<T>
}

/** A command that failed. */
export interface Failed {
  /** `todos.add`. */
  readonly method: string
  readonly args: unknown[]
  readonly error: unknown
  /** Calls it once more; it leaves the list. */
  again(): Promise<unknown>
}

/** Commands of this page that failed: the newest 20 that nobody has dismissed. */
export const failures: {
  readonly list: readonly Failed[]
  /** Calls `handler` with the list, now and whenever it changes, until the returned function is called. */
  watch(handler: (list: readonly Failed[]) => void): () => void
  dismiss(failed: Failed): void
}

/** A contract, for `client` of a connection. */
export interface Service<Client> {
  readonly name: string
  readonly version: string
  /** For the type alone. */
  readonly client?: Client
}

/**
 * How a connection is. `connecting`: at first, and while it moves from a gateway that shuts down to another one.
 * `offline`: until there is a connection again, however often it is tried.
 */
export type Status = "connecting" | "connected" | "offline"

export interface Connection {
  /** A client of a service. */
  client<Client>(service: Service<Client>): Client
  readonly status: Status
  /** The address of the gateway that it has, or asks. */
  readonly gateway: string
  /** Calls `handler` whenever the status changes, until the returned function is called. */
  onStatus(handler: (status: Status) => void): () => void
  /** The user signs out: nothing of theirs stays in the browser. Then it leaves. */
  forget(): Promise<void>
  /** Leaves: hosts forget what they hold for this page, and every call fails. */
  close(): void
}

/**
 * Connects to a gateway, and again for as long as there is a page.
 *
 * @param urls Where gateways are mounted: `/fusion`. Where one is lost, the next one is asked, or one that it has told of.
 */
export function connect(urls: string | readonly string[], options?: ConnectOptions): Connection

export interface ConnectOptions {
  /**
   * Keeps the last known values of this user (and tenant) in the browser: after a reload they are shown at once, as
   * `stale` or `offline`, until a host says whether they still hold.
   */
  cache?: string
}

/** What a computed may be told apart by. */
export type Key = string | number | bigint | boolean | null | undefined

/** A function that is cached with what it was made from: it runs again only when some of that has changed. */
export function computed<A extends Key[], T>(body: (...args: A) => Promise<T>): (...args: A) => Promise<T>

/**
 * Calls `render` with what the function returns: now, at each change, and whenever it is more or less sure.
 *
 * @param body Whatever it reads of services and computeds is watched.
 * @param options `delay`: seconds until others' changes are asked for; by default 0.25. Own ones are at once.
 * @returns Stops it.
 */
export function watch<T>(body: () => Promise<T>, render: (shown: Shown<T>) => void, options?: { delay?: number }): () => void

/** The root of all errors. `code` tells the kind, the same in every language. */
export class FusionError extends Error {
  readonly code: string
}
/** The service cannot be reached, or proves nothing: nobody knows at the moment. */
export class Unavailable extends FusionError {
  readonly service: string
  readonly mayHaveRun: boolean
}
/** A command was sent and its answer is lost: it ran once, or not at all. */
export class OutcomeUnknown extends FusionError {
  readonly service: string
}
/** There was no answer in time. */
export class CallTimeout extends FusionError {
  readonly method: string
  readonly mayHaveRun: boolean
}
/** More calls wait than can be served in time: try again after `retryAfter` seconds. */
export class Overloaded extends FusionError {
  readonly method: string
  readonly retryAfter: number
}
/** An argument, or a value in it, is not one of its declared type. */
export class ArgumentError extends FusionError {
  readonly method: string
}
/** What came is not what was declared: one end is older than the other. */
export class WireError extends FusionError {}
/** The body failed with an error that its contract does not declare. */
export class RemoteError extends FusionError {
  /** Finds it in the host's log. */
  readonly reference: string
}
/** An error that the contract declares. Generated classes extend it. */
export class DeclaredError extends FusionError {
  readonly type: string
  readonly data: Record<string, unknown>
  readonly args: unknown[]
}
/** Whoever called gave up. */
export class Cancelled extends FusionError {
  readonly method: string
}
