# Two commands: `make run` (everything on this machine, no account) and `make test` (all that CI checks).

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
APPS_SCRIPT_CHECK := tests/connector_apps_script/static/check.sh

.PHONY: help run test test-long lint types unit format lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(INSTALLED) ## Start the sandbox and the backend, extract, print a chart's table, stay up (ONCE=1: exit then)
	@exec $(BIN)/python -m sandbox $(if $(ONCE),--once)

test: lint types unit ## Everything that CI runs

lint: $(INSTALLED) ## Style, imports that run one way, the Apps Script files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" bash $(APPS_SCRIPT_CHECK)

types: $(INSTALLED) ## Type check
	$(BIN)/mypy

unit: $(INSTALLED) ## Unit, golden, property and end-to-end tests
	$(BIN)/pytest -n 2 --dist loadfile -m "not long"

test-long: $(INSTALLED) ## The tests that take minutes each: dying at every effect
	$(BIN)/pytest -m long --timeout 1200

format: $(INSTALLED) ## Write the style that `lint` checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(INSTALLED) ## Renew the pinned requirements from pyproject.toml
	$(BIN)/uv pip compile --quiet --no-header --python-version 3.13 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --no-header --python-version 3.13 --group dev pyproject.toml -o requirements-dev.txt

clean: ## Forget the sandbox's data and the installed packages
	rm -rf .local $(VENV)

$(INSTALLED): requirements-dev.txt
	@python=$$(for candidate in python3.13 "$$(pyenv prefix 3.13 2>/dev/null)/bin/python3.13" "$$(uv python find 3.13 2>/dev/null)"; do \
	    "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && echo "$$candidate" && break; done); \
	if [ -z "$$python" ]; then \
	    echo "Python 3.13 is needed and was not found: install it as python3.13, or with 'uv python install 3.13' or 'pyenv install 3.13'." >&2; exit 1; \
	fi; \
	echo "Installing the packages into $(VENV) with $$python (about a minute)"; \
	"$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -r requirements-dev.txt
	@touch $@
