# `make run` starts the demo site, `make test` proves everything. `make help` lists the rest.
# Each step leaves a stamp and is skipped while the stamp is newer than what the step reads.

PYTHON ?= python3
PORT   ?= 8470
DATA   ?= data

BIN    := .venv/bin
VENDOR := src/ironkeep/faces/console/vendor/manifest.json
PIP     = $(BIN)/uv pip install --quiet --python $(BIN)/python

# What `make check` says by itself, so that its quick tests need not say it again.
SAID   := test_style.py::test_the_tree_is_clean test_floors.py::test_the_tree_keeps_the_contracts

# Python keeps what it compiled, even where the machine says otherwise: every process starts in half the time.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test check search bench bundle first-hour tasks lock notice reference picture assets system clean
.PHONY: test-rooms test-console
.DELETE_ON_ERROR:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BIN)/.run assets ## start the demo site (PORT=8470, DATA=data, FRESH=1 forgets what it knew)
	@exec $(BIN)/ironkeep run --demo --port $(PORT) \
	  --data "$(patsubst ~/%,$(HOME)/%,$(DATA))" $(if $(filter 1,$(FRESH)),--fresh)

test: $(BIN)/.test assets system ## prove everything; installs what the tests need
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-rooms test-console

# Both at once: the browser's driver holds an event loop of its own, so its tests need a process of their own. Three
# workers on two processors: the tests of whole programs wait a quarter of their time.
test-rooms:
	$(BIN)/pytest -q -p no:playwright -n 3 --dist worksteal --ignore=tests/console

test-console:
	$(BIN)/pytest -q tests/console

check: $(BIN)/.test ## the inner loop, under a minute: format, lint, types, floors, quick tests
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q -p no:playwright -n 2 --dist worksteal -m "not slow" $(addprefix --deselect=tests/house/,$(SAID)) \
	  $(wildcard $(addprefix tests/,model facts codecs decisions house))

search: $(BIN)/.test ## draw new examples for every property, many more than `make test` does
	$(BIN)/pytest -q -p no:playwright -n 2 --hypothesis-profile=search -m hypothesis --ignore=tests/console

bench: $(BIN)/.test ## measure against peers, side by side; writes build/bench.json
	$(BIN)/python bench/run.py

bundle: $(BIN)/.test assets ## make the offline bundle under build/, signed (IRONKEEP_RELEASE_KEY names the key)
	$(BIN)/python tools/bundle.py

first-hour: $(BIN)/.test assets ## run the tutorial of the first hour without network, and write its times down
	$(BIN)/python tools/first_hour.py --write

tasks: $(BIN)/.test assets system ## count what five people press for five tasks, into docs/explanation/console.md (tools/tasks.py)
	$(BIN)/python -m tools.tasks

lock: $(BIN)/.test ## write the hash locks again from requirements/*.in, and NOTICE with them
	$(BIN)/python tools/lock.py
	$(PIP) --require-hashes -r requirements/test.txt
	$(BIN)/python tools/notice.py

notice: $(BIN)/.test ## write NOTICE from what the locks bring
	$(BIN)/python tools/notice.py

reference: $(BIN)/.test ## write docs/reference from the source
	$(BIN)/python tools/reference.py

picture: $(BIN)/.test assets system ## draw docs/console.png again from the running demo
	$(BIN)/python -m tools.picture

assets: $(VENDOR) ## bring the browser's files from npm into the console

system: ## install the Debian packages that the tests need and that are missing
	@tools/system.sh requirements/debian.txt

clean: ## forget everything that was made; what the site recorded in DATA stays
	rm -rf .venv build dist node_modules $(dir $(VENDOR)) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/uv: requirements/uv.txt tools/venv.sh
	@tools/venv.sh $(PYTHON)
	@touch $@

$(BIN)/.run: $(BIN)/uv requirements/run.txt pyproject.toml
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/.test: $(BIN)/.run requirements/test.txt
	$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(VENDOR): $(BIN)/uv package-lock.json .npmrc tools/assets.py
	@$(BIN)/python tools/assets.py
