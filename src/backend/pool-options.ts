/** Which pool, and how to reach it: the same words for who works in it and for who asks it. */
import type { NatsConnection } from "nats"
import { BadInput } from "../errors/errors.js"
import { CONNECTION_OPTIONS, type ConnectionOptions } from "../nats-context/nats-context.js"
import {
  checkKind,
  either,
  having,
  type KindsOf,
  kind,
  optionsLike,
  text,
  yesOrNo,
} from "../options/known-options.js"
import { LocalPools } from "./local-pools.js"

/**
 * Which pool, and how to reach it. How to connect stands here itself (`servers`, `creds`, ...) or in `connect`; what is
 * left out is as the `nats` command line has it.
 */
export interface PoolPlace extends ConnectionOptions {
  /** The pool, also the NATS subject of simple work. Default `work`. */
  readonly pool?: string | undefined
  /** How to connect, for programs that keep that together. Nothing of it may stand beside it as well. */
  readonly connect?: ConnectionOptions | undefined
  /**
   * An open connection to use, made with whatever else NATS itself takes; it stays open. Nothing that says how to connect
   * may stand beside it, but for `jsDomain`.
   */
  readonly connection?: NatsConnection | undefined
  /**
   * A pool inside this process, without a server: `true` for the one that all of this process share, or one of
   * your own. Default: on a server.
   */
  readonly local?: boolean | LocalPools | undefined
}

/** One of three ways. */
export interface Reached {
  readonly local?: LocalPools
  readonly connection?: NatsConnection
  /** To be connected like this, if there is neither. */
  readonly connect: ConnectionOptions
}

const localPools = kind("a LocalPools", (value) => value instanceof LocalPools)
const openConnection = having(
  "an open connection of NATS",
  ...["publish", "subscribe", "request", "flush", "drain", "close", "status"],
)

export const POOL_PLACE = {
  ...CONNECTION_OPTIONS,
  pool: text,
  connect: optionsLike(CONNECTION_OPTIONS),
  connection: openConnection,
  local: either(yesOrNo, localPools),
} satisfies KindsOf<PoolPlace>

/** How `place` is reached. Throws BadInput where it says more than one way, or one thing twice. */
export function reachedBy(place: PoolPlace): Reached {
  const { local, connection, connect = {} } = place
  const names = Object.keys(CONNECTION_OPTIONS) as (keyof ConnectionOptions)[]
  // Of an open connection nothing else can be said any more.
  const isLate = (name: string) => !(connection && name === "jsDomain")
  const beside = names.filter((name) => place[name] !== undefined && isLate(name))
  const other = place.connect === undefined ? beside[0] : "connect"
  const also = connection ? "connection" : other
  if (local && also) throw new BadInput("local", "no connection beside it", also)
  if (connection && other) {
    throw new BadInput("connection", "nothing else beside it that says how to connect", other)
  }
  const twice = beside.find((name) => connect[name] !== undefined)
  if (twice) throw new BadInput(twice, "to stand here or in connect", "both")
  return {
    ...(local && { local: localOf(local) }),
    ...(connection && { connection }),
    connect: Object.fromEntries(names.map((name) => [name, place[name] ?? connect[name]])),
  }
}

/** The pools that `local` means. Throws BadInput for what means none. */
export function localOf(local: unknown): LocalPools {
  if (local === true) return LocalPools.shared
  checkKind("local", local, { ...localPools, expected: "true, or a LocalPools" })
  return local as LocalPools
}
