# The only list of commands of this repository. CI calls these targets.

# It works with macOS's GNU make 3.81 and its tools: a recipe of several commands starts with $(STRICT), because
# that make ignores .SHELLFLAGS, and uses nothing that only GNU's sed, grep or readlink can.

SHELL := bash
STRICT := set -euo pipefail;
.DEFAULT_GOAL := help

# The directory of every module of the workspace, computed, so that none is forgotten.
MODULES = $(patsubst github.com/clerkgo/clerkgo%,.%,$(shell go list -m))

ACTIONLINT_VERSION    := v1.7.12
GOLANGCI_LINT_VERSION := v2.15.0
GORELEASE_VERSION     := v0.0.0-20261113113407-e3970619a1a4
GOVULNCHECK_VERSION   := v1.9.0
TOOLS := $(CURDIR)/.tools

# Installs a command at a version: $(call install,module/path/of/command,version).
install = $(STRICT) mkdir -p $(TOOLS)/bin; echo "building $(notdir $(1)) $(2), once"; \
	GOWORK=off GOBIN=$(TOOLS)/bin go install $(1)@$(2); mv $(TOOLS)/bin/$(notdir $(1)) $@

# Versions, tidiness, packing and installing are decided in Go.
RELEASE = go run ./internal/release

FRAMEWORK ?= gin
PORT ?= 8080
SEED ?= 1
COUNT ?= 20000
FUZZTIME ?= 60s
PROOFTIME ?= 30m

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## Run the tour against a built-in Clerk: FRAMEWORK=gin|http|echo|echo5|fiber|fiber3 PORT=8080.
	@case "$(FRAMEWORK)" in gin|http|echo|echo5|fiber|fiber3) ;; *) echo "FRAMEWORK is gin, http, echo, echo5, fiber or fiber3, not \"$(FRAMEWORK)\"" >&2; exit 2;; esac
	@[ -x $(TOOLS)/demo-$(FRAMEWORK) ] || echo "building the tour with $(FRAMEWORK): Go fetches and compiles what it needs, which takes a minute the first time"
	@mkdir -p $(TOOLS) && cd examples && go build -o $(TOOLS)/demo-$(FRAMEWORK) ./$(FRAMEWORK)
	@PORT=$(PORT) exec $(TOOLS)/demo-$(FRAMEWORK)

.PHONY: emulator
emulator: ## Run a local Clerk with a dashboard: ARGS="--seed file.yaml --port 4010".
	@mkdir -p $(TOOLS) && go build -o $(TOOLS)/emulator ./emulator
	@exec $(TOOLS)/emulator $(ARGS)

.PHONY: emulator-binaries
emulator-binaries: ## Build the emulator for each platform into dist/.
	@$(STRICT) mkdir -p dist; for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
	  os=$${platform%/*}; arch=$${platform#*/}; out=dist/clerk-emulator-$$os-$$arch; if [ $$os = windows ]; then out=$$out.exe; fi; echo "$$out"; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags=-s -o $$out ./emulator; done

.PHONY: test
test: ## Test every module. Needs only Go.
	@$(STRICT) failed=; for dir in $(MODULES); do echo "== $$dir"; (cd $$dir && go test -count=1 -shuffle=on ./...) || failed="$$failed $$dir"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

.PHONY: race
race: ## Test every module with the race detector. Needs a C compiler.
	@$(STRICT) failed=; for dir in $(MODULES); do echo "== $$dir (race)"; (cd $$dir && go test -race -count=1 -shuffle=on ./...) || failed="$$failed $$dir"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

