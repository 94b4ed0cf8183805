"""Exact shapes, parameters, operations and memory of a neural network, from a YAML spec.

    >>> import archcost
    >>> report = archcost.analyze(archcost.load("zoo:resnet50"))
    >>> report.totals.macs
    4089184256

Importing the package costs next to nothing: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = (
    False  # a type checker knows the name; to import it would take ten times as long as all of this
)
if TYPE_CHECKING:
    from archcost.analysis.analyze import analyze
    from archcost.analysis.explain import explain
    from archcost.errors import (
        AbsentError,
        ArchcostError,
        NothingToAnalyzeError,
        RevisionError,
        SpecError,
        UsageError,
    )
    from archcost.execute.verification import verify
    from archcost.exporting.onnx.model import export_onnx
    from archcost.gate.run import check
    from archcost.history.revisions import revision
    from archcost.importing.pytorch.live import from_torch
    from archcost.limits import Limits
    from archcost.loading.load import load
    from archcost.network import Network
    from archcost.results.comparison import Comparison
    from archcost.results.difference import Diff
    from archcost.results.report import Report
    from archcost.review.compare import compare
    from archcost.review.diff import diff

__version__ = "0.1.0"

__all__ = [
    "AbsentError",
    "ArchcostError",
    "Comparison",
    "Diff",
    "Limits",
    "Network",
    "NothingToAnalyzeError",
    "Report",
    "RevisionError",
    "SpecError",
    "UsageError",
    "analyze",
    "check",
    "compare",
    "diff",
    "explain",
    "export_onnx",
    "from_torch",
    "load",
    "revision",
    "verify",
]

_HOMES = {
    "AbsentError": "archcost.errors",
    "ArchcostError": "archcost.errors",
    "Comparison": "archcost.results.comparison",
    "Diff": "archcost.results.difference",
    "Limits": "archcost.limits",
    "Network": "archcost.network",
    "NothingToAnalyzeError": "archcost.errors",
    "Report": "archcost.results.report",
    "RevisionError": "archcost.errors",
    "SpecError": "archcost.errors",
    "UsageError": "archcost.errors",
    "analyze": "archcost.analysis.analyze",
    "check": "archcost.gate.run",
    "compare": "archcost.review.compare",
    "diff": "archcost.review.diff",
    "explain": "archcost.analysis.explain",
    "export_onnx": "archcost.exporting.onnx.model",
    "from_torch": "archcost.importing.pytorch.live",
    "load": "archcost.loading.load",
    "revision": "archcost.history.revisions",
    "verify": "archcost.execute.verification",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'archcost' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
