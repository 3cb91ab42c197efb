"""What a run of SkinDRO-1 costs: `python -m benchmarks.skindro.cost [default|full]`.

From one job of each kind: processor seconds of one pair (of one person for doses, leaks, gates and files) by
generator, and their sum over a run's plan. A few minutes, one process. Sizes are chosen by the sum; the
order of jobs rests on the parts.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from benchmarks.skindro import work
from benchmarks.skindro.jobs import DEFAULT, FULL, QUICK, SECONDS, Job, Size, plan

TRIED = 8
"""Pairs that a figure rests on, at most."""


def cost(jobs: list[Job]) -> tuple[float, float]:
    """Seconds of one pair, and of making its person, in jobs of one kind: measured on one of them."""
    job = jobs[len(jobs) // 2]
    job = replace(job, count=min(job.count, TRIED))
    begun = time.process_time()
    work.run(replace(job, count=0) if job.count > 1 else job)
    once = time.process_time() - begun
    if job.count == 1:  # a person's task: the whole of it
        return once, 0.0
    begun = time.process_time()
    work.run(job)
    return (time.process_time() - begun) / job.count, once


def table(size: Size) -> str:
    """Every kind of job in a run's plan, with the sum and the time that it takes on two cores."""
    jobs = plan(size)
    work.run(replace(jobs[-1], task="zero", count=1))  # what is imported and tabulated once
    head = ("pairs", "people", "s a pair", "s a person", "s in all")
    lines = [f"{size.name:18s}" + "".join(f"{name:>12s}" for name in head)]
    total = 0.0
    for task in SECONDS:
        for generator in sorted({job.generator for job in jobs}):
            kind = [job for job in jobs if job.task == task and job.generator == generator]
            if not kind or (task in work.CARD_TASKS and not work.GENERATORS[generator].has_card):
                continue
            pair, person = cost(kind)
            pairs = sum(job.count for job in kind)
            sum_s = pairs * pair + len(kind) * person
            total += sum_s
            lines.append(
                f"{task:14s}{generator:4s}{pairs:12d}{len(kind):12d}{pair:12.2f}{person:12.2f}{sum_s:12.0f}"
            )
    return "\n".join([*lines, f"{total:.0f} s, {total / 120:.1f} min on two cores"])


def main() -> None:
    """Print the table of one size."""
    sizes = {size.name: size for size in (QUICK, DEFAULT, FULL)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", nargs="?", default="default", choices=sizes)
    print(table(sizes[parser.parse_args().size]))


if __name__ == "__main__":
    main()
