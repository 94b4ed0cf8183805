"""The baseline: what was wrong when the gate was put up, and may not get worse.

One complaint to a line, sorted, so that two branches merge line by line (`merge=union` in .gitattributes
does it without asking). A line names the complaint by a fingerprint, which does not depend on where it is
written, and the number that was accepted:

    3f2a9c0d1b7e4f56 max_params 138357544 specs/vgg16.yaml
    90b1c7de224ffa08 gridding - specs/old/segmentation.yaml context.4.conv

It is a ratchet: a number may fall and never rise, and what was fixed may not come back once it is removed.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from archcost.errors import Diagnostic, SpecError, UsageError
from archcost.escape import no_commands, one_line
from archcost.files import check_is_regular
from archcost.overwriting import will_read
from archcost.source import Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from archcost.analysis.measures import Measurement

HEAD = """\
# Complaints that `archcost check` accepts for now, one per line: fingerprint, what, number, network, node.
# `archcost check --ratchet` removes what is fixed and lowers the numbers; it never adds or raises any.
"""


class Accepted(NamedTuple):
    """One line of the baseline.

    Attributes:
        fingerprint: of the complaint.
        what: the budget or the rule, `max_params` or `gridding`.
        value: the number that was measured; None for what has none.
        about: the network and the node, for readers.
        line: where it stands, from 1; 0 if it is not in a file yet.
    """

    fingerprint: str
    what: str
    value: Measurement | None
    about: str
    line: int = 0

    def is_about(self, labels: Iterable[str]) -> bool:
        """Whether it is about one of these specs."""
        return any(self.about == label or self.about.startswith(f"{label} ") for label in labels)

    def covers(self, value: Measurement | None) -> bool:
        """Whether a number is no worse than the accepted one."""
        if self.value is None or value is None:
            return self.value is value
        return value >= self.value if self.what.startswith("min_") else value <= self.value


def fingerprint(*parts: str) -> str:
    """The name of a complaint: the same wherever it is written, another for every other complaint.

    >>> fingerprint("specs/vgg16.yaml", "max_params", "")
    'e4fba7e295dd9993'
    """
    # The name of a file may be bytes that are no text.
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


_LINE = re.compile(r"([0-9a-f]{16}) (\S+) (-|[0-9]{1,1000}|[0-9]\.?[0-9]{0,20}(?:e-[0-9]{1,3})?)(?: (.*))?")
"""The number is a count of any size, or a share."""


def read(path: Path) -> dict[str, Accepted]:
    """The baseline in a file, by fingerprint. Of several lines about one complaint, the strictest holds.

    Raises:
        SpecError: a line that is none of ours, at its place.
        UsageError: the file cannot be read.
    """
    try:
        check_is_regular(path)
        will_read(path)
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror or error if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"baseline {path}: cannot be read ({why}); `archcost check --write-baseline` makes one"
        ) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> dict[str, Accepted]:
    """The baseline in a text that messages call by a name.

    Raises:
        SpecError: a line that is none of ours, at its place.
    """
    source = Source(name, tuple(text.splitlines()))
    found: dict[str, Accepted] = {}
    wrong: list[Diagnostic] = []
    for number, line in enumerate(source.lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        if match := _LINE.fullmatch(line.rstrip()):
            one = Accepted(match[1], match[2], _value(match[3]), match[4] or "", number)
            known = found.get(one.fingerprint)
            found[one.fingerprint] = one if known is None or known.covers(one.value) else known
        else:
            wrong.append(Diagnostic(Place(source, number, 1, len(line)), _why(line)))
    if wrong:
        raise SpecError(wrong)
    return found


def _value(text: str) -> Measurement | None:
    if text == "-":
        return None
    return int(text) if text.isdigit() else float(text)


def _why(line: str) -> str:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "a merge conflict is not resolved; keep the lines of both sides, the stricter number holds"
    return "this is no line of a baseline (fingerprint, what, number or -, network); `--ratchet` writes them"


class Baseline:
    """What was accepted before, beside what is met in this run.

    Attributes:
        file: where it is kept, as messages name it.
        accepted: what it has, by fingerprint.
        met: what was complained about in this run and not waived.
    """

    def __init__(self, file: str = "", accepted: Mapping[str, Accepted] | None = None) -> None:
        self.file = file
        self.accepted = accepted or {}
        self.met: dict[str, Accepted] = {}
        self._failing: set[str] = set()

    def meet(self, complaint: Accepted, *, fails: bool) -> Accepted | None:
        """Take note of a complaint, and whether it would fail; the accepted line about it, if any."""
        self.met[complaint.fingerprint] = complaint
        if fails:
            self._failing.add(complaint.fingerprint)
        return self.accepted.get(complaint.fingerprint)

    def keep(self, fingerprint: str) -> None:
        """Leave what may be accepted about a limit as it is: this run could not judge the limit."""
        if known := self.accepted.get(fingerprint):
            self.met[fingerprint] = known

    @property
    def fixed(self) -> list[Accepted]:
        """What was accepted and is not met any more; meaningful once every network was judged."""
        return [one for one in self.accepted.values() if one.fingerprint not in self.met]

    @property
    def better(self) -> list[Accepted]:
        """What is met with a better number than the accepted one."""
        return [
            one
            for one in self.accepted.values()
            if (met := self.met.get(one.fingerprint)) and one.value != met.value and one.covers(met.value)
        ]

    def rewritten(self, *, is_whole: bool) -> str:
        """The text of a baseline that accepts all that fails now.

        What concerns networks that were not judged stays as it is.
        """
        listed = self._failing.union(self.accepted)
        new = [one for name, one in self.met.items() if name in listed]
        return _text([*new, *([] if is_whole else self.fixed)])

    def ratcheted(self, *, is_whole: bool) -> str:
        """Its text without what is fixed, and with today's numbers where they are better."""
        better = {one.fingerprint for one in self.better}
        kept = [one for one in self.accepted.values() if one.fingerprint in self.met]
        lines = [self.met[one.fingerprint] if one.fingerprint in better else one for one in kept]
        return _text([*lines, *([] if is_whole else self.fixed)])


def _text(accepted: Iterable[Accepted]) -> str:
    """The file that holds these, in an order of their own."""
    return HEAD + "".join(sorted(_lines(accepted)))


def _lines(accepted: Iterable[Accepted]) -> Iterator[str]:
    for one in accepted:
        value = "-" if one.value is None else repr(one.value)
        about = no_commands(one_line(" ".join(one.about.split())))
        yield f"{one.fingerprint} {one.what} {value} {about}".rstrip() + "\n"
