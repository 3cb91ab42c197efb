#!/bin/sh
# Every test, with coverage of subprocesses too. Pytest's own closing line is the last line.
# Arguments go to pytest: scripts/run_tests.sh tests/test_cli.py -x
set -eu
cd "$(dirname "$0")/.."

rm -f .coverage .coverage.*
if [ "$#" -gt 0 ]; then
    exec python -m pytest "$@"
fi
# One worker per core of the smallest machine; a file stays on one worker, so its servers start once.
exec python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
    --cov=analysis --cov=dermatrend --cov-report=term:skip-covered --cov-fail-under=90
