"""Rule `unused-name` (warn, info): the spec names something that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.findings.rule import Rule, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcost.analysis.facts import Facts
    from archcost.results.report import Finding

_SAID = {
    "variable": "variable '{0}': nothing reads it, so it changes nothing; write ${0} where it belongs",
    "parameter": "block '{1}': nothing reads its parameter '{0}'; write ${0} where it belongs",
    "input": "block '{1}': nothing reads its input '{0}'; let an item read it (`from`), or do without it",
    "loop variable": "repeat: nothing reads its variable '{0}'; write ${0} where it belongs",
    "carry": "carry: nothing reads '{0}'; let an item of the body read it (`from`), or do without it",
    "counter": "repeat: nothing reads its variable '{0}'; a plain count does without a name",
    "share": "share '{0}': no other item has these weights; give another the same word, or drop it",
    "push": "push '{0}': nothing pops it; let an item read it, `from: pop({0})`, or drop it",
    "pushed": "push '{0}': {1} are never popped; a pop takes the last, so others than meant may be read",
    "block": "block '{0}': nothing calls it",
    "include": "include '{0}': nothing calls a block of it",
}
_LEFT_OVER = {"counter", "block", "include"}
"""Text that could go. The others are meant to change something, and do not."""


def _check(facts: Facts) -> Iterator[Finding]:
    for one in facts.network.unused:
        level = "info" if one.what in _LEFT_OVER else "warn"
        yield at(one, RULE.name, level, _SAID[one.what].format(one.name, one.of))


RULE = Rule(
    name="unused-name",
    levels=("warn", "info"),
    summary="the spec names something that nothing uses",
    why="""\
A variable, a parameter or an input of a block, a variable or a carried name of a repeat that nothing reads
can be anything, and nothing changes: often a number, or another name, stands where this one was meant.
`share` with a word that no other item has shares nothing; what is pushed and never popped was set aside for
nothing, and where some is popped, it may not be what was meant. These are `warn`. A block that nothing calls,
a file of which no block is called and a name for a plain count are only left over, and `info`. What reads is
judged by the text: a layer that `when` leaves out, another variant, a default or a repeat that runs no
times read like all others. Where a value goes on through others, the last one that nothing reads is
reported. Names of items may be there for the reader alone.

`--set` of a variable on which no layer depends is refused, so that no row of a sweep repeats the first under
another name.
""",
    good="""\
archcost: 1
name: as_wide_as_it_says
vars: {width: 32}
input: [3, 32, 32]
layers:
  - conv: {out_channels: $width, kernel_size: 3, padding: 1}
""",
    bad="""\
archcost: 1
name: as_wide_as_ever
note: a number where the variable was meant
vars: {width: 32}
input: [3, 32, 32]
layers:
  - conv: {out_channels: 64, kernel_size: 3, padding: 1}
""",
    check=_check,
)
