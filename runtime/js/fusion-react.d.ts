/** React, or Preact by its `preact/compat`: components that show what services say, and call commands. */

import type { Shown } from "./fusion.js"

/**
 * What a function returns, shown live: the component renders again at each change.
 *
 * It begins to ask when the component is there, not while it renders: renders that are thrown away (by suspense, by
 * strict mode) ask for nothing, and components that read the same ask once.
 *
 * @param body Whatever it reads of services and computeds is watched.
 * @param deps What the function depends on; with others it is another one, and begins anew.
 * @param options `delay`: seconds until others' changes are asked for.
 */
export function useComputed<T>(body: () => Promise<T>, deps?: readonly unknown[], options?: { delay?: number }): Shown<T>

export interface Running<A extends unknown[], T> {
  /** Calls the command. It never rejects: its error is in `error`, until the next call. */
  readonly run: (...args: A) => Promise<T | undefined>
  readonly running: boolean
  readonly error: unknown
}

/** A command, to be called by a component, which renders again when it begins and ends. */
export function useCommand<A extends unknown[], T>(command: (...args: A) => Promise<T>): Running<A, T>
