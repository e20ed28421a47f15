# Every command of the project. Each target is one line; what it does is in Python, where it is tested.

# PORT, SIMULATOR_PORT, HOST and RETAIL_VAR_DIR have their defaults in retail/launch/options.py; what
# is given to make reaches the programs as it is, and what is not may come from .env.
PYTHON ?= python3
WORKERS ?= auto
STEPS ?= 100000
SALES ?= 500
ORDERS ?= 1000000
READERS ?= 20000
STORES ?= 400

BIN := .venv/bin
RUNTIME := $(PYTHON) retail/launch/environment.py .venv requirements.txt
SIZE = --orders $(ORDERS) --readers $(READERS) --stores $(STORES)
DEVELOPMENT := $(RUNTIME) requirements-dev.txt
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/python -m piptools compile --quiet --allow-unsafe --generate-hashes \
	--strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
# The checks need settings but no server, and nothing of what a developer has in .env.
SETTINGS := ENV_FILE=/dev/null DATABASE_URL=sqlite://:memory:

# Dozens of processes are started, by a run of the tests too: none is to compile the same sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run sale manage test test-wide js-test browser-test screenshots soak soak-long check format translations lock bench-webhooks bench-sale bench-live bench-simulator \
	big-data bench-admin \
	runtime development check-format check-lint check-types check-imports check-migrations

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: runtime ## start everything on this machine; PORT, SIMULATOR_PORT, HOST, RETAIL_VAR_DIR
	@exec $(BIN)/python -m retail.launch

sale: runtime ## sell something against a running `make run`; ARGS="--card visa --capture manual"
	@exec $(BIN)/python -m retail.sale $(ARGS)

manage: runtime ## a management command against a running `make run`; ARGS="shell"
	@exec $(BIN)/python -m retail.launch.within $(ARGS)

test: development ## run the tests with services of their own; ARGS="-k words", WORKERS=2
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --share quick $(ARGS)

test-wide: development ## run what `make test` leaves out: the same proofs for more cases, and long ones
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --share wide $(ARGS)

js-test: development ## the same journeys with Stripe's client for Node.js; status 75: no Node.js
	@exec $(BIN)/python -m tests.js $(ARGS)

browser-test: development ## the simulator's pages, and ours, in a Chromium; CHROMIUM=path; status 75: none
	@exec $(BIN)/python -m tests.browser $(ARGS)

screenshots: development ## a picture of every page of the admin, into docs/screenshots/admin/
	@exec $(BIN)/python -m tests.pages.screenshots $(ARGS)

soak: development ## sell SALES=500 while everything breaks, and check every promise; ARGS="--seed 7 --tills 12"
	@exec $(BIN)/python -m tests.soak --sales $(SALES) $(ARGS)

soak-long: development ## STEPS=100000 of random walks, what happened in them, and mutants; ARGS="--seed 7 --mutants only"
	@exec $(BIN)/python -m tests.proof.walks.soak --steps $(STEPS) $(ARGS)

check: check-format check-lint check-types check-imports check-migrations ## format, lint, types, imports, migrations

format: development ## format the code and mend what the linter can mend
	@$(BIN)/python -m ruff format . && $(BIN)/python -m ruff check --fix .

translations: development ## gather what people read, merge it into the catalogues, compile them; status 1: some is not translated
	@exec $(BIN)/python -m retail.translations

lock: development ## pin requirements.in and requirements-dev.in by hash; ARGS="--upgrade"
	@$(COMPILE) $(ARGS) --output-file=requirements.txt requirements.in
	@$(COMPILE) $(ARGS) --output-file=requirements-dev.txt requirements-dev.in

bench-webhooks: development ## compare our webhook front door with stock dj-stripe's
	@exec $(BIN)/python -m bench.webhooks $(ARGS)

bench-sale: runtime ## sales per second through the whole stack, and where the time goes
	@exec $(BIN)/python -m bench.sale $(ARGS)

bench-live: runtime ## from a webhook to the tablet's screen with 50 sales in flight, and where the time goes
	@exec $(BIN)/python -m bench.live $(ARGS)

bench-simulator: runtime ## what one core of the simulator answers, nearly empty and when full
	@exec $(BIN)/python -m bench.simulator $(ARGS)

big-data: runtime ## fill a database of its own with ORDERS=1000000 READERS=20000 STORES=400; ARGS=--remove
	@exec $(BIN)/python -m bench.big $(SIZE) $(ARGS)

bench-admin: runtime ## every page of the admin with that data: statements and milliseconds; ARGS="--all"
	@exec $(BIN)/python -m bench.admin $(SIZE) $(ARGS)

runtime:
	@$(RUNTIME)

development:
	@$(DEVELOPMENT)

check-format: development
	@$(BIN)/python -m ruff format --check .

check-lint: development
	@$(BIN)/python -m ruff check .

check-types: development
	@$(SETTINGS) $(BIN)/python -m mypy .

check-imports: development
	@$(SETTINGS) $(BIN)/lint-imports

check-migrations: development
	@$(SETTINGS) $(BIN)/python manage.py makemigrations --check --dry-run stores payments terminal
