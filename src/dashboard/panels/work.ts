/** How much work flows, how fast it is answered, and the last answers to our own requests. */
import { sparkline } from "../drawing/bars.js"
import { count, latency, middle, rate } from "../drawing/format.js"
import { framed } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import { EMPTY, type Line, line, span, spread } from "../drawing/line.js"
import type { Snapshot } from "../state/snapshot.js"
import type { WorkKind } from "../world/source.js"
import { percentile, rateNow, type WorkSeen } from "../world/work.js"

const RATE_WIDTH = 8

export function workPanel(
  snapshot: Snapshot,
  width: number,
  height: number,
  glyphs: Glyphs,
): Line[] {
  const { work } = snapshot.pool
  const inside = width - 2
  const lines = [
    flow(work, "simple", inside, glyphs),
    flow(work, "tracked", inside, glyphs),
    [span(" "), ...times(work), span("   "), ...errors(work)],
    EMPTY,
    ...answers(work, height - 6, glyphs),
  ]
  const both = rateNow(work, "simple") + rateNow(work, "tracked")
  return framed({ title: "Work", remark: rate(both).padStart(5), width, height }, lines, glyphs)
}

/** Two lines for a screen without frames. */
export function workLines({ pool }: Snapshot, width: number, glyphs: Glyphs): Line[] {
  const { work } = pool
  const right = 23
  const [p50, p99] = quantiles(work)
  const first = [span(`p50 ${p50.padEnd(6)}  `), ...errors(work)]
  const second = [span(`p99 ${p99}`)]
  return [first, second].map((spans, index) => {
    const kind: WorkKind = index === 0 ? "simple" : "tracked"
    return spread(flow(work, kind, width - right, glyphs), padded(spans, right), width)
  })
}

function padded(spans: Line, width: number): Line {
  return spread([span("  "), ...spans], EMPTY, width)
}

/** A kind of work: its sparkline on the scale of both, and its rate. */
function flow(work: WorkSeen, kind: WorkKind, width: number, glyphs: Glyphs): Line {
  const bars = Math.max(4, width - 11 - RATE_WIDTH)
  const recent = [...work.rates.simple.slice(-bars), ...work.rates.tracked.slice(-bars)]
  const line = sparkline(work.rates[kind], bars, Math.max(1, ...recent), glyphs)
  const now = rateNow(work, kind)
  return [
    span(` ${kind.padEnd(8)} `),
    span(line, now > 0 ? "plain" : "dim"),
    span(rate(now).padStart(RATE_WIDTH), now > 0 ? "plain" : "dim"),
  ]
}

function times(work: WorkSeen): Line {
  const [p50, p99] = quantiles(work)
  return [span(`p50 ${p50.padEnd(6)}  p99 ${p99.padEnd(6)}`)]
}

/** Of our own requests, for these we saw from end to end; "-" before there are any. */
function quantiles({ timesMs }: WorkSeen): [string, string] {
  const [p50, p99] = [percentile(timesMs, 0.5), percentile(timesMs, 0.99)]
  return [p50 === undefined ? "-" : latency(p50), p99 === undefined ? "-" : latency(p99)]
}

function errors({ failed }: WorkSeen): Line {
  return [span(`errors ${count(failed)}`, failed > 0 ? "bad" : "dim")]
}

function answers({ answers }: WorkSeen, rows: number, glyphs: Glyphs): Line[] {
  if (answers.length === 0) return [line(" No answers yet: press w, t or B.", "dim")]
  const shown = answers.slice(0, Math.max(0, rows))
  const digits = Math.max(...shown.map(({ number }) => String(number).length))
  const longest = Math.min(14, Math.max(1, ...shown.map(({ worker }) => worker.length)))
  return shown.map(({ number, kind, worker, ms }) => {
    const name = middle(worker, longest, glyphs.cut).padEnd(longest)
    return [
      span(` #${String(number).padEnd(digits)}  `, "dim"),
      span(`${kind.padEnd(7)}  ${name}  ${latency(ms).padStart(6)}`),
    ]
  })
}
