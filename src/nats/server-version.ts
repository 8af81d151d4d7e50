/** Versions of a server, compared by their numbers. */

/** Whether version `a` is `b` or later, by its numbers. */
export function isAtLeast(a: string, b: string): boolean {
  const [left, right] = [a, b].map((v) => v.split(/[.-]/).map(Number)) as [number[], number[]]
  for (const [i, wanted] of right.entries()) {
    const got = left[i] ?? 0
    if (got !== wanted) return got > wanted
  }
  return true
}

/** The oldest server a pool runs on. */
export const OLDEST_SERVER = "2.9"
