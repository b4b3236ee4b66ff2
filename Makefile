# The only list of commands of this repository. CI calls these targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Every module of the workspace, computed, so that none is forgotten.
MODULES = $(shell go list -m -f '{{.Dir}}')

GOLANGCI_LINT_VERSION := v2.15.0
GOVULNCHECK_VERSION   := v1.1.4
TOOLS := $(CURDIR)/.tools

FRAMEWORK ?= gin
PORT ?= 8080
SEED ?= 1
COUNT ?= 20000
FUZZTIME ?= 60s
PROOFTIME ?= 30m

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## Run an example app against a built-in Clerk: FRAMEWORK=gin|echo|fiber PORT=8080.
	@case "$(FRAMEWORK)" in gin|echo|fiber) ;; *) echo "FRAMEWORK is gin, echo or fiber, not \"$(FRAMEWORK)\"" >&2; exit 2;; esac
	@mkdir -p $(TOOLS)
	@cd examples && go build -o $(TOOLS)/demo-$(FRAMEWORK) ./$(FRAMEWORK)
	@PORT=$(PORT) exec $(TOOLS)/demo-$(FRAMEWORK)

.PHONY: test
test: ## Test every module. Needs only Go.
	@failed=; for dir in $(MODULES); do echo "== $${dir##*/}"; (cd $$dir && go test -count=1 -shuffle=on ./...) || failed="$$failed $$dir"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

.PHONY: race
race: ## Test every module with the race detector. Needs a C compiler.
	@failed=; for dir in $(MODULES); do echo "== $${dir##*/} (race)"; (cd $$dir && go test -race -count=1 -shuffle=on ./...) || failed="$$failed $$dir"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

.PHONY: standalone
standalone: ## Build and test each module outside the workspace.
	@for dir in $(MODULES); do echo "== $${dir##*/} (GOWORK=off)"; (cd $$dir && GOWORK=off go vet ./... && GOWORK=off go test ./...); done

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Lint every module.
	@for dir in $(MODULES); do echo "== $${dir##*/} (lint)"; (cd $$dir && $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Format every module. Changes files.
	@for dir in $(MODULES); do (cd $$dir && $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) fmt --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: format
format: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Check the format of every module.
	@for dir in $(MODULES); do (cd $$dir && $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) fmt --diff --config $(CURDIR)/.golangci.yml ./...); done

$(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	@mkdir -p $(TOOLS)/bin
	@echo "building golangci-lint $(GOLANGCI_LINT_VERSION): this takes some minutes, once"
	@GOWORK=off GOBIN=$(TOOLS)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv $(TOOLS)/bin/golangci-lint $@

.PHONY: tidy
tidy: ## Tidy every module. Changes files.
	@for dir in $(MODULES); do (cd $$dir && GOWORK=off go mod tidy); done

.PHONY: tidy-check
tidy-check: ## Check that every module is tidy.
	@for dir in $(MODULES); do (cd $$dir && GOWORK=off go mod tidy -diff) || { echo "$$dir is not tidy: run make tidy" >&2; exit 1; }; done

.PHONY: vectors
vectors: ## Replay the committed conformance vectors.
	@cd conformance && go test -count=1 ./...

.PHONY: conformance
conformance: ## Compare with Clerk's own SDK on generated cases: SEED=n COUNT=m. Needs Node and npm.
	@cd conformance && ./run.sh $(SEED) $(COUNT)

.PHONY: fuzz
fuzz: ## Fuzz what attackers send: FUZZTIME=60s for each target, PROOFTIME=30m for path guards on each framework.
	@cd conformance && go test ./routeproof -run '^TestProof' -count=1 -timeout 0 -v -proof.duration=$(PROOFTIME)
	@for dir in $(MODULES); do cd $$dir; \
	  for pkg in $$(go list ./...); do \
	    for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	      echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
	    done; done; done

.PHONY: bench
bench: ## Run the benchmarks and write bench/results. Takes about 20 minutes.
	@cd bench && ./run.sh

.PHONY: bench-quick
bench-quick: ## Run the benchmarks briefly, for a first look.
	@cd bench && ./run.sh quick

.PHONY: bench-e2e
bench-e2e: ## Compare whole servers with @clerk/express over loopback. Needs Node and npm.
	@cd bench && { [ -d e2e/express/node_modules ] || npm ci --prefix e2e/express --no-audit --no-fund; } && \
	  GOWORK=off go run ./e2e | tee results/loopback.txt && GOWORK=off go run ./cmd/ratios results/loopback.txt

.PHONY: check
check: format lint tidy-check test race vectors standalone ## Everything that CI runs.
