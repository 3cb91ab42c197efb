# The commands that matter. Each works on a fresh clone with only python3 (3.11-3.13), make and git.
#   make demo     the app with a sample course, on 127.0.0.1
#   make test     every test
#   make check    format, lint, types, import contracts
#   make validate the quick part of the benchmark, against the committed result
#   make format   puts the code in its format
#   make setup    the environment and the face model, no more
.POSIX:
.PHONY: demo test check validate format setup environment test-tools clean

# Bytecode is compiled at install: without it an import of the app takes 11 s instead of 3 s.
UV_RUN = "$$(scripts/uv.sh)" run --frozen
# The interpreter is the one of the machine: nothing is downloaded from outside the package index.
export UV_PYTHON_DOWNLOADS = never

demo: setup
	@$(UV_RUN) dermatrend demo

test: setup test-tools
	@$(UV_RUN) scripts/run_tests.sh

check: environment
	@$(UV_RUN) ruff format --check .
	@$(UV_RUN) ruff check .
	@$(UV_RUN) mypy
	@$(UV_RUN) lint-imports

validate: environment
	@$(UV_RUN) dermatrend validate --quick > /dev/null

format: environment
	@$(UV_RUN) ruff check --fix-only --quiet .
	@$(UV_RUN) ruff format .

setup: environment
	@$(UV_RUN) dermatrend models fetch

environment:
	@uv=$$(scripts/uv.sh) && "$$uv" sync --frozen --compile-bytecode --all-extras --quiet

test-tools: environment
	@scripts/test_tools.sh

clean:
	rm -rf .venv .uv .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
