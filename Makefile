# `make` alone prints the targets. Each installs what it needs and is missing, in this folder only.

BIN := node_modules/.bin
# With it Node runs TypeScript as it is.
RUN_TS := node --import=tsx
SOURCES := $(shell find src -name '*.ts' -o -name '*.tsx')
NAME ?= a
VERSION ?= 22

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: cluster
cluster: build ## a server, three workers and the dashboard in this terminal; SERVERS=3 ARGS="--workers 5"
	@node dist/cli.js cluster $(if $(SERVERS),--server-count $(SERVERS)) $(ARGS)

.PHONY: tui
tui: build ## the dashboard, attached to the pool that runs
	@node dist/cli.js dashboard $(ARGS)

.PHONY: worker
worker: build ## one more worker; NAME=d
	@node dist/cli.js worker --name $(NAME) $(ARGS)

.PHONY: server
server: build ## nats-server alone, found or fetched; ARGS="--port 4333"
	@node dist/cli.js server $(ARGS)

.PHONY: test
test: check $(if $(TESTS),node_modules/.tap-built,test-fast) ## check, then every test; TESTS=test/lease/lease.test.ts for some
	@NATS_SERVER="$$(node dist/cli.js server --fetch-only)" && export NATS_SERVER && \
	  $(BIN)/tap $(TAP_ARGS) $(or $(TESTS),$$(node scripts/fast-tests.mjs --rest))

.PHONY: test-fast
test-fast: node_modules/.tap-built ## the tests that need no server and no process, and a little of the simulation
	@RUNS=$${RUNS:-200} $(BIN)/tap $(TAP_ARGS) $$(node scripts/fast-tests.mjs --together)

.PHONY: check
check: build ## types, format and lint
	@$(BIN)/tsc --noEmit
	@$(BIN)/biome check .

.PHONY: format
format: node_modules/.package-lock.json ## put the code into its format
	@$(BIN)/biome check --write .

.PHONY: build
build: dist/.built ## dist, what a user installs

.PHONY: bench
bench: build ## times beside the barest of plain NATS, as text and JSON; ONLY=failover,requests ROUNDS=5 OUT=path
	@NATS_SERVER="$$(node dist/cli.js server --fetch-only)" && export NATS_SERVER && \
	  $(RUN_TS) bench/index.ts $(ARGS)

.PHONY: soak
soak: build ## one fault after another for MINUTES=5 on SERVERS=1 or 3, from SEED; a report in the end
	@NATS_SERVER="$$(node dist/cli.js server --fetch-only)" && export NATS_SERVER && \
	  MINUTES=$(or $(MINUTES),5) SERVERS=$(or $(SERVERS),1) SEED=$(SEED) TAP_ARGS="$(TAP_ARGS)" \
	  $(RUN_TS) test/soak/index.ts

.PHONY: schedules
schedules: build node_modules/.tap-built ## election, jobs and cron in many more simulated schedules, and for longer
	@SOAK=1 $(BIN)/tap --timeout=3600 $(TAP_ARGS) 'test/simulation/**/*.test.ts'

.PHONY: mutants
mutants: build ## election, jobs and cron broken in many ways: does the simulation find each?
	@$(RUN_TS) test/simulation/mutate.ts $(ARGS)

.PHONY: faults
faults: build node_modules/.tap-built ## real processes and servers killed, frozen, cut off
	@NATS_SERVER="$$(node dist/cli.js server --fetch-only)" && export NATS_SERVER && \
	  FAULTS=all $(BIN)/tap --timeout=3600 $(TAP_ARGS) 'test/faults/**/*.test.ts'

.PHONY: screenshot
screenshot: build ## docs/dashboard.svg anew, from a real run in tmux
	@node scripts/screenshot.mjs $(ARGS)

.PHONY: docs
docs: build ## docs/api, the pages of the library's interface
	@$(BIN)/typedoc

.PHONY: test-node
test-node: build ## the tests on another Node, got for this folder only; VERSION=22 TESTS=test/client/client.test.ts
	@npm install --no-fund --no-audit --no-save --prefix .pool/node-$(VERSION) node@$(VERSION)
	@PATH="$(CURDIR)/.pool/node-$(VERSION)/node_modules/node/bin:$$PATH" && node --version && $(MAKE) --no-print-directory test

.PHONY: clean
clean: ## remove what was built, fetched and written: dist, docs/api, .tap, .pool, node_modules
	@if [ -n "$$(ls .pool/logs/ports-*/*.ports 2>/dev/null)" ]; then \
	  echo "a nats-server runs from .pool; stop it first (make server tells where)" >&2; exit 1; fi
	@rm -rf dist docs/api .tap .pool node_modules

# --include=dev: with NODE_ENV=production npm would leave out what builds and tests.
node_modules/.package-lock.json: package-lock.json | node
	@npm ci --no-fund --no-audit --include=dev
	@touch $@

# tap builds itself anew for the plugins that package.json asks for.
node_modules/.tap-built: node_modules/.package-lock.json package.json
	@$(BIN)/tap build
	@touch $@

dist/.built: $(SOURCES) scripts/bundle.mjs tsconfig.json tsconfig.build.json node_modules/.package-lock.json | node
	@$(BIN)/tsc -p tsconfig.build.json
	@node scripts/bundle.mjs
	@touch $@

.PHONY: node
node:
	@command -v node >/dev/null || { echo "there is no node: install Node 20 or later, https://nodejs.org" >&2; exit 1; }
	@node -e 'if (parseInt(process.versions.node) < 20) { console.error("node is " + process.version + ": install Node 20 or later, https://nodejs.org"); process.exit(1) }'
	@command -v npm >/dev/null || { echo "there is no npm: it comes with Node, https://nodejs.org" >&2; exit 1; }
