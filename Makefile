# Everything runs in .venv, which is made on first use. Only Python >= 3.11 and make are needed.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint .ci/constraints.txt
DEMO ?= demo-run
# Rooms whose tests run in one process, where coverage sees them; the later ones are mostly run as commands and workers.
COVERED := candidate circuits data devices storage training
FLOOR := 93
NEED := qcsearch needs Python >= 3.11; set PYTHON=/path/to/python3
OLD := import platform, sys; sys.exit(sys.version_info < (3, 11) and "$(NEED). " + sys.executable + " is Python " + platform.python_version())

# Makes a virtual environment, or says why it cannot.
define make_venv
	@test -n "$(PYTHON)" || { echo "$(NEED)"; exit 2; }
	@command -v "$(PYTHON)" >/dev/null || { echo "$(NEED). There is no '$(PYTHON)' here."; exit 2; }
	@"$(PYTHON)" -c '$(OLD)' || exit 2
	"$(PYTHON)" -m venv $(1) || { rm -rf $(1); exit 2; }
endef

.PHONY: help demo test coverage lint wheel bench bench-external bench-search clean

help:
	@echo "make demo      install and run the main job on scikit-learn's digits 0-3 (under five minutes)"
	@echo "make test      install what the tests need and run them (under eight minutes)"
	@echo "make coverage  what share of the rooms up to the training their own tests run (two minutes)"
	@echo "make lint      ruff, mypy --strict, which room may import which, the shape of the house, and what deploy/ says"
	@echo "make wheel     build the wheel and try it outside the checkout"
	@echo "make bench     the exact engine against its peers: same circuits, same noise (about fifteen minutes)"
	@echo "make bench-search   whole searches: nine tasks, quantum data, all strategies, noise (some four hours; stopped, it goes on)"
	@echo "make bench-external  an outside study's data sets, beside its models and other libraries' (a day; stopped, it goes on)"
	@echo "make clean     remove $(VENV), .venv-bench, build products and $(DEMO)"

$(BIN)/python:
	$(call make_venv,$(VENV))

$(VENV)/.installed: $(BIN)/python pyproject.toml .ci/constraints.txt
	@$(BIN)/python -c '$(OLD)' || exit 2
	@echo "Installing qcsearch and its libraries into $(VENV) (about a minute) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the test tools ..."
	$(PIP) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed
	@test ! -e $(DEMO) || { echo "$(DEMO) is there already; remove it or choose another: make demo DEMO=other"; exit 2; }
	$(BIN)/qcsearch search digits:0-3 --device fake_torino --max-seconds 75 --workers 2 --seed 0 --run $(DEMO)
	$(BIN)/qcsearch deploy $(DEMO) --backend local:fake_torino --steps 10 --shots 4096
	$(BIN)/qcsearch report $(DEMO)
	$(BIN)/qcsearch export $(DEMO) --output $(DEMO)/bundle
	$(BIN)/qcsearch verify $(DEMO)/bundle
	@echo
	@echo "Open $(DEMO)/report.html in a browser; the model is in $(DEMO)/bundle."

test: $(VENV)/.installed-dev
	@$(BIN)/python -c "from qcsearch.simulation import warm_up; warm_up()"
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q --numprocesses 2 --dist worksteal --cov-report=term --cov-fail-under=$(FLOOR) \
		$(foreach room,$(COVERED),--cov=qcsearch/$(room) tests/$(room))

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/shape.py
	$(BIN)/hadolint deploy/Containerfile deploy/lambda/Containerfile
	$(BIN)/yamllint --strict deploy
	$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes.yaml

wheel: $(VENV)/.installed-dev
	$(BIN)/python .ci/try_wheel.py

.venv-bench/.installed: pyproject.toml .ci/constraints.txt benchmarks/requirements.txt
	$(call make_venv,.venv-bench)
	@echo "Installing qcsearch and the programs it is compared with into .venv-bench (some minutes) ..."
	.venv-bench/bin/python -m pip --disable-pip-version-check install --quiet --constraint .ci/constraints.txt \
		--editable . --requirement benchmarks/requirements.txt
	@touch $@

bench: .venv-bench/.installed
	.venv-bench/bin/python benchmarks/scaling.py --readme
	.venv-bench/bin/python benchmarks/engine.py --readme

bench-external: .venv-bench/.installed
	.venv-bench/bin/python benchmarks/bowles.py --readme

bench-search: $(VENV)/.installed
	$(BIN)/python benchmarks/nine_tasks.py --readme
	$(BIN)/python benchmarks/harder.py --readme
	$(BIN)/python benchmarks/contract.py --readme
	$(BIN)/python benchmarks/quantum_data.py --readme
	$(BIN)/python benchmarks/predictors.py --readme
	$(BIN)/python benchmarks/transfer.py --readme
	$(BIN)/python benchmarks/noise_awareness.py --readme
	$(BIN)/python benchmarks/noise_map.py --readme
	$(BIN)/python benchmarks/strategies.py --readme
	$(BIN)/python benchmarks/worth.py --seconds 60 --readme

clean:
	rm -rf $(VENV) .venv-bench build dist $(DEMO)
