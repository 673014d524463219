/** Counts the compute calls that a page makes, by what it sends. */

window.computes = 0
/** With which arguments, as they travel. */
window.asked = []
const send = WebSocket.prototype.send
const { Reader } = await import("/generated/fusion/msgpack.js")
const { any } = await import("/generated/fusion/types.js")
WebSocket.prototype.send = function (message) {
  const envelope = any.read(new Reader(message.subarray(1 + message[0])))
  for (const [tag, , kind, , calls] of envelope[4]) {
    if (tag !== 1 || kind !== 0) continue
    window.computes += calls.length
    window.asked.push(...calls.map((call) => new TextDecoder().decode(call)))
  }
  return send.call(this, message)
}
