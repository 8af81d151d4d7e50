import t from "tap"
import { holdUp } from "./hold-up.js"

t.test(
  "a bucket lost and made anew again and again: a revision that comes a second time deceives nobody",
  (t) => holdUp(t, "recreated"),
)
