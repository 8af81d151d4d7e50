/**
 * What the user is doing: mode, page, selection, filter, pause. Keys in, the next Ui and perhaps a command out.
 * The selection follows a member's id, or a job's, never a row; a question belongs to one as well.
 */
import type { Instant } from "../../time/clock.js"
import type { JobLever, JobTarget } from "../jobs/job-levers.js"
import type { Pool } from "../world/pool.js"
import type { ServerLever } from "../world/servers.js"
import { type Command, commandOf } from "./keymap.js"

export type Mode =
  | { readonly kind: "normal" }
  | { readonly kind: "help" }
  | { readonly kind: "filter" }
  /** Asks whether to kill this member. */
  | { readonly kind: "kill"; readonly id: string }
  /** Asks whether to do this to this server. */
  | { readonly kind: "server"; readonly name: string; readonly lever: ServerLever }
  /** Asks whether to lose what is in this row of the page of jobs. */
  | ({ readonly kind: "job"; readonly key: string } & OrderedJob)

/** What is to be done to a job, or a queue. */
export interface OrderedJob {
  readonly lever: JobLever
  readonly target: JobTarget
}

/** The screen as it stood when it was paused. */
export interface Pinned {
  readonly pool: Pool
  readonly at: Instant
}

/** What is selected of a list, and its row when it was last there. */
export interface Selection {
  readonly selected?: string
  readonly index: number
  /** A key was pressed since it is there. Until then it stays on the first row, for rows come in any order. */
  readonly isTouched?: boolean
}

/** The selection is that of the members, by their ids. */
export interface Ui extends Selection {
  readonly mode: Mode
  readonly filter: string
  /** Name of the selected server while the servers are in focus; otherwise the workers are. */
  readonly server?: string
  /** The selected row of the page of jobs, while that is shown; otherwise the pool is. */
  readonly jobs?: Selection
  readonly pinned?: Pinned
  /** Until then keys are ignored: after a yes, so that key repeat can't kill two. */
  readonly deafUntilMonoMs: number
}

export const UNTOUCHED: Ui = { mode: { kind: "normal" }, filter: "", index: 0, deafUntilMonoMs: 0 }

/** What can be selected, from the top. */
export interface Selectable {
  /** Ids of members. */
  readonly ids: readonly string[]
  /** Keys of the rows of the page of jobs. */
  readonly jobs: readonly string[]
}

/** What a key press depends on besides the Ui. */
export interface Scene extends Selectable {
  /** Names of the servers, from the top. */
  readonly servers: readonly string[]
  readonly pool: Pool
  readonly at: Instant
}

/** The Ui after a key, and what else is to be done. */
export interface Pressed {
  readonly ui: Ui
  readonly command?: Command | Confirmed
}

/** The answer yes to the question about this member, this server, or this job. */
export type Confirmed =
  | { readonly killed: string }
  | { readonly server: string; readonly lever: ServerLever }
  | { readonly orderedJob: OrderedJob }

const DEAF_MS = 300
const PAGE = 10
const NORMAL: Mode = { kind: "normal" }

export function pressed(ui: Ui, key: string, scene: Scene): Pressed {
  const command = commandOf(key)
  if (key === "ctrl-c" || key === "ctrl-z" || key === "ctrl-l")
    return command ? { ui, command } : { ui }
  if (scene.at.monoMs < ui.deafUntilMonoMs) return { ui }
  switch (ui.mode.kind) {
    case "help":
      return { ui: { ...ui, mode: NORMAL } }
    case "filter":
      return { ui: filtered(ui, key, scene) }
    case "kill":
      return answered(ui, key, { killed: ui.mode.id }, scene)
    case "server":
      return answered(ui, key, { server: ui.mode.name, lever: ui.mode.lever }, scene)
    case "job":
      return answered(ui, key, { orderedJob: ui.mode }, scene)
    case "normal":
      return command ? chosen(touched(ui), command, scene) : { ui }
  }
}

function touched(ui: Ui): Ui {
  return { ...ui, isTouched: true, ...(ui.jobs && { jobs: { ...ui.jobs, isTouched: true } }) }
}

function answered(ui: Ui, key: string, yes: Confirmed, { at }: Scene): Pressed {
  if (key !== "y") return { ui: { ...ui, mode: NORMAL } }
  return { ui: { ...ui, mode: NORMAL, deafUntilMonoMs: at.monoMs + DEAF_MS }, command: yes }
}

