/** Names for workers that nobody named: a, b, c, ... z, then w27, w28, ... */

/** The first such name that is not in `taken`. */
export function freeName(taken: Iterable<string>): string {
  const used = new Set(taken)
  for (let n = 0; ; n += 1) {
    const name = n < 26 ? String.fromCharCode(97 + n) : `w${n + 1}`
    if (!used.has(name)) return name
  }
}
