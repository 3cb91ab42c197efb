"""One file per metric; this folder is the registry.

A new metric is one new file that defines `METRIC = Metric(...)`. Measuring, tables, charts, reports,
exports, docs and the contract tests read the registry; nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil

from analysis.records import Metric


def registry() -> dict[str, Metric]:
    """Every metric in this folder by name, in the order tables show them.

    >>> list(registry())[0]
    'redness'
    """
    found = []
    for module in pkgutil.iter_modules(__path__):
        metric: Metric = importlib.import_module(f"{__name__}.{module.name}").METRIC
        if metric.name != module.name:
            raise ValueError(f"metric file {module.name}.py defines the metric {metric.name!r}")
        found.append(metric)
    return {metric.name: metric for metric in sorted(found, key=lambda item: (item.order, item.name))}
