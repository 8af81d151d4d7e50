/**
 * What the user is doing: mode, selection, filter, pause. Keys in, the next Ui and perhaps a command out.
 * The selection follows a member's id, never a row; a question belongs to an id as well.
 */
import type { Instant } from "../../time/clock.js"
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

/** The screen as it stood when it was paused. */
export interface Pinned {
  readonly pool: Pool
  readonly at: Instant
}

export interface Ui {
  readonly mode: Mode
  readonly filter: string
  /** Id of the selected member, and its row when it was last there. */
  readonly selected?: string
  readonly index: number
  /** Name of the selected server while the servers are in focus; otherwise the workers are. */
  readonly server?: string
  readonly pinned?: Pinned
  /** Until then keys are ignored: after a yes, so that key repeat can't kill two. */
  readonly deafUntilMonoMs: number
}

export const UNTOUCHED: Ui = { mode: { kind: "normal" }, filter: "", index: 0, deafUntilMonoMs: 0 }

/** What a key press depends on besides the Ui. */
export interface Scene {
  /** Ids of the selectable rows, from the top. */
  readonly ids: readonly string[]
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

/** The answer yes to the question about this member, or this server. */
export type Confirmed =
  | { readonly killed: string }
  | { readonly server: string; readonly lever: ServerLever }

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
    case "normal":
      return command ? chosen(ui, command, scene) : { ui }
  }
}

function answered(ui: Ui, key: string, yes: Confirmed, { at }: Scene): Pressed {
  if (key !== "y") return { ui: { ...ui, mode: NORMAL } }
  return { ui: { ...ui, mode: NORMAL, deafUntilMonoMs: at.monoMs + DEAF_MS }, command: yes }
}

/** `ui` with the selection on a row that is there; a question about someone who went is dropped. */
export function settled(ui: Ui, ids: readonly string[]): Ui {
  const { selected, mode } = ui
  const asked = mode.kind === "kill" && !ids.includes(mode.id) ? { ...ui, mode: NORMAL } : ui
  const found = selected === undefined ? -1 : ids.indexOf(selected)
  const index = found >= 0 ? found : Math.max(0, Math.min(ui.index, ids.length - 1))
  if (found === index && index === asked.index) return asked
  const { selected: _, ...rest } = asked
  const id = ids[index]
  return id === undefined ? { ...rest, index } : { ...rest, index, selected: id }
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
      return { ui: { ...atWorkers(ui), filter: "" } }
    case "pause":
      return { ui: paused(ui, scene) }
    case "switch":
      return ui.server === undefined ? { ui, command } : { ui: atWorkers(ui) }
    default:
      return { ui, command }
  }
}

/** `ui` with the workers in focus. */
function atWorkers({ server: _, ...ui }: Ui): Ui {
  return ui
}

function moved(ui: Ui, by: number, { ids, servers }: Scene): Ui {
  if (ui.server !== undefined) {
    const index = Math.max(0, Math.min(servers.length - 1, servers.indexOf(ui.server) + by))
    return { ...ui, server: servers[index] ?? ui.server }
  }
  const index = Math.max(0, Math.min(ids.length - 1, ui.index + by))
  const selected = ids[index]
  return selected === undefined ? ui : { ...ui, index, selected }
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
