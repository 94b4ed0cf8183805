"""How large things may get before archcost refuses them. Every limit can be set."""

from __future__ import annotations

from typing import NamedTuple

from archcost.errors import UsageError
from archcost.words.suggest import suggest

_LARGEST = 2**4096
"""No limit goes beyond it: its decimal digits can still be printed."""


class Limits(NamedTuple):
    """Bounds on one spec.

    Attributes:
        file_bytes: size of one file.
        depth: collections inside one another, and parentheses in an expression.
        nodes: layers after expansion.
        dimension: a tensor's size along one axis.
        integer: the largest absolute integer an expression may reach, numerators and denominators included.
        expression_length: characters of one expression.
        memory: bytes that running a network may take.
        seconds: that running it may take, as they are estimated beforehand.
    """

    file_bytes: int = 4 * 2**20
    depth: int = 64
    nodes: int = 100_000
    dimension: int = 2**40
    integer: int = 2**80
    expression_length: int = 2000
    memory: int = 4 * 2**30
    seconds: int = 600

    def setting(self, text: str) -> Limits:
        """These limits with one of them changed, as `--limit NAME=VALUE` gives it.

        Raises:
            UsageError: no such limit, or not a positive whole number.

        >>> Limits().setting("nodes=2000000").nodes
        2000000
        """
        name, equals, number = (part.strip() for part in text.partition("="))
        names = list(self._fields)
        if not equals:
            raise UsageError(f"--limit {text}: write NAME=VALUE; the limits are {', '.join(names)}")
        if name not in names:
            raise UsageError(f"--limit {text}: there is no limit {name!r}{suggest(name, names)}")
        value = _whole(number)
        if value is None:
            raise UsageError(f"--limit {text}: must be a whole number from 1 to 2^4096, like 5000 or 2^40")
        return self._replace(**{name: value})


def _whole(text: str) -> int | None:
    """`5000` or `2^40` as a number within bounds; None if it is something else."""
    base, power, exponent = text.replace("**", "^").partition("^")
    if not (_is_short(base, 18) and (_is_short(exponent, 4) if power else not exponent)):
        return None
    value = int(base) ** int(exponent) if power else int(base)
    return value if 1 <= value <= _LARGEST else None


def _is_short(digits: str, length: int) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= length


DEFAULT = Limits()
