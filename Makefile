# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
#
# Everything one does with this repository.  `make` alone shows the menu.
# Each target first sets up what it needs in .venv; once that is done, no target but `lock` uses the network.

# The first Python on the path that is new enough; the pins are made for 3.11, so that one goes first.
PYTHON ?= $(shell for p in python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
RUN := $(VENV)/bin/python
# At least two, so that tests which would disturb each other are found on small machines too.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -ge 2 ] && echo $$n || echo 2)
PYTEST := $(RUN) -m pytest -n $(WORKERS) --dist worksteal
# What mypy looks at at once.  Examples are scripts that import each other, as Python runs them from their folder.
TYPED := $(wildcard vcwallet tools benchmarks tests)
# Extras that are pinned for the tests.  `bulk` (Ray) and `zk` are large or young, and not needed by any test.
EXTRAS := jsonld,bbs,qr,http,web,cli,hsm,postgres
PIP_TOOLS := pip-tools==7.6.2

.DEFAULT_GOAL := help
.PHONY: help demo web test check format bench docs sizes api types sweep lock clean
.DELETE_ON_ERROR:

help:  ## show this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.demo  ## set up, then do the main job: issue, ask, consent, present, verify
	@$(RUN) examples/01_main_job.py

web: $(VENV)/.dev  ## the whole story in your browser: a city, a wallet, a rental agency and a bank, until Ctrl-C
	@$(RUN) examples/web_demo.py

test: $(VENV)/.dev  ## set up, then run every test, with line and branch coverage
	@$(PYTEST) --cov --cov-report=term

check: $(VENV)/.dev  ## lint, formatting, types (mypy, pyright) and layers
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy $(TYPED)
	cd examples && ../$(RUN) -m mypy --config-file ../pyproject.toml --scripts-are-modules *.py web/*.py
	@# It looks for the package with the first Python on the path, and exits with an error below 100 %.
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" basedpyright --verifytypes vcwallet --ignoreexternal
	$(VENV)/bin/lint-imports --no-logo

format: $(VENV)/.dev  ## repair formatting and what lint can repair by itself
	$(RUN) -m ruff check --fix-only .
	$(RUN) -m ruff format .

bench: $(VENV)/.dev  ## measure the speed of the usual operations
	@$(RUN) -m benchmarks $(ARGS)

docs: $(VENV)/.dev  ## build the documentation to build/docs; a broken link is an error
	@$(RUN) -m mkdocs build --strict

sizes: $(VENV)/.dev  ## our file and function sizes beside those of code we admire
	@$(RUN) -m tools.sizes

api: $(VENV)/.dev  ## rewrite docs/reference/api.txt, the listing of the public API
	@$(RUN) -m tools.api

types: $(VENV)/.dev  ## rewrite specs/types from the credential types
	@$(RUN) -m tools.types

sweep: $(VENV)/.dev  ## the slow tests: long sweeps, and every property with many more examples
	@HYPOTHESIS_PROFILE=sweep $(PYTEST) -m "sweep or hypothesis" --timeout=3600

# Hashes and names come from the package index that pip is configured for; its address is not written down.
lock: export CUSTOM_COMPILE_COMMAND := make lock
lock: COMPILE := build/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-allow-unsafe \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock:  ## take the newest dependencies and pin them in requirements/*.txt
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -qq $(PIP_TOOLS)
	$(COMPILE) --extra $(EXTRAS) --output-file requirements/dev.txt pyproject.toml requirements/dev.in
	$(COMPILE) --extra cli,qr --constraint requirements/dev.txt --output-file requirements/demo.txt \
	  pyproject.toml requirements/demo.in

clean:  ## remove everything that the targets above have made
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ----------------------------------------------------------------------------------------------------------
# A stamp file is newer than the pins it was installed from.  The development set contains the demo set.

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@$(call install,dev)
	@touch $(VENV)/.demo $@

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	@$(call install,demo)
	@touch $@

# Debian splits venv from Python.  Where only pip is there, pip can fill an empty environment from outside.
$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "vcwallet needs Python 3.11 or newer (set PYTHON=/path/to/it)" >&2; exit 1; }
	@echo "Set-up: making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null && $(PYTHON) -m venv $(VENV) \
	  || { $(PYTHON) -m pip --version >/dev/null 2>&1 && $(PYTHON) -m venv --without-pip $(VENV); } \
	  || { rm -rf $(VENV); echo "This Python cannot make environments; on Debian: apt install python3-venv" >&2; exit 1; }

# $(1) is the name of a requirements file.  It names everything, so nothing is resolved (an older pip takes a newer
# release for a dependency with an extra, and then refuses it); each file is checked against its hashes, and `pip check`
# finds what a file has forgotten.  Our own package is then linked in.
define install
echo "Set-up: installing requirements/$(1).txt"; \
if $(RUN) -m pip --version >/dev/null 2>&1; then pip="$(RUN) -m pip"; else pip="$(PYTHON) -m pip --python $(RUN)"; fi; \
$$pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/$(1).txt && \
$$pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . && \
$$pip check
endef
