# Two commands matter: `make run` and `make test`. Each does all of its own set-up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.txt

.PHONY: run test setup check lock bench nights dev wheelhouse airgap-test container-test clean

run: setup
	$(BIN)/mieruka run

test: setup
	$(BIN)/python -m pytest -q -rs -n auto --dist loadfile --no-loadscope-reorder

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
	$(BIN)/uv export --quiet --frozen --no-emit-project --all-extras --group dev --group build --no-header -o requirements.txt

bench: setup
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.extraction

# Dagster's daemon and web server for real, with a schedule of every minute.
nights: setup
	MIERUKA_NIGHTS=1 $(BIN)/python -m pytest -q -s -p no:warnings tests/end_to_end/test_nights_by_daemon.py

# The pages are at http://127.0.0.1:3000 and nowhere else; the schedule runs as long as this does.
dev: setup
	mkdir -p .dagster && ln -sfn ../dagster.yaml .dagster/dagster.yaml
	DAGSTER_HOME=$(CURDIR)/.dagster $(BIN)/dagster dev --host 127.0.0.1 --port 3000

# For machines without a network: docs/deployment. ORIGIN is a folder of publishers' files for the test.
WHEELHOUSE ?= wheelhouse
wheelhouse: setup
	PYTHON=$(BIN)/python docs/deployment/wheelhouse.sh $(WHEELHOUSE)

airgap-test: wheelhouse
	PYTHON=$(PYTHON) docs/deployment/airgap_test.sh $(WHEELHOUSE) $(ORIGIN)

# The steps of the container file in a folder of their own, without a container engine.
container-test: setup
	MIERUKA_CONTAINER=1 $(BIN)/python -m pytest -q -s -p no:warnings tests/end_to_end/test_container_steps.py

clean:
	rm -rf $(VENV) dbt_project/target
