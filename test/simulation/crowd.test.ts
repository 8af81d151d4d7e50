import t from "tap"
import { holdUp } from "./hold-up.js"

t.test(
  "where many are told of few renewals, nobody doubts its leader, and an end is noticed in time",
  (t) => holdUp(t, "crowd"),
)
