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

/** How many letters must be put in, taken out or replaced to make `b` of `a`; 1 if that is only cut short. */
function changesBetween(a: string, b: string): number {
  if (a.length > 2 && b.startsWith(a)) return a === b ? 0 : 1
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
