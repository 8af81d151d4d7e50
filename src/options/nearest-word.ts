/** The word that somebody probably meant who wrote another one. */

/** What is written for words that look nothing like them: by the command line, by NATS, elsewhere. */
const MEANT: Readonly<Record<string, string>> = {
  nolead: "eligible",
  handler: "work",
  handlers: "work",
  subject: "pool",
  url: "servers",
  host: "servers",
  pass: "password",
  tls: "ca",
  connection: "bus",
}

/** The one of `words` that comes nearest to `written`; undefined if none comes near. Of equals the first. */
export function nearestWord(written: string, words: readonly string[]): string | undefined {
  const small = written.toLowerCase()
  const meant = words.find((word) => word === MEANT[small])
  if (meant !== undefined) return meant
  const changes = words.map((word) => changesBetween(small, word.toLowerCase()))
  const fewest = Math.min(...changes)
  return fewest <= Math.max(2, written.length / 2) ? words[changes.indexOf(fewest)] : undefined
}

/**
 * The one of `words` that `written` is by a slip: in other case or with other marks, with a letter too many, too few or
 * another, or with two in each other's place; in a word of more than six letters two such letters. Undefined if it is none
 * of them, or is one as it stands.
 */
export function slipOf(written: string, words: readonly string[]): string | undefined {
  const plain = plainly(written)
  if (words.includes(written)) return undefined
  return words.find((word) => {
    const changes = lettersBetween(plain, plainly(word))
    return (
      changes <= (word.length > 6 ? 2 : 1) || (changes === 2 && isSwapped(plain, plainly(word)))
    )
  })
}

function plainly(word: string): string {
  return word.toLowerCase().replace(/[_$-]/g, "")
}

function isSwapped(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, n) => letter !== b[n])
  return a === `${b.slice(0, at)}${b[at + 1]}${b[at]}${b.slice(at + 2)}`
}

/** How many letters must be put in, taken out or replaced to make `b` of `a`; 1 if that is only cut short. */
function changesBetween(a: string, b: string): number {
  return a.length > 2 && b.startsWith(a) && a !== b ? 1 : lettersBetween(a, b)
}

function lettersBetween(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (const [n, letter] of [...a].entries()) {
    const now = [n + 1]
    for (let at = 1; at <= b.length; at += 1) {
      const replaced = (before[at - 1] ?? 0) + (letter === b[at - 1] ? 0 : 1)
      now.push(Math.min(replaced, (before[at] ?? 0) + 1, (now[at - 1] ?? 0) + 1))
    }
    before = now
  }
  return before[b.length] ?? 0
}
