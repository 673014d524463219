/** What goes wrong, told apart by class and by `code`; every one is a `FusionError`. */

/** The root of all errors of this runtime. */
export class FusionError extends Error {
  /**
   * @param {string} code Tells the kind of error, the same in every language.
   * @param {string} message What happened, and what to do next.
   */
  constructor(code, message) {
    super(message)
    this.name = new.target.name
    this.code = code
  }
}

/** The service cannot be reached, or proves nothing: nobody knows at the moment. */
export class Unavailable extends FusionError {
  /**
   * @param {string} service
   * @param {string} problem
   * @param {boolean} [mayHaveRun] Whether the call may have run all the same.
   */
  constructor(service, problem, mayHaveRun = false) {
    super("unavailable", `${service}: ${problem}`)
    this.service = service
    this.mayHaveRun = mayHaveRun
  }
}

/** A command was sent and its answer is lost: it ran once, or not at all (D13). */
export class OutcomeUnknown extends FusionError {
  /** @param {string} service @param {string} problem */
  constructor(service, problem) {
    super("outcome_unknown", `${service}: ${problem}; read what it changes before you call it again`)
    this.service = service
  }
}

/** There was no answer in time. */
export class CallTimeout extends FusionError {
  /** @param {string} method @param {number} seconds @param {boolean} [mayHaveRun] */
  constructor(method, seconds, mayHaveRun = true) {
    super("timeout", `${method} had no answer within ${seconds} s`)
    this.method = method
    this.mayHaveRun = mayHaveRun
  }
}

/** More calls wait than can be served in time (D27): try again after `retryAfter` seconds. */
export class Overloaded extends FusionError {
  /** @param {string} method @param {number} retryAfter Seconds. */
  constructor(method, retryAfter) {
    super("overloaded", `${method}: more calls wait than can be served in time`)
    this.method = method
    this.retryAfter = retryAfter
  }
}

/** An argument, or a value in it, is not one of its declared type. */
export class ArgumentError extends FusionError {
  /** @param {string} method @param {string} problem */
  constructor(method, problem) {
    super("bad_arguments", `${method}: ${problem}`)
    this.method = method
  }
}

/** Bytes that are not what was declared: one end is older than the other. */
export class WireError extends FusionError {
  /** @param {string} problem */
  constructor(problem) {
    super("wire", problem)
  }
}

/** The body failed with an error that its contract does not declare; `reference` finds it in the host's log. */
export class RemoteError extends FusionError {
  /** @param {string} code @param {string} message @param {string} [reference] */
  constructor(code, message, reference = "") {
    super(code, message)
    this.reference = reference
  }
}

/**
 * An error that the contract declares; `type` is its class there, and its fields are in `data`.
 * Generated classes extend this.
 */
export class DeclaredError extends FusionError {
  /** @param {string} type @param {string} message @param {Record<string, unknown>} data */
  constructor(type, message, data) {
    super("declared", message)
    this.type = type
    this.data = data
  }
}

/** Whoever called gave up: by an `AbortSignal`, or because nobody waits any more. */
export class Cancelled extends FusionError {
  /** @param {string} method */
  constructor(method) {
    super("cancelled", `${method} was cancelled by its caller`)
    this.method = method
  }
}
