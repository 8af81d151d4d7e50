/** Text of others, such as names and reasons, made fit for a terminal. */

/** What nearly all text consists of: printable ASCII and our own glyphs, each one cell wide. */
const SIMPLE = /^[ -~\u2500-\u259f▸●○…]*$/

/** Whether `text` is as wide as it is long. */
export function isSimple(text: string): boolean {
  return SIMPLE.test(text)
}

/** `text` without anything that could steer a terminal. */
export function clean(text: string): string {
  if (isSimple(text)) return text
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?")
}
