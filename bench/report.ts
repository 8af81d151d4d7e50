/** The report of a run of the bench: all rows, and what they depend on; as an object for a file, and as text. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { Row } from "./rows.js"
import type { Machine, Versions } from "./surroundings.js"
import { tableOf } from "./table.js"

export interface PartReport {
  readonly part: string
  readonly seconds: number
  readonly rows: readonly Row[]
  /** Why it ended before its time; it has no rows then. */
  readonly failed?: string
}

export interface Report {
  /** When it began, as ISO 8601. */
  readonly at: string
  readonly rounds: number
  readonly versions: Versions
  readonly machine: Machine
  readonly parts: readonly PartReport[]
}

/** What all of it depends on, in two lines. */
export function headOf({ rounds, versions, machine }: Omit<Report, "parts">): string[] {
  const { product, node, natsServer, packages } = versions
  const commit = product.commit ? ` (${product.commit})` : ""
  const others = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  const { cpu, cores, memoryMB, load } = machine
  return [
    `service-pool-leader ${product.version}${commit}, nats-server ${natsServer}, node ${node}, ${others.join(", ")}`,
    `${cores} cores of ${cpu}, ${memoryMB} MB, load ${load.toFixed(1)}; ${rounds} rounds`,
  ]
}

/** A part as text: its name, and its table or why there is none. */
export function textOf({ part, seconds, rows, failed }: PartReport): string[] {
  const head = `${part}, ${Math.round(seconds)} s`
  return failed === undefined ? [head, ...tableOf(rows)] : [`${head}: failed: ${failed}`]
}

export function write(report: Report, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
}
