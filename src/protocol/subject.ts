/** Subjects and the patterns that match them: `*` stands for one part, `>` for one or more at the end. */

/** Whether `pattern` has a wildcard. */
export function isPattern(pattern: string): boolean {
  return /(^|\.)[*>](\.|$)/.test(pattern)
}

/** What of `pattern` stands before its first wildcard. */
export function headOf(pattern: string): string {
  const parts = pattern.split(".")
  const first = parts.findIndex((part) => part === "*" || part === ">")
  return parts.slice(0, first < 0 ? parts.length : first).join(".")
}

/** The heads of all patterns that might stand for `subject`. */
export function headsOf(subject: string): string[] {
  const heads = [""]
  for (let dot = subject.indexOf("."); dot >= 0; dot = subject.indexOf(".", dot + 1)) {
    heads.push(subject.slice(0, dot))
  }
  return heads
}

/** What stands behind its last dot. */
export function lastPartOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1)
}

/** Whether `subject` is one of those that `pattern` stands for. */
export function isMatch(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".")
  const parts = subject.split(".")
  for (const [i, part] of wanted.entries()) {
    if (part === ">" && i === wanted.length - 1) return parts.length > i
    if (parts[i] === undefined || (part !== "*" && part !== parts[i])) return false
  }
  return wanted.length === parts.length
}
