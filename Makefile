# Every target makes what it needs; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev
NPM := extension/node_modules/.ready
PIP := $(BIN)/pip --quiet --disable-pip-version-check install
NODE_MAJOR := $(shell node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
HAS_NODE := $(shell [ "$(NODE_MAJOR)" -ge 20 ] 2>/dev/null && echo yes)

.DEFAULT_GOAL := help
.PHONY: help serve test torture fuzz check sbom format evaluate evaluate-update bench schema lock \
	extension extension-test demo clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

serve: $(RUN) ## start the service with its own Redis, and say what to do next
	@$(BIN)/claimlight serve

test: $(DEV) ## all tests; says what it had to leave out, and why (CI leaves out nothing)
	$(BIN)/pytest
	@sh tests/run-extension-tests

torture: $(DEV) ## faults, floods and fuzzing at full size, with a table; ONLY=soak MINUTES=60 does one
	CLAIMLIGHT_TORTURE=yes CLAIMLIGHT_SOAK_MINUTES=$(MINUTES) $(BIN)/pytest -sv -m torture $(if $(ONLY),-k "$(ONLY)")
	@[ -n "$(ONLY)" ] || $(MAKE) --no-print-directory fuzz

fuzz: $(DEV) ## coverage-guided fuzzing of what reads page text; SECONDS=60 each
	@$(PIP) --require-hashes -r requirements-fuzz.txt || { echo "left out: atheris is not built for this Python or system"; exit 0; }; \
	$(BIN)/python -m tests.matcher.fuzz_text --seconds $(or $(SECONDS),60)

check: $(DEV) ## format, lint, types and known vulnerabilities, Python and TypeScript
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
ifeq ($(HAS_NODE),yes)
	@$(MAKE) --no-print-directory $(NPM)
	cd extension && npm run --silent check
else
	@echo "left out: the extension's checks; they need Node 20 or newer"; [ -z "$(CI)" ]
endif
	@$(BIN)/python -m tests.audit

sbom: $(DEV) ## what the service and the extension are built from, as CycloneDX, into build/sbom
	@mkdir -p $(SBOM)
	$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.txt --pyproject pyproject.toml \
		--output-reproducible --output-file $(SBOM)/service.cdx.json
ifeq ($(HAS_NODE),yes)
	cd extension && npm sbom --sbom-format=cyclonedx --package-lock-only --omit=dev > $(abspath $(SBOM))/extension.cdx.json
endif
SBOM ?= build/sbom

format: $(DEV) ## format the Python code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

evaluate: $(DEV) ## quality of the matching, beside the committed baseline
	$(BIN)/python -m matcher.evaluate

evaluate-update: $(DEV) ## the same, and make it the new baseline
	$(BIN)/python -m matcher.evaluate --update

bench: $(DEV) ## cost, memory and recall beside other ways to match, by size of index (about ten minutes)
	$(BIN)/python -m matcher.bench
	$(BIN)/python -m server.bench
ifeq ($(HAS_NODE),yes)
	@$(MAKE) --no-print-directory $(NPM)
	cd extension && npm run --silent bench
endif

extension: $(NPM) ## build the extension for Chrome and Firefox into extension/.output, and pack it for the stores
	cd extension && npm run --silent zip

extension-test: $(NPM) ## the build that browser tests and the demo use
	cd extension && npm run --silent build:test

demo: $(RUN) extension-test ## the service, and a browser with the extension on the sample article
	cd extension && npm run --silent demo

schema: $(DEV) ## write data/schema/case.schema.json from the definition of a case
	$(BIN)/python -m tests.data.test_schema > data/schema/case.schema.json

lock: $(DEV) ## pin the dependencies again, with hashes
	$(BIN)/pip-compile $(LOCK) --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile $(LOCK) --constraint requirements.txt --extra dev --output-file requirements-dev.txt pyproject.toml
	echo "atheris>=3" | $(BIN)/pip-compile $(LOCK) --output-file requirements-fuzz.txt -
LOCK := --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

clean: ## remove what the targets made
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		extension/node_modules extension/.output extension/.wxt

$(RUN): requirements.txt pyproject.toml
	@echo "preparing .venv (once, about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Claimlight needs Python 3.11 or newer; set PYTHON=")'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(NPM): extension/package-lock.json
	cd extension && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
