/**
 * How big this machine is, as one number for the strategy `weight`: its cores, and one more for every 4 GiB of memory.
 * Both as this process may use them, so that a small container on a large host is small.
 */
import { availableParallelism, totalmem } from "node:os"

const GIB_PER_POINT = 4
const GIB = 1024 ** 3

/** The weight of this machine, rounded; at least 1. */
export function machineWeight(): number {
  const limit = process.constrainedMemory()
  const total = totalmem()
  const bytes = limit > 0 && limit < total ? limit : total
  return weightOf(availableParallelism(), bytes)
}

/** The weight of a machine with that many cores and bytes of memory. */
export function weightOf(cores: number, bytes: number): number {
  return Math.max(1, Math.round(cores + bytes / GIB / GIB_PER_POINT))
}
