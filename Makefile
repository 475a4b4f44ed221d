# make run [ARGS="clip.mp4"]   make test [ARGS="tests/core -k video"]   make lint   make audit
# The tests run in two processes, a file's tests in one of them; in a single one: make test ARGS="-n 0"
.PHONY: run test lint audit setup-run setup-test

python := .venv/bin/python

run: setup-run
	@$(python) main.py $(ARGS)

test: setup-test
	@QT_QPA_PLATFORM=offscreen $(python) -m pytest -n 2 --dist loadfile $(ARGS)

lint: setup-test
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	.venv/bin/lint-imports

# Known vulnerabilities of the libraries in constraints.txt; asks the network, and is no part of the checks of a commit.
audit: setup-run
	@$(python) audit.py

setup-run:
	@bash setup.sh run

setup-test:
	@bash setup.sh test
