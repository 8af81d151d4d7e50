/**
 * The servers of a cluster as the screen knows them: which is up, which leads the stream of the pool's bucket, whose
 * replica of it is current. Where there is one server alone none is known, and nothing of this is shown.
 */
import type { Note } from "./log.js"

/** `lame duck`: told to leave, and still there. `unknown`: nobody says. */
export type ServerState = "starting" | "up" | "lame duck" | "down" | "unknown"

/** What can be done to a server, by whoever started it. */
export type ServerLever = "stop" | "kill" | "lame-duck" | "bring-back" | "bring-back-empty"

export type ReplicaState = "current" | "behind" | "offline"

export interface ServerSeen {
  readonly name: string
  readonly state: ServerState
  /** Whether it leads the stream of the pool's bucket. */
  readonly leads: boolean
  /** Its replica of the bucket; absent where it has none, or nobody says. */
  readonly replica?: ReplicaState
  /** How many writes its replica is behind. */
  readonly lag?: number
  readonly version?: string
  readonly pid?: number
  readonly url?: string
}

/** What was seen at one time. */
export interface ServersSeen {
  /** In the order of their names. */
  readonly servers: readonly ServerSeen[]
  /** How many replicas the bucket has, and how many are current; absent while nobody says, as without a majority. */
  readonly replicas?: { readonly all: number; readonly current: number }
}

export const NO_SERVERS: ServersSeen = { servers: [] }

/** Names of the servers that went, and whose replica was not seen current since. */
export type Away = ReadonlySet<string>

/** Who is away after `now`. */
export function awayAfter(away: Away, { servers }: ServersSeen): Away {
  const next = new Set(away)
  for (const { name, state, replica } of servers) {
    if (state === "down" || replica === "offline") next.add(name)
    else if (replica === "current") next.delete(name)
  }
  return next
}

/** What there is to tell of the way from `before` to `now`; nothing of what is seen for the first time. */
export function changesIn(before: ServersSeen, now: ServersSeen, away: Away): Note[] {
  if (before.servers.length === 0) return []
  const notes = now.servers.flatMap((server) => {
    const was = before.servers.find(({ name }) => name === server.name)
    const returned = away.has(server.name) && server.replica === "current" && isUp(server)
    return [
      ...(was && was.state !== server.state ? stateTold(server) : []),
      ...(returned ? [told(server, "has caught up: its replica is current")] : []),
    ]
  })
  return [...notes, ...leaderTold(before, now)]
}

function stateTold(server: ServerSeen): Note[] {
  const text = { up: "is up", "lame duck": "leaves politely: lame duck", down: "is down" }
  const { state } = server
  return state === "starting" || state === "unknown" ? [] : [told(server, text[state])]
}

function leaderTold(before: ServersSeen, now: ServersSeen): Note[] {
  const [was, is] = [before, now].map(({ servers }) => servers.find(({ leads }) => leads))
  if (was?.name === is?.name) return []
  if (is) return [told(is, "leads the stream of the bucket")]
  return [{ kind: "server", name: "", text: "no server leads the stream: nothing can be written" }]
}

function told({ name, state }: ServerSeen, text: string): Note {
  return { kind: "server", name, text: `server ${text}`, figures: { state } }
}

function isUp({ state }: ServerSeen): boolean {
  return state === "up" || state === "lame duck"
}

/** What is to be said of a lever that was pulled at a server, while nothing is known to have come of it. */
export function asked(lever: ServerLever, name: string): string {
  switch (lever) {
    case "stop":
      return `asked server ${name} to stop`
    case "kill":
      return `killing server ${name}`
    case "lame-duck":
      return `told server ${name} to leave politely: it sends its clients away, and ends in some seconds`
    case "bring-back":
      return `starting server ${name}`
    case "bring-back-empty":
      return `starting server ${name} without its files`
  }
}

/** What came of it. */
export function done(lever: ServerLever, name: string, after: string): string {
  switch (lever) {
    case "stop":
      return `server ${name} stopped after ${after}`
    case "kill":
      return `server ${name} killed`
    case "lame-duck":
      return `server ${name} left politely after ${after}`
    case "bring-back":
      return `server ${name} is back after ${after}`
    case "bring-back-empty":
      return `server ${name} is back, empty, after ${after}`
  }
}

/** Why a lever can't be pulled at a server in this state; undefined if it can. */
export function serverRefusal(lever: ServerLever, { name, state }: ServerSeen): string | undefined {
  const isDown = state === "down"
  if (isReturn(lever)) return isDown ? undefined : `server ${name} is ${state}`
  if (isDown) return `server ${name} is down; b brings it back, E without its files`
  if (lever === "lame-duck" && state !== "up") return `server ${name} is ${state}`
  return undefined
}

/** Whether it is for a server that is down. */
export function isReturn(lever: ServerLever): boolean {
  return lever === "bring-back" || lever === "bring-back-empty"
}

/** Whether more than half of the bucket's replicas are current on other servers than `name`, and up. */
export function isMajorityBeside(name: string, { servers, replicas }: ServersSeen): boolean {
  const current = servers.filter(
    (it) => it.name !== name && it.state === "up" && it.replica === "current",
  )
  return replicas !== undefined && current.length * 2 > replicas.all
}
