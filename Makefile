# Every target sets up what it needs: a virtual environment in .venv, pinned packages, a browser.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Whatever the environment says, Python keeps what it compiled: importing is most of a short command.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A process for each processor, but not more than four: each starts servers and a browser of its own.
# In the order given: browser tests last, since Playwright's event loop stays in the process.
SIDE_BY_SIDE := --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

.PHONY: help run build test unit browser-tests check bench screenshots release bundle lock clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 22

run: $(VENV)/stamp ## set up and start in development mode, on port 3000 or PORT
	@exec $(BIN)/python -m app serve --dev

build: $(VENV)/stamp ## build the front end, if it changed
	@$(BIN)/python -m app build

# In one run, so that no processor waits for the last test of a part. The front end is built beside
# the first tests; the servers of the browser tests wait for it.
test: $(VENV)/stamp ## set up and run all tests
	@$(PYTHON) scripts/bootstrap.py curl
	@$(PYTHON) scripts/bootstrap.py deploy
	@$(PYTHON) scripts/bootstrap.py browser
	@$(BIN)/python -m app build & build=$$!; \
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/unit tests/production client_apps tests/release tests/browser \
		|| tested=$$?; \
	wait $$build && exit $${tested:-0}

unit: $(VENV)/stamp ## run the tests that need no browser
	@$(PYTHON) scripts/bootstrap.py curl
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

browser-tests: $(VENV)/stamp build ## run the tests in a browser, with the production front end
	@$(PYTHON) scripts/bootstrap.py browser
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/browser

check: $(VENV)/stamp ## lint, formatting, types, architecture rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m app check --rules

bench: $(VENV)/stamp build ## measure
	@$(PYTHON) scripts/bootstrap.py browser
	@$(BIN)/python -m benchmarks

screenshots: $(VENV)/stamp build ## take the pictures of the documentation
	@$(PYTHON) scripts/bootstrap.py browser
	@$(BIN)/python -m scripts.screenshots

release: $(VENV)/stamp ## write dist/graft-<version>.tar.gz: what a server needs, without any client app
	@$(BIN)/python -m scripts.release

bundle: $(VENV)/stamp ## write dist/graft-<version>-offline.tar.gz: a release that installs without a network
	@$(BIN)/python -m scripts.release --offline

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url

lock: $(VENV)/stamp ## bring the lock files up to date with requirements*.txt
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements-build.txt --constraint requirements.lock --output-file requirements-build.lock

clean: ## delete all that was set up or built; your data stays
	rm -rf $(VENV) .web data/frontend dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Development and tests in one: an app's author runs its tests beside the server. A release needs
# requirements.txt only.
$(VENV)/stamp: requirements-dev.txt requirements-build.txt requirements.txt
	@$(PYTHON) scripts/bootstrap.py venv requirements-dev.txt
	@touch $@
