"""What the limits of the checks cost and catch: runs those pairs of SkinDRO-1 alone and writes their page.

    python -m benchmarks.gate_curves             24 pairs per tone and generator, about 3 minutes
    python -m benchmarks.gate_curves --full      120, about 12 minutes

Apart from `dermatrend validate`, whose table they do not enter.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.skindro import runner
from benchmarks.skindro.jobs import DEFAULT, FULL, plan

USUAL, LONG = replace(DEFAULT, unlimited=24), replace(FULL, unlimited=120)


def main() -> None:
    """Run, and write benchmarks/results/gates.json and docs/validation/gates.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="120 pairs per tone and generator, not 24")
    size = LONG if parser.parse_args().full else USUAL
    jobs = [job for job in plan(size) if job.task == "unlimited"]
    runner.write_gates(runner.observe_all(jobs), size, runner.RESULTS, runner.PAGE)


if __name__ == "__main__":
    main()
