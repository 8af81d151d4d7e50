/** Where definitions and cursors of a pool lie, in its stream of jobs, and where its leader is asked for them. */
import { checkedPool } from "../protocol/names.js"

export interface CronNames {
  /** The leader answers here what it fires, see CronNews. */
  readonly ask: string
  /** All definitions. */
  readonly definitions: string
  definition(name: string): string
  cursor(name: string): string
}

/** Throws BadInput for what can name no pool. */
export function cronNamesOf(pool: string): CronNames {
  checkedPool(pool)
  return {
    ask: `${pool}.cron`,
    definitions: `${pool}.cron.*`,
    definition: (name) => `${pool}.cron.${name}`,
    cursor: (name) => `${pool}.tick.${name}`,
  }
}
