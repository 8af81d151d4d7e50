/** Figures as people read them: short, and never wider than their column. Pure; times of day are local. */

/** 871, 1,204, 12.3k, 4.5M: five cells at most. */
export function count(n: number): string {
  if (n < 10_000) return Math.floor(n).toLocaleString("en-US")
  const [unit, size] = n < 999_500 ? ["k", 1e3] : n < 999_500_000 ? ["M", 1e6] : ["G", 1e9]
  const scaled = n / Number(size)
  return `${scaled < 99.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`
}

/** How long something lasted or has run: 42s, 9m48s, 1h05m, 3d04h, 123d. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24]
  const minutes = Math.floor(seconds / 60) % 60
  if (days >= 100) return `${days}d`
  if (days > 0) return `${days}d${two(hours)}h`
  if (hours > 0) return `${hours}h${two(minutes)}m`
  if (minutes > 0) return `${minutes}m${two(seconds % 60)}s`
  return `${seconds}s`
}

/** How fast something was: 20us, 0.4ms, 2.1ms, 110ms, 1.2s, and minutes as a duration. Six cells at most. */
export function latency(ms: number): string {
  if (ms < 0.0995) return `${Math.max(0, Math.round(ms * 1000))}us`
  if (ms < 9.95) return `${ms.toFixed(1)}ms`
  if (ms < 999.5) return `${Math.round(ms)}ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`
  return duration(ms + 500)
}

/** Time that is left: 3.8s, 33s, 2m05s. */
export function remaining(ms: number): string {
  if (ms >= 59_500) return duration(ms)
  if (ms >= 9950) return `${Math.round(ms / 1000)}s`
  return `${(Math.max(0, ms) / 1000).toFixed(1)}s`
}

/** A rate: 0/s, 0.5/s, 21/s, 12.3k/s. */
export function rate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.95) return `${perSecond.toFixed(1)}/s`
  return `${count(Math.round(perSecond))}/s`
}

/** 12:38:14, on this machine's clock. */
export function timeOfDay(wallMs: number): string {
  const date = new Date(wallMs)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")
}

/** When something began, in eight cells: the time of day, or the day if it is longer ago. */
export function startedAt(wallMs: number, nowWallMs: number): string {
  if (nowWallMs - wallMs < 86_400_000) return timeOfDay(wallMs)
  const date = new Date(wallMs)
  return `${MONTHS[date.getMonth()]} ${two(date.getDate())}`
}

/** `text` in at most `width` characters: the middle goes, for names differ at their ends. */
export function middle(text: string, width: number, mark: string): string {
  const characters = [...text]
  if (characters.length <= width) return text
  if (width <= mark.length) return characters.slice(0, width).join("")
  const kept = width - mark.length
  const head = Math.floor(kept / 2)
  const tail = kept - head
  return [...characters.slice(0, head), mark, ...characters.slice(-tail)].join("")
}

/** `text` in at most `width` characters: the end goes. */
export function ended(text: string, width: number, mark: string): string {
  const characters = [...text]
  if (characters.length <= width) return text
  return characters.slice(0, Math.max(0, width - mark.length)).join("") + mark
}

/** "1 worker", "3 workers". */
export function plural(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")

function two(n: number): string {
  return String(n).padStart(2, "0")
}
