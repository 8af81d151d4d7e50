import t from "tap"
import { MOST_A_TURN, Turns } from "../../src/time/turns.js"
import { settled } from "../fixtures/manual-clock.js"

t.test("so many go on at once, those after them in later turns, in their order", async (t) => {
  const turns = new Turns()
  const order: number[] = []
  for (let n = 0; n < MOST_A_TURN * 2 + 10; n += 1) {
    const turn = turns.take()
    if (turn) turn.then(() => order.push(n))
    else order.push(n)
  }
  const inOrder = (length: number) => Array.from({ length }, (_, n) => n)
  t.strictSame(order, inOrder(MOST_A_TURN))
  await settled()
  t.strictSame(order, inOrder(MOST_A_TURN * 2))
  await settled()
  t.strictSame(order, inOrder(MOST_A_TURN * 2 + 10))
})

t.test("a new turn has room again, but for those who waited for it", async (t) => {
  const turns = new Turns()
  for (let n = 0; n < MOST_A_TURN + 1; n += 1) turns.take()
  await settled()
  const free = Array.from({ length: MOST_A_TURN }, () => turns.take())
  t.equal(free.filter((turn) => turn === undefined).length, MOST_A_TURN - 1)
})