/** `ui` with the selection on a row that is there; a question about what went is dropped. */
export function settled(ui: Ui, { ids, jobs }: Selectable): Ui {
  const { mode } = ui
  const isGone =
    (mode.kind === "kill" && !ids.includes(mode.id)) ||
    (mode.kind === "job" && !jobs.includes(mode.key))
  const asked = isGone ? { ...ui, mode: NORMAL } : ui
  const members = placed(asked, ids)
  const selection = asked.jobs && placed(asked.jobs, jobs)
  return selection === members.jobs ? members : { ...members, jobs: selection as Selection }
}

/** The same selection, on a row that is there: its own, or the nearest. */
function placed<Some extends Selection>(selection: Some, ids: readonly string[]): Some {
  const { selected, index: before, ...rest } = selection
  const found = selected === undefined || !rest.isTouched ? -1 : ids.indexOf(selected)
  const index = found >= 0 ? found : Math.max(0, Math.min(before, ids.length - 1))
  const id = ids[index]
  if (id !== undefined && id === selected && index === before) return selection
  return { ...rest, index, ...(id !== undefined && { selected: id }) } as Some
}

function chosen(ui: Ui, command: Command, scene: Scene): Pressed {
  switch (command) {
    case "up":
      return { ui: moved(ui, -1, scene) }
    case "down":
      return { ui: moved(ui, 1, scene) }
    case "page-up":
      return { ui: moved(ui, -PAGE, scene) }
    case "page-down":
      return { ui: moved(ui, PAGE, scene) }
    case "first":
      return { ui: moved(ui, Number.NEGATIVE_INFINITY, scene) }
    case "last":
      return { ui: moved(ui, Number.POSITIVE_INFINITY, scene) }
    case "help":
      return { ui: { ...ui, mode: { kind: "help" } } }
    case "filter":
      return { ui: { ...ui, mode: { kind: "filter" } } }
    case "clear":
      return { ui: { ...(ui.jobs && ui.filter !== "" ? ui : atWorkers(ui)), filter: "" } }
    case "pause":
      return { ui: paused(ui, scene) }
    case "switch":
      return ui.server === undefined ? { ui, command } : { ui: atWorkers(ui) }
    case "jobs":
      return ui.jobs ? { ui: { ...atWorkers(ui), filter: "" } } : { ui, command }
    default:
      return { ui, command }
  }
}

/** `ui` with the workers in focus. */
function atWorkers({ server: _, jobs: __, ...ui }: Ui): Ui {
  return ui
}

/** `ui` with the page of jobs in place of the pool; of a pool as it was when the screen was paused nothing is known of them. */
export function atJobs({ pinned: _, ...ui }: Ui): Ui {
  return { ...atWorkers(ui), filter: "", jobs: { index: 0 } }
}

function moved(ui: Ui, by: number, { ids, servers, jobs }: Scene): Ui {
  if (ui.jobs) return { ...ui, jobs: movedIn(ui.jobs, by, jobs) }
  if (ui.server !== undefined) {
    const index = Math.max(0, Math.min(servers.length - 1, servers.indexOf(ui.server) + by))
    return { ...ui, server: servers[index] ?? ui.server }
  }
  return movedIn(ui, by, ids)
}

function movedIn<Some extends Selection>(
  selection: Some,
  by: number,
  ids: readonly string[],
): Some {
  const index = Math.max(0, Math.min(ids.length - 1, selection.index + by))
  const selected = ids[index]
  return selected === undefined ? selection : { ...selection, index, selected }
}

function paused({ pinned, ...ui }: Ui, { pool, at }: Scene): Ui {
  return pinned ? ui : { ...ui, pinned: { pool, at } }
}

function filtered(ui: Ui, key: string, scene: Scene): Ui {
  if (key === "up" || key === "down") return moved(ui, key === "up" ? -1 : 1, scene)
  if (key === "enter") return { ...ui, mode: NORMAL }
  if (key === "escape") return { ...ui, mode: NORMAL, filter: "" }
  if (key === "backspace") return { ...ui, filter: ui.filter.slice(0, -1) }
  return key.length === 1 && ui.filter.length < 40 ? { ...ui, filter: ui.filter + key } : ui
}
