/**
 * Gets what is at a URL, and gives up when nothing arrives any more: a machine behind a silent firewall
 * must get to the next way of fetching within seconds.
 */
import { createHash } from "node:crypto"
import { createWriteStream } from "node:fs"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { PoolError, reasonOf } from "../errors/errors.js"

export interface DownloadOptions {
  /** Gets a line on how far it is, every `reportEveryMs` (2000). */
  report?: (line: string) => void
  reportEveryMs?: number
  signal?: AbortSignal
  /** Longest wait for the next byte, in ms. Default 20000. */
  stallMs?: number
}

/** Writes what is at `url` to `file`; returns its SHA-256 in hex. */
export function download(url: string, file: string, options: DownloadOptions): Promise<string> {
  return patiently(url, options, async (answer, renewPatience) => {
    const hash = createHash("sha256")
    const progress = progressOf(Number(answer.headers.get("content-length")), options)
    async function* measured(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        renewPatience()
        hash.update(chunk)
        progress(chunk.length)
        yield chunk
      }
    }
    const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])
    await pipeline(body, measured, createWriteStream(file))
    return hash.digest("hex")
  })
}

/** The text at `url`, which must be short. */
export function textAt(url: string, options: DownloadOptions): Promise<string> {
  return patiently(url, options, (answer) => answer.text())
}

async function patiently<T>(
  url: string,
  { signal, stallMs = 20_000 }: DownloadOptions,
  use: (answer: Response, renewPatience: () => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const stalled = () => controller.abort(new PoolError(`nothing arrived for ${stallMs} ms`))
  const timer = setTimeout(stalled, stallMs)
  const interrupt = () => controller.abort(new PoolError("interrupted"))
  if (signal?.aborted) interrupt()
  signal?.addEventListener("abort", interrupt)
  try {
    const answer = await fetch(url, { signal: controller.signal })
    if (!answer.ok) throw new PoolError(`the server answered ${answer.status}`)
    return await use(answer, () => void timer.refresh())
  } catch (error) {
    const cause = controller.signal.aborted ? controller.signal.reason : error
    // fetch says only "fetch failed", and why in its cause
    const reason = reasonOf(cause instanceof TypeError && cause.cause ? cause.cause : cause)
    throw new PoolError(`${url}: ${reason}`, { cause })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", interrupt)
  }
}

function progressOf(total: number, { report, reportEveryMs = 2000 }: DownloadOptions) {
  let sum = 0
  let reported = performance.now()
  return (bytes: number) => {
    sum += bytes
    if (performance.now() - reported < reportEveryMs) return
    reported = performance.now()
    report?.(`${megabytes(sum)}${total ? ` of ${megabytes(total)}` : ""} MB`)
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
