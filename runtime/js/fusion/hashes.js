/** Hashes that both ends compute alike (D12, D16). */

const utf8 = new TextEncoder()

/** A method's name on the wire: FNV-1a over its UTF-8 bytes. @param {string} name */
export function methodId(name) {
  let value = 0x811c9dc5
  for (const byte of utf8.encode(name)) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}

/** Spreads an id below 2^53 over 32 bits, so that neighbours do not cancel out. @param {number} id */
export function mix(id) {
  const high = Math.floor(id / 2 ** 32)
  let value = id ^ Math.imul(high, 0x9e3779b1)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/** Count and XOR over ids: what both ends compare. @param {Iterable<number>[]} sets */
export function digestOf(...sets) {
  let count = 0
  let value = 0
  for (const ids of sets) {
    for (const id of ids) {
      count += 1
      value ^= mix(id)
    }
  }
  return { count, value: value >>> 0 }
}

const BLOCK = 128

// BLAKE2b works on 64-bit words; here each is two of 32 bits, the lower one first.
const IV = new Uint32Array([
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
])
const SIGMA = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8",
  "905724afe1bc683d",
  "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
].map((row) => Array.from(row, (digit) => 2 * parseInt(digit, 16)))

const v = new Uint32Array(32)
const m = new Uint32Array(32)

/** @param {number} a @param {number} b Add word b to word a. */
function add(a, b) {
  addWords(a, v[b], v[b + 1])
}

/** @param {number} a @param {any} low @param {any} high */
function addWords(a, low, high) {
  const sum = /** @type {number} */ (v[a]) + low
  v[a] = sum
  v[a + 1] = /** @type {number} */ (v[a + 1]) + high + (sum >= 2 ** 32 ? 1 : 0)
}

/** @param {number} a @param {number} b @param {number} turn Word a becomes (a ^ b), turned right. */
function turned(a, b, turn) {
  let low = /** @type {any} */ (v[a]) ^ /** @type {any} */ (v[b])
  let high = /** @type {any} */ (v[a + 1]) ^ /** @type {any} */ (v[b + 1])
  if (turn >= 32) [low, high] = [high, low]
  const by = turn % 32
  v[a] = by ? (low >>> by) | (high << (32 - by)) : low
  v[a + 1] = by ? (high >>> by) | (low << (32 - by)) : high
}

/** @param {number} a @param {number} b @param {number} c @param {number} d @param {number} x @param {number} y */
function quarter(a, b, c, d, x, y) {
  add(a, b)
  addWords(a, m[x], m[x + 1])
  turned(d, a, 32)
  add(c, d)
  turned(b, c, 24)
  add(a, b)
  addWords(a, m[y], m[y + 1])
  turned(d, a, 16)
  add(c, d)
  turned(b, c, 63)
}

/** @param {Uint32Array} h @param {Uint8Array} block @param {number} count @param {boolean} last */
function compress(h, block, count, last) {
  v.set(h)
  v.set(IV, 16)
  v[24] = /** @type {any} */ (v[24]) ^ count
  v[25] = /** @type {any} */ (v[25]) ^ Math.floor(count / 2 ** 32)
  if (last) {
    v[28] = ~(/** @type {any} */ (v[28]))
    v[29] = ~(/** @type {any} */ (v[29]))
  }
  const view = new DataView(block.buffer, block.byteOffset)
  for (let i = 0; i < 32; i += 1) m[i] = view.getUint32(4 * i, true)
  for (let round = 0; round < 12; round += 1) {
    const s = /** @type {any} */ (SIGMA[round % 10])
    quarter(0, 8, 16, 24, s[0], s[1])
    quarter(2, 10, 18, 26, s[2], s[3])
    quarter(4, 12, 20, 28, s[4], s[5])
    quarter(6, 14, 22, 30, s[6], s[7])
    quarter(0, 10, 20, 30, s[8], s[9])
    quarter(2, 12, 22, 24, s[10], s[11])
    quarter(4, 14, 16, 26, s[12], s[13])
    quarter(6, 8, 18, 28, s[14], s[15])
  }
  for (let i = 0; i < 16; i += 1) h[i] = /** @type {any} */ (h[i]) ^ /** @type {any} */ (v[i]) ^ /** @type {any} */ (v[i + 16])
}

/** Names a result by its bytes (D16): BLAKE2b, 128 bits, as hex digits. @param {Uint8Array} payload */
export function contentId(payload) {
  const h = IV.slice()
  h[0] = /** @type {any} */ (h[0]) ^ 0x01010010
  const block = new Uint8Array(BLOCK)
  let at = 0
  for (; at + BLOCK < payload.length; at += BLOCK) {
    block.set(payload.subarray(at, at + BLOCK))
    compress(h, block, at + BLOCK, false)
  }
  block.fill(0)
  block.set(payload.subarray(at))
  compress(h, block, payload.length, true)
  return Array.from(new Uint8Array(h.buffer, 0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
