# Every command does its own set-up: what is missing on a fresh Debian machine is installed first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The pinned Node of the project, and whatever else npm brings, before the machine's own.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Install what is missing: npm packages, and on Debian the tools of the sandbox
	@test/sandbox/setup.sh

.PHONY: demo
demo: setup ## Show it all on a three-node sandbox; ARGS=--keep leaves the sandbox up
	@npm run --silent demo -- $(ARGS)

.PHONY: test
test: setup check build ## Everything that CI runs: format, lint, types, generated files, all tests
	@NETAUDIT_BUILT=1 node --test --test-concurrency=2 \
	  --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=./test/support/summary.ts --test-reporter-destination=dist/test-summary \
	  'test/**/*.test.ts'

.PHONY: check
check: setup ## Format, lint, types, and whether the generated files are up to date
	@biome check .
	@tsc --noEmit
	@node src/tools/generate.ts --check

.PHONY: lint
lint: setup ## Mend format and lint where it can be done by itself
	@biome check --write .

.PHONY: generate
generate: setup ## Write the generated files: CRDs, RBAC, reference pages
	@node src/tools/generate.ts

.PHONY: build
build: setup ## Write the bundles into dist/
	@node src/tools/bundle.ts

.PHONY: bench
bench: build ## Measure; prints figures and ratios
	@npm run --silent bench -- $(ARGS)

.PHONY: run
run: setup ## Run the operator here, against the current kubeconfig
	@node src/operator.ts $(ARGS)

.PHONY: deploy
deploy: setup ## Install netaudit into the cluster of the current kubeconfig
	@command -v kubectl > /dev/null || { echo 'make deploy needs kubectl'; exit 1; }
	kubectl apply -k deploy
	kubectl --namespace netaudit rollout status daemonset/netaudit-responder --timeout=5m
	kubectl --namespace netaudit rollout status deployment/netaudit-operator --timeout=5m
