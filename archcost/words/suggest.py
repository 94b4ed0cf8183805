"""What the user may have meant: our word for a term from elsewhere, or the word a slip of the fingers hides.

A word of the language (a kind, a field, a choice) is only taken for another if that means the same, or if one
letter is wrong: a layer must not be mistaken for one with other costs. Names that the user gave are looked
through more freely.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOST = 300
"""Known words that are looked through; there are more only where a file gives thousands of names."""


def plain(word: str) -> str:
    """A word without module, case, separators and rank.

    >>> plain("keras.layers.MaxPooling2D")
    'maxpooling'
    """
    bare = word.rpartition(".")[2].lower().replace("_", "").replace("-", "").replace(" ", "")
    return bare[:-2] if bare[-2:] in {"1d", "2d", "3d"} else bare


def suggest(word: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """What to write instead of `word`, as the end of a message; empty if nothing is near.

    A foreign word that `aliases` knows comes first (when its translation is known), then the same word in
    other letters, then a likely slip of the fingers.

    >>> suggest("nmae", ["name", "note"])
    " (did you mean 'name'?)"
    """
    return _offer(nearest(word, known, aliases))


def nearest(word: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """The known word that is meant, as `suggest` finds it; None if nothing is near."""
    words = list(islice(known, _MOST))
    return _alias(word, words, aliases or {}) or _same(word, words) or _near(word, words)


def translate(word: str, known: Iterable[str], aliases: Mapping[str, str]) -> str:
    """The same for a word of the language, as `meant` finds it.

    >>> translate("Dense", ["linear", "conv"], {"dense": "linear"}), translate("glu", ["gelu"], {})
    (" (did you mean 'linear'?)", '')
    """
    return _offer(meant(word, known, aliases))


def meant(word: str, known: Iterable[str], aliases: Mapping[str, str]) -> str | None:
    """The known word of the language that this one stands for: translated, or with a single slip."""
    words = list(islice(known, _MOST))
    return translation(word, words, aliases) or _slip(word, words)


def translation(word: str, known: list[str], aliases: Mapping[str, str]) -> str | None:
    """The known word that means the same: by the table, or in other letters."""
    return _alias(word, known, aliases) or _same(word, known)


def _offer(found: str | None) -> str:
    return f" (did you mean '{found}'?)" if found else ""


def _alias(word: str, words: list[str], aliases: Mapping[str, str]) -> str | None:
    translated = aliases.get(word.lower()) or aliases.get(plain(word))
    return translated if translated in words else None


def _same(word: str, words: list[str]) -> str | None:
    return next((known for known in words if plain(known) == plain(word)), None)


def _slip(word: str, words: list[str]) -> str | None:
    """The one word that has a letter too many, too few, wrong, or two exchanged.

    >>> _slip("dropuot", ["dropout", "crop"]), _slip("celu", ["selu", "elu"]), _slip("conv4d", ["conv3d"])
    ('dropout', None, None)
    """
    typed = _letters(word)
    found = [known for known in words if _is_slip(typed, _letters(known))]
    return found[0] if len(found) == 1 else None


def _letters(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum())


def _is_slip(typed: str, known: str) -> bool:
    """First letters and digits are no slips, and in a short word only an exchanged or doubled letter is one.

    Too many words of other frameworks differ by these alone: celu, conv4d, relun, pelu.
    """
    if len(known) < 3 or typed[:1] != known[:1] or abs(len(typed) - len(known)) > 1:
        return False
    if [c for c in typed if c.isdigit()] != [c for c in known if c.isdigit()]:
        return False
    shorter = min(len(typed), len(known))
    start = next((i for i in range(shorter) if typed[i] != known[i]), shorter)
    left, right = typed[start:], known[start:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    doubled = not right and left == typed[start - 1 : start]
    exchanged = len(left) == 2 and left == right[::-1]
    return typed == known or doubled or exchanged or (len(known) > 5 and len(left) <= 1 >= len(right))


def _near(word: str, words: list[str]) -> str | None:
    if len(word) > 60:
        return None
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong spec needs it

    by_lower = {known.lower(): known for known in reversed(words)}
    near = get_close_matches(word.lower(), by_lower, n=1) or _beginning(word.lower(), by_lower)
    return by_lower[near[0]] if near else None


def _beginning(word: str, known: Iterable[str]) -> list[str]:
    """The one known word this is a misspelt beginning of: `kernal` for `kernel_size`."""
    from difflib import get_close_matches  # noqa: PLC0415 - as above

    if len(word) < 3:
        return []
    starts = {k[: len(word)]: k for k in known}
    return [starts[s] for s in get_close_matches(word, starts, n=1, cutoff=0.75)]
