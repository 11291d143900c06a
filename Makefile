# `make demo` and `make test` need Python 3.11 or newer and nothing else of this project's.
# Both work with uv where it is installed and without it where it isn't.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Reflex finds bun on the PATH, and bun lies in the virtual environment.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
export REFLEX_CHECK_LATEST_VERSION := false
export REFLEX_TELEMETRY_ENABLED := false
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

# Two processes take one group of tests after the other; tests/conftest.py makes and sorts them.
SIDE_BY_SIDE := --numprocesses 2 --dist loadgroup --no-loadscope-reorder

.PHONY: help demo test lint format types unit conformance e2e soak soak-redis bench bench-transport bench-feeds bench-pages bench-streams clean

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

demo: .venv/.example ## install what the example app needs, start it, print its address
	python scripts/demo.py

test: .venv/.system lint types ## install what the tests need, then lint, types and all tests, in two processes
	pytest $(SIDE_BY_SIDE)

lint: .venv/.dev ## check style and formatting
	ruff check
	ruff format --check

format: .venv/.dev ## fix what lint can fix
	ruff check --fix
	ruff format

types: .venv/.dev ## check the types, and that all that is public has one
	pyright
	pyright --verifytypes reflex_realtime --ignoreexternal

unit: .venv/.dev ## the tests that need neither a browser nor packages from npm
	pytest -m "not e2e and not conformance"

conformance: .venv/.dev ## the tests against other implementations of the protocol
	pytest -m conformance

e2e: .venv/.system ## the tests that drive Reflex apps with Chromium
	pytest $(SIDE_BY_SIDE) -m e2e

soak: .venv/.dev ## 5,000 longer histories of sessions, 1,000 cycles of opening and closing
	HISTORY_BATCHES=50 HISTORY_LENGTH=24 CYCLES=1000 pytest tests/states/test_histories.py tests/states/test_cycles.py

soak-redis: .venv/.system ## ten minutes of 50 sessions on Redis, workers killed at random
	SOAK_SECONDS=600 SOAK_SESSIONS=50 pytest tests/states/test_redis.py -k "killed_at_random and not optimistic"

bench: bench-transport bench-feeds bench-pages bench-streams ## all benchmarks

bench-transport: .venv/.dev ## compare the ways to hold many long polls
	python benchmarks/feeds/transport.py

bench-feeds: .venv/.dev ## decoding against the official client; the cost of many feeds
	python benchmarks/feeds/decode.py
	@echo
	python benchmarks/feeds/many.py

bench-pages: .venv/.system ## pages against plain Reflex and the official React hooks
	python -m benchmarks.pages

bench-streams: .venv/.system ## growing texts and logs in a page, by Reflex's means and by ours
	python -m benchmarks.streams

clean: ## remove everything that these commands have made
	rm -rf .venv .web .states .realtime .pytest_cache .ruff_cache .hypothesis build dist
	find . -name node_modules -type d -prune -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.example: pyproject.toml scripts/install.sh
	scripts/install.sh example
	@touch $@

.venv/.dev: pyproject.toml scripts/install.sh
	scripts/install.sh dev
	@touch $@ .venv/.example

.venv/.system: .venv/.dev scripts/system_packages.sh
	scripts/system_packages.sh chromium redis-server
	@touch $@
