"""What the limits of the checks cost and catch: runs those pairs of SkinDRO-1 alone and writes their page.

    python -m benchmarks.gate_curves             12 pairs per tone and generator, about 2 minutes
    python -m benchmarks.gate_curves --full      60, about 6 minutes

Apart from `dermatrend validate`, whose table they do not enter.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.skindro import runner
from benchmarks.skindro.jobs import DEFAULT, FULL, plan

USUAL, LONG = replace(DEFAULT, unlimited=12), replace(FULL, unlimited=60)


def main() -> None:
    """Run, and write benchmarks/results/gates.json and docs/validation/gates.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="60 pairs per tone and generator, not 12")
    size = LONG if parser.parse_args().full else USUAL
    jobs = [job for job in plan(size) if job.task == "unlimited"]
    runner.write_gates(runner.observe_all(jobs), size, runner.RESULTS, runner.PAGE)


if __name__ == "__main__":
    main()
