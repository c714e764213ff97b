# Two commands matter: `make run` and `make test`. Each does all of its own set-up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.txt

.PHONY: run test setup check lock bench dev clean

run: setup
	$(BIN)/mieruka run

test: setup
	$(BIN)/python -m pytest -q -rs

check: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

setup: $(STAMP)

$(STAMP): requirements-uv.txt requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed (found %s): set PYTHON=/path/to/python3.11" % sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	# The second try trusts the system's certificates: networks that inspect TLS have their own authority there.
	$(INSTALL) || $(INSTALL) --system-certs
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# Re-resolve the pins. The lock file itself names registry addresses and is not committed.
lock:
	$(BIN)/uv lock
	$(BIN)/uv export --quiet --frozen --no-emit-project --all-extras --all-groups --no-header -o requirements.txt

bench: setup
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.extraction

dev: setup
	DAGSTER_HOME=$(CURDIR) $(BIN)/dagster dev

clean:
	rm -rf $(VENV) dbt_project/target
