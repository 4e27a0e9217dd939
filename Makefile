# The commands of the project; each says what it does. What they need is installed, or named.

CARGO ?= cargo
ARGS ?=

.PHONY: help demo test check fmt bench soak setup need-rust

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | column -t -s '|'

demo: need-rust ## build Ringback and run it with an example company, simulated customers and agents
	@scripts/setup build
	@echo "building ringback (the first time takes a few minutes) ..."
	@$(CARGO) build --package ringback
	@$(CARGO) run --quiet --package ringback -- demo $(ARGS)

test: need-rust ## run everything CI runs, with a timetable; ARGS='--only unit' for one stage
	@scripts/setup build
	@echo "building the chores (xtask) ..."
	@$(CARGO) xtask test $(ARGS)

check: need-rust ## hold the tree against the rules of the house
	@$(CARGO) xtask check $(ARGS)

fmt: need-rust ## format all Rust code
	@$(CARGO) fmt --all

bench: need-rust ## run the benchmarks against their peers, in release builds; ARGS=floor for the disk alone
	@scripts/setup bench
	@echo "building ringback and the benchmarks in release mode (some minutes) ..."
	@$(CARGO) build --release --package ringback --package ringback-bench
	@$(CARGO) run --quiet --release --package ringback-bench -- $(or $(ARGS),ringback)

soak: need-rust ## run the long forms of the tests: kill loops, power cuts, simulated days (hours)
	@scripts/setup build
	@echo "building the chores (xtask) ..."
	@$(CARGO) xtask soak $(ARGS)

setup: ## install all that the commands above need
	@scripts/setup all

need-rust:
	@command -v $(CARGO) >/dev/null || { echo "missing: cargo. Install the Rust toolchain (rustup), then start again." >&2; exit 1; }
