/** A member by what people call it: its id, or its name where only one has that. */
import { NoWorkers, PoolError } from "../errors/errors.js"
import type { Member } from "../protocol/member.js"

/** Nobody in the pool has this name or id. */
export class NoMember extends PoolError {
  override readonly name = "NoMember"
  override readonly code = "no-member"
  constructor(
    readonly pool: string,
    readonly wanted: string,
    readonly there: readonly Member[],
  ) {
    const names = [...new Set(there.map(({ name }) => name))]
    const shown = names.length > 8 ? `${names.slice(0, 8).join(", ")} and more` : names.join(", ")
    super(`no member "${wanted}" in pool "${pool}"; there are ${shown}`)
  }
}

/** Several members have this name. */
export class SeveralMembers extends PoolError {
  override readonly name = "SeveralMembers"
  override readonly code = "several-members"
  constructor(
    readonly wanted: string,
    readonly members: readonly Member[],
  ) {
    const each = members.map(({ id, pid, host }) => `${id} (pid ${pid} on ${host})`)
    super(
      `${members.length} members are called "${wanted}"; say which by its id: ${each.join(", ")}`,
    )
  }
}

/**
 * The member that `wanted` names: an id counts before a name. Throws NoWorkers if nobody is there at all,
 * NoMember, or SeveralMembers.
 */
export function findMember(pool: string, members: readonly Member[], wanted: string): Member {
  if (members.length === 0) throw new NoWorkers(pool)
  const called = members.filter(({ name }) => name === wanted)
  const found = members.find(({ id }) => id === wanted) ?? called[0]
  if (!found) throw new NoMember(pool, wanted, members)
  if (found.id !== wanted && called.length > 1) throw new SeveralMembers(wanted, called)
  return found
}
