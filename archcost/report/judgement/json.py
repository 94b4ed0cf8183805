"""A judgement as JSON, `archcost-check/1`: everything, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.report.analysis.json import envelope
from archcost.results.report import plain, to_dict

if TYPE_CHECKING:
    from archcost.report.judgement.sentences import JudgementOptions
    from archcost.results.judgement import Judgement

SCHEMA = "archcost-check/1"


def write(judgement: Judgement, _look: JudgementOptions) -> str:
    """The verdict, what is wrong with no network in particular, and every network."""
    beside = {
        name: plain(getattr(judgement, name))
        for name in ("failed", "fail_level", "against", "rules", "complaints")
    }
    return envelope(SCHEMA, "specs", map(to_dict, judgement.specs), beside)
