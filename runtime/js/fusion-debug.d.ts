/** A bar that does to a page what otherwise happens to it: for demonstrations, and while it is made. */

/**
 * Puts the bar below the page. "Invalidate": all that is cached is stale, and asked for again as if others had changed
 * it. "Recompute": what functions of the page have made is made again at once, of what hosts hold for it. "Disconnect":
 * as if the network were gone, until "Connect".
 *
 * @param options `kill`: a path of the application, where a `POST` kills the server that answers it.
 * @returns The bar.
 */
export function debugBar(options?: { kill?: string }): HTMLElement
