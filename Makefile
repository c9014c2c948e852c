# One command from a fresh checkout: `make demo` or `make test`. Each sets up .venv first; .ci/setup says how.
PY = .venv/bin/python
# Tests run in two processes, one for each core of a small machine; these take about as long as all others.
HALF = tests/trainers tests/starter

.PHONY: help setup demo test bench gpu-check lint clean

help:
	@echo "make demo       set up, then run the whole job on the bundled example, offline, on a CPU"
	@echo "make test       set up, then lint, type-check and test"
	@echo "make setup      set up .venv and nothing else"
	@echo "make bench      run the benchmarks; NAME=advise_cpu runs one"
	@echo "make gpu-check  run the checks that need a CUDA GPU"
	@echo "make lint       ruff and mypy"
	@echo "make clean      remove .venv, out/ and caches"

setup:
	@sh .ci/setup run

demo:
	@sh .ci/setup run
	@.venv/bin/tunecase demo --out out/demo

test:
	@sh .ci/setup dev browser
	@$(MAKE) --no-print-directory lint
	@export OMP_NUM_THREADS=1; said=$$(mktemp); \
	$(PY) -m pytest $(HALF) >$$said 2>&1 & half=$$!; \
	$(PY) -m pytest $(HALF:%=--ignore=%); rest=$$?; \
	wait $$half; half=$$?; cat $$said; rm -f $$said; exit $$((half + rest))

lint:
	@sh .ci/setup dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench:
	@sh .ci/setup dev
	@$(PY) -m tests.benchmarks $(or $(NAME),all)

gpu-check:
	@sh .ci/setup dev
	@$(PY) -m tests.gpu

clean:
	rm -rf .venv out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
