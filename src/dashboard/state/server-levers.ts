/** What a key means for the servers of a cluster, and what came of it, in words. Pure; `actions.ts` pulls the levers. */
import type { Instant } from "../../time/clock.js"
import { latency } from "../drawing/format.js"
import type { Command } from "../keys/keymap.js"
import type { Pool } from "../world/pool.js"
import { reigning } from "../world/reigns.js"
import { done, isReturn, type ServerLever, serverRefusal } from "../world/servers.js"
import { isAboutMember } from "./levers.js"
import type { Snapshot } from "./snapshot.js"

/** A lever at a server, which may be asked about first; the server that the keys are for from now on; or why neither. */
export type ServerChoice =
  | { readonly name: string; readonly lever: ServerLever; readonly asks: boolean }
  | { readonly focus: string }
  | { readonly refusal: string }

/** An order to a server that was given. */
export interface OrderedServer {
  readonly lever: ServerLever
  readonly name: string
  readonly given: Instant
  /** The term of the reign that held then. */
  readonly before: number | undefined
}

const ONLY_SERVERS: ReadonlySet<Command> = new Set<Command>([
  "lame-duck",
  "bring-back",
  "bring-back-empty",
  "switch",
])
/** What may cost something that does not come back. */
const ASKED_ABOUT: ReadonlySet<ServerLever> = new Set<ServerLever>(["kill", "bring-back-empty"])

/** What `command` means for the servers; undefined if it is about something else. */
export function serverChoice(command: Command, snapshot: Snapshot): ServerChoice | undefined {
  const { servers, selectedServer, facts } = snapshot
  const isAbout = ONLY_SERVERS.has(command) || (selectedServer && isAboutMember(command))
  const [first] = servers
  if (!isAbout || !first) return undefined
  if (!facts.ownsServers) {
    return { refusal: "these servers were not started from here: whoever did has levers for them" }
  }
  if (command === "switch") return { focus: first.name }
  if (!selectedServer) return { refusal: "no server is selected: Tab goes to the servers" }
  const lever = leverFor(command)
  if (!lever) return { refusal: "this key is for a worker: Tab goes back to the workers" }
  const { name } = selectedServer
  const refusal = serverRefusal(lever, selectedServer)
  if (refusal !== undefined) return { refusal }
  return { name, lever, asks: ASKED_ABOUT.has(lever) }
}

/** What came of an order, and what that meant for who leads: that is what one wants to see. */
export function whatCame({ lever, name, given, before }: OrderedServer, pool: Pool, at: Instant) {
  const told = done(lever, name, latency(at.monoMs - given.monoMs))
  if (isReturn(lever)) return told
  const leader = reigning(pool.reigns, at.monoMs)
  if (!leader) return `${told}; nobody leads at the moment`
  const how = leader.term === before ? "leads on, still" : "leads now,"
  return `${told}; ${leader.name} ${how} term ${leader.term}`
}

function leverFor(command: Command): ServerLever | undefined {
  switch (command) {
    case "stop":
    case "kill":
    case "lame-duck":
    case "bring-back":
    case "bring-back-empty":
      return command
    default:
      return undefined
  }
}
