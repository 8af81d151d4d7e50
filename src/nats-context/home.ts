/**
 * The home folder of who runs this. Not everybody has one: a container may run under a user id that no list of users
 * knows, and without HOME; then asking the system throws. So it is asked for only where a path needs it.
 */
import { homedir } from "node:os"
import type { Environment } from "./environment.js"

/** The home folder, or undefined if there is none. */
export function homeOf(env: Environment): string | undefined {
  try {
    return env.HOME || homedir() || undefined
  } catch {
    return undefined
  }
}
