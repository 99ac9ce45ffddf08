# Entry points. `make help` lists them. Each installs what it needs (tools/setup) on Debian 12.
BUILD ?= build/dev
PRESET ?= dev
CMAKE_BUILD = cmake --build $(BUILD)

.PHONY: help setup configure build test check lint fix clean demo fuzz bench

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: ## install the Debian packages that building and testing need
	@tools/setup

configure: setup
	@cmake --preset $(PRESET) -Wno-dev >/dev/null

build: configure ## build everything
	@$(CMAKE_BUILD)

test: build ## build and run all tests
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j 2

lint: setup ## formatting, include layers, bans, spelling, shell scripts
	@tools/lint/run

fix: setup ## repair what lint can repair
	@tools/lint/run --fix

check: lint test ## everything that continuous integration runs

# Seconds per target; the corpora beside the sources are the start, findings are kept in build/fuzz.
FUZZ_SECONDS ?= 60
fuzz: ## fuzz every decoder with libFuzzer (FUZZ_SECONDS each)
	@tools/setup tools/packages-fuzz.txt
	@tools/fuzz $(FUZZ_SECONDS)

clean: ## remove the build folders
	@rm -rf build

demo: build ## the main job on real programs, step by step
	@deploy/demo/demo $(BUILD)/bin

bench: configure ## measure what an activation costs; BENCH_OPTIONS='--json FILE' and others go to tests/load/bench.py
	@$(CMAKE_BUILD) --target bench
