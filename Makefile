# Urakka: `make demo` plays the main job, `make test` runs everything. Both install what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
REPORT ?=
STAMP  := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
CLIENTS := .venv-clients
CLIENTS_STAMP := $(CLIENTS)/.installed
SERVICES := identity customers catalog workorders billing sandbox

.PHONY: install demo up test test-containers bench requirements lint types contracts clean help

help:            ## what there is
	@grep -hE '^[a-z-]+: .*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

install: $(STAMP)  ## make .venv and install the pinned requirements

$(STAMP): requirements/all.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "Urakka needs Python 3.11 or newer, this is %d.%d (make PYTHON=python3.11 …)" % v[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/all.txt
	@ln -sf ../../bin/urakka $(BIN)/urakka
	@touch $@

$(TEST_STAMP): requirements/test.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

# The public clients of the accounting systems want a marshmallow of long ago: an environment of their own.
$(CLIENTS_STAMP): requirements/clients.txt
	@test -x $(CLIENTS)/bin/python || $(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@touch $@

demo: $(STAMP)   ## the main job, from two workbooks to accepted invoices (REPORT=FILE writes it as JSON)
	@$(BIN)/python -m deploy demo $(if $(REPORT),--report $(REPORT))

up: $(STAMP)     ## the whole suite in one process; prints addresses and log-in data
	@$(BIN)/python -m deploy up

lint: $(TEST_STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(TEST_STAMP)
	@$(BIN)/mypy shared services deploy

contracts: $(TEST_STAMP)
	@$(BIN)/lint-imports

test: $(TEST_STAMP) $(CLIENTS_STAMP)  ## lint, types, import contracts and every test, on real servers
	@$(BIN)/python -m deploy.dev run -- $(MAKE) --no-print-directory _test

# Two at a time, then what needs the machine for itself; both, even if the first fails. More processes need more
# connections of PostgreSQL than its usual 100.
_test: lint types contracts
	@status=0; \
	$(BIN)/pytest -q -m "not alone" -n 2 --dist worksteal || status=1; \
	$(BIN)/pytest -q -m alone tests || status=1; \
	exit $$status

test-containers: $(TEST_STAMP)  ## the real compose file in whatever container engine answers
	@$(BIN)/python -m tests.containers

bench: $(TEST_STAMP)  ## measure; the figures are kept in tests/bench/results
	@$(BIN)/python -m deploy.dev run -- $(BIN)/python -m tests.bench

requirements:    ## compile the hash-pinned requirements from pyproject.toml (needs uv)
	@for part in $(SERVICES) all; do \
	  uv pip compile -q pyproject.toml --extra $$part --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make requirements' -o requirements/$$part.txt; done
	@uv pip compile -q pyproject.toml --extra all --extra test --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make requirements' -o requirements/test.txt
	@uv pip compile -q requirements/clients.in --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make requirements' -o requirements/clients.txt

clean:           ## remove .venv, .venv-clients and var/
	rm -rf $(VENV) $(CLIENTS) var .mypy_cache .ruff_cache
