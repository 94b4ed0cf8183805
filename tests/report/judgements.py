"""Judgements made by hand, as `archcost check` would make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcost.results.judgement import Against, CheckedSpec, Judgement, LimitResult, Violation

if TYPE_CHECKING:
    from archcost.results.judgement import State

RULES = ("expectation", "gridding", "lattice", "padding-dominates")


def limit(text: str = "15G", /, **changed: Any) -> LimitResult:  # noqa: ANN401 - any field
    """A limit that is kept."""
    made = LimitResult(
        budget="max_macs",
        scope=None,
        axis=None,
        level="error",
        unit="count",
        measured=4_089_184_256,
        limit=15 * 10**9,
        base=None,
        text=text,
        set_at="archcost.yaml:7:15",
        kept=True,
        fingerprint=None,
    )
    return replace(made, **changed)


def complaint(message: str, /, **changed: Any) -> Violation:  # noqa: ANN401 - any field
    """A broken budget of a whole network, which fails."""
    made = Violation(
        rule="budget",
        level="error",
        node=None,
        file="specs/vgg16.yaml",
        line=1,
        column=1,
        message=message,
        details={},
        fingerprint="0123456789abcdef",
        state="open",
        because="",
        fails=True,
    )
    return replace(made, **changed)


def spec(path: str, /, *complaints: Violation, **changed: Any) -> CheckedSpec:  # noqa: ANN401 - any field
    """A network without limits."""
    made = CheckedSpec(
        path=path,
        label=path,
        name=path.rpartition("/")[2].partition(".")[0],
        variant=None,
        measures={
            "params": 25_557_032,
            "macs": 4_089_184_256,
            "peak": 2_408_448,
            "field": 427,
            "coverage": 1.0,
        },
        base=None,
        causes=(),
        limits=(),
        complaints=complaints,
    )
    return replace(made, **changed)


def judgement(*specs: CheckedSpec, **changed: Any) -> Judgement:  # noqa: ANN401 - any field
    """What the complaints come to."""
    failed = any(one.fails for checked in specs for one in checked.complaints)
    made = Judgement(failed=failed, fail_level="error", against=None, rules=RULES, specs=specs, complaints=())
    return replace(made, **changed)


RESNET = spec(
    "specs/resnet50.yaml",
    limits=(limit(), limit("10MB", budget="max_peak", unit="bytes", measured=9_633_792, limit=10_000_000)),
)
KEPT = judgement(RESNET)

OVER = complaint(
    "MACs are 15.47 G, 470.3 M (3.1 %) over the limit of 15 G",
    details={
        "limit": "max_macs: 15G, set at archcost.yaml:7:15",
        "heaviest": "stage.1.1.conv 1.850 G (12.0 %), stage.0.1.conv 1.850 G (12.0 %)",
        "helps": "input 3×208×208: 13.4 G",
    },
)
WARNED = complaint(
    "stage.2: 7,000,001 parameters, over the limit of 7,000,000.5",
    level="warn",
    node="stage.2",
    line=9,
    column=5,
    fingerprint="1123456789abcdef",
    fails=False,
)
VGG = spec(
    "specs/vgg16.yaml",
    OVER,
    WARNED,
    measures={"params": 138_357_544, "macs": 15_470_264_320, "peak": 6_422_528, "coverage": 1.0},
    base={"params": 138_357_544, "macs": 15_000_000_000, "peak": 6_422_528, "coverage": 0.9},
    limits=(
        limit(measured=15_470_264_320, base=15 * 10**9, kept=False, fingerprint=OVER.fingerprint),
        limit("+5%", measured=15_470_264_320, base=15 * 10**9, limit=15_750_000_000),
        limit("200", budget="min_field", axis="height", measured=212, limit=200, base=220),
        limit(
            "7M",
            budget="max_params",
            scope="stage.2",
            level="warn",
            measured=7_000_001,
            limit=7_000_000.5,
            kept=False,
            fingerprint=WARNED.fingerprint,
        ),
    ),
)
OVER_A_BASE = judgement(VGG, RESNET, against=Against(ref="origin/main", commit="ab" * 20))


def _found(number: int, state: State = "open", **changed: Any) -> Violation:  # noqa: ANN401 - any field
    return complaint(
        f"context.{number}.conv: 36 of 81 positions are never read",
        rule="gridding",
        node=f"context.{number}.conv",
        file="specs/bad.yaml",
        line=14,
        column=7,
        fingerprint=f"2{number:015x}",
        state=state,
        fails=state == "open",
        because={
            "open": "",
            "waived": "by @vision until 2026-12-31: kept for comparison",
            "baseline": "archcost-baseline.txt:4",
        }[state],
        **changed,
    )


FOUND = judgement(
    spec("specs/bad.yaml", *(_found(number) for number in range(6))),
    RESNET,
)
ACCEPTED = judgement(
    spec(
        "specs/bad.yaml",
        _found(1, "waived"),
        _found(2, "waived"),
        _found(3, "baseline"),
        complaint(
            "parameters are 138.4 M, 38.36 M (38.4 %) over the limit of 100 M",
            file="specs/bad.yaml",
            state="waived",
            because="by @vision until 2026-12-31: known",
            fails=False,
            fingerprint="f" * 16,
        ),
        limits=(
            limit(
                "100M",
                budget="max_params",
                measured=138_357_544,
                limit=10**8,
                kept=False,
                fingerprint="f" * 16,
            ),
        ),
    ),
    RESNET,
)
GATE: dict[str, Any] = {"file": "archcost.yaml", "line": 31, "column": 5, "fingerprint": ""}
EXPIRED = judgement(
    VGG,
    complaints=(
        complaint("the waiver of @vision has expired on 2026-01-31", rule="expired-waiver", **GATE),
    ),
)  # fmt: skip


def _without_base(because: str) -> Judgement:
    kept: dict[str, Any] = {"limit": None, "kept": None}
    return judgement(
        replace(RESNET, limits=(*RESNET.limits, limit("+5%", **kept))),
        against=Against(ref="origin/main", commit=""),
        complaints=(complaint(because, rule="missing-base", level="warn", fails=False, **GATE),),
    )


MISSING_BASE = _without_base("origin/main is no commit here: relative limits are not judged")
EMPTY = judgement()
EXAMPLES: dict[str, Judgement] = {
    "kept": KEPT,
    "over a base": OVER_A_BASE,
    "found": FOUND,
    "accepted": ACCEPTED,
    "expired": EXPIRED,
    "missing base": MISSING_BASE,
    "no network": EMPTY,
}