.PHONY: standalone
standalone: ## Build and test each module outside the workspace.
	@$(RELEASE) standalone

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Lint every module.
	@$(STRICT) for dir in $(MODULES); do echo "== $$dir (lint)"; (cd $$dir && $< run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Format every module. Changes files.
	@$(STRICT) for dir in $(MODULES); do (cd $$dir && $< fmt --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: format
format: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Check the format of every module.
	@$(STRICT) for dir in $(MODULES); do (cd $$dir && $< fmt --diff --config $(CURDIR)/.golangci.yml ./...); done

$(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	@$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,$(GOLANGCI_LINT_VERSION))

.PHONY: actions-lint
actions-lint: $(TOOLS)/actionlint-$(ACTIONLINT_VERSION) ## Lint the workflows.
	@$< .github/workflows/*.yml

$(TOOLS)/actionlint-$(ACTIONLINT_VERSION):
	@$(call install,github.com/rhysd/actionlint/cmd/actionlint,$(ACTIONLINT_VERSION))

.PHONY: vulncheck
vulncheck: $(TOOLS)/govulncheck-$(GOVULNCHECK_VERSION) ## Look for known vulnerabilities. Needs the Go vulnerability database.
	@failed=; for dir in $(MODULES); do echo "== $$dir (vulncheck)"; (cd $$dir && $< ./...); status=$$?; \
	case $$status in 0) ;; \
	3) failed="$$failed $$dir";; \
	*) echo "vulncheck: nothing is known about $$dir: govulncheck could not do its work, for which it needs the Go vulnerability database (GOVULNDB)" >&2; exit 1;; esac; done; \
	if [ -n "$$failed" ]; then echo "known vulnerabilities:$$failed" >&2; exit 1; fi

$(TOOLS)/govulncheck-$(GOVULNCHECK_VERSION):
	@$(call install,golang.org/x/vuln/cmd/govulncheck,$(GOVULNCHECK_VERSION))

.PHONY: tidy
tidy: ## Tidy every module. Changes files.
	@$(RELEASE) tidy

.PHONY: tidy-check
tidy-check: ## Check that every module is tidy.
	@$(RELEASE) tidy -check

.PHONY: version
version: ## Make every module require its siblings at VERSION=v0.2.0. Changes files.
	@$(RELEASE) version '$(VERSION)'

.PHONY: release-install
release-install: ## Pack the modules, install ADAPTERS="ginclerk …" as a stranger does, and run as many examples, the emulator and the doctor.
	@$(RELEASE) install $(ADAPTERS)

.PHONY: release-check
release-check: $(TOOLS)/gorelease-$(GORELEASE_VERSION) ## Check all that must hold before VERSION=v0.2.0 is tagged. SKIP_MAKE=1 leaves make check out.
	@$(RELEASE) check -gorelease $< $(if $(SKIP_MAKE),-skip-make) '$(VERSION)'

$(TOOLS)/gorelease-$(GORELEASE_VERSION):
	@$(call install,golang.org/x/exp/cmd/gorelease,$(GORELEASE_VERSION))

.PHONY: vectors
vectors: ## Replay the committed conformance vectors.
	@cd conformance && go test -count=1 ./...

.PHONY: conformance
conformance: ## Compare with Clerk's own SDK on generated cases: SEED=n COUNT=m. Needs Node and npm.
	@cd conformance && ./run.sh $(SEED) $(COUNT)

.PHONY: conformance-newest
conformance-newest: ## The same with the newest @clerk/backend there is.
	@$(STRICT) dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; cp conformance/reference/*.mjs conformance/reference/package.json "$$dir"; \
	(cd "$$dir" && npm pkg delete dependencies && npm install --no-audit --no-fund @clerk/backend@latest && npm ls); \
	REFERENCE="$$dir" conformance/run.sh $(SEED) $(COUNT)

.PHONY: proof
proof: ## Prove the guards by path on each framework: PROOFTIME=30m.
	@cd conformance && go test ./routeproof -run '^TestProof' -count=1 -timeout 0 -v -proof.seed=0 -proof.duration=$(PROOFTIME)

.PHONY: fuzz
fuzz: ## Fuzz what attackers send: FUZZTIME=60s for each target.
	@$(STRICT) for dir in $(MODULES); do (cd $$dir; \
	  for pkg in $$(go list ./...); do \
	    for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	      echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
	    done; done); done

.PHONY: costs
costs: ## Count what every hostile pattern costs in every place; make test takes a sample. Takes 15 minutes.
	@go test ./internal/costs -run '^TestCosts$$' -count=1 -timeout 0 -v -costs.all

.PHONY: browser
browser: ## Walk the tour, and pages with Clerk's own scripts, in headless Chromium. Needs Chromium and npm; PICTURES=dir keeps pictures.
	@conformance/browser/assets.sh
	@[ -z "$${PICTURES:-}" ] || mkdir -p "$$PICTURES"
	@cd conformance && go test -tags browser -count=1 -timeout 30m ./browser

.PHONY: tour-all
tour-all: ## Walk all of the tour on every framework in headless Chromium: PICTURES=dir keeps what is seen. Takes ten minutes.
	@conformance/browser/assets.sh
	@[ -z "$${PICTURES:-}" ] || mkdir -p "$$PICTURES"
	@cd conformance && TOUR=all go test -tags browser -count=1 -timeout 60m ./browser -run '^TestTour'

CLIENTS := conformance/clients conformance/clients/next

.PHONY: clients
clients: $(CLIENTS:%=%/node_modules/.package-lock.json) ## Run Clerk's JavaScript clients against clerktest and the emulator, beside a Go service. Needs Node, npm, curl and Chromium.
	@conformance/browser/assets.sh
	@cd conformance && go test -tags clients -count=1 ./clients

# Once, and again when the versions change.
conformance/clients%node_modules/.package-lock.json: conformance/clients%package-lock.json
	@npm ci --prefix $(@D:%/node_modules=%) --no-audit --no-fund && touch $@

.PHONY: redis
redis: ## Test fleets with Redis: killed, frozen, failing over. Needs redis-server.
	@cd redisclerk && REDISCLERK_REQUIRE_REDIS=1 go test -count=1 ./...

.PHONY: bench
bench: ## Run all benchmarks, and write bench/results and the pages that quote them. Takes under 20 minutes.
	@cd bench && ./run.sh

.PHONY: bench-growth
bench-growth: ## Draw how the cost of a request grows with cookies, clients, tokens and more. Takes two minutes.
	@cd bench && ./run.sh growth

.PHONY: bench-quick
bench-quick: ## Run the benchmarks briefly, for a first look.
	@cd bench && ./run.sh quick

.PHONY: bench-e2e
bench-e2e: ## Compare whole servers with @clerk/express over loopback. Needs Node and npm.
	@$(STRICT) cd bench; [ -d e2e/express/node_modules ] || npm ci --prefix e2e/express --no-audit --no-fund; \
	  GOWORK=off go run ./e2e | tee results/loopback.txt && GOWORK=off go run ./cmd/ratios results/loopback.txt

.PHONY: bench-outage
bench-outage: ## Compare what outages of Clerk do, with @clerk/express and clerk-sdk-go, in 15 minutes. Needs Node and npm.
	@$(STRICT) cd bench; [ -d outage/express/node_modules ] || npm ci --prefix outage/express --no-audit --no-fund; \
	  GOWORK=off go run ./outage

.PHONY: soak
soak: ## Full load on all six adapters while Clerk fails and keys rotate: ten minutes, or SOAK=1h.
	@cd bench && GOWORK=off go run ./soak -for $(or $(SOAK),10m)

.PHONY: tree
tree: ## Print what identifies the state of the working tree.
	@git status --porcelain && git diff HEAD | git hash-object --stdin

.PHONY: check
check: ## Everything that CI runs.
	@.ci/run
