"""What to write for the fields of a layer that are no mapping."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from pydantic import ValidationError

from archcost.layers.base import Merge
from archcost.spec.fields import for_pydantic, takes
from archcost.spec.foreign_layers import INFERRED, kind_of
from archcost.spec.template import has_dashes
from archcost.spec.yaml_reader import ScalarNode, SequenceNode, resolve

if TYPE_CHECKING:
    from archcost.layers.base import ItemFields
    from archcost.spec.template import Field


def not_a_mapping(word: str, kind: type[ItemFields], node: ScalarNode | SequenceNode) -> str:
    """What to write for the fields of a layer that are a word or a list."""
    if has_dashes(node):
        return f"{word}: its fields are a mapping; leave out the dashes before them"
    texts = [one.text if isinstance(one, ScalarNode) else None for one in getattr(node, "items", [node])]
    names = [text for text in texts if text and not text.isdigit()]
    if issubclass(kind, Merge) and names and len(names) == len(texts):
        read = ", ".join(names if len(names) > 1 else [*names, "…"])
        return f"{word}: what it joins stands beside it: `{{{word}, from: [{read}]}}`"
    fields = list(kind.model_fields)
    if not fields:
        return f"{word}: takes no fields; write it bare: `- {word}`"
    if texts and (pair := re.match(r"(\w+)[:=](\S+)", texts[0] or "")):
        return f"{word}: a space is missing after the colon: write `{pair[1]}: {pair[2]}`"
    if given := _proposal(kind, node):
        return f"{word}: its fields are a mapping, such as {{{given}}}"
    return f"{word}: its fields are a mapping{takes(fields)}"


def _proposal(kind: type[ItemFields], node: ScalarNode | SequenceNode) -> str | None:
    """Fields that can hold what is written: each value one, by their order, or the whole list the first one.

    Of many numbers, other frameworks say otherwise which is which.
    """
    fields = list(kind.model_fields)
    written = node.items if isinstance(node, SequenceNode) else [node]
    values = [one for one in written if isinstance(one, ScalarNode) and one.text]
    if not 0 < len(values) == len(written) <= _PLAIN:
        return None
    inferred = [field for field in fields if field in INFERRED]
    texts = [one.text for one in values]
    for order, said in product((fields, inferred), (texts, [kind_of(text) or text for text in texts])):
        given = dict(zip(order, said, strict=False))
        if len(given) == len(said) and _holds(kind, {name: _read(text) for name, text in given.items()}):
            return ", ".join(f"{name}: {text}" for name, text in given.items())
    if _holds(kind, {fields[0]: tuple(map(_read, texts))}):
        return f"{fields[0]}: [{', '.join(texts)}]"
    return None


def _read(text: str) -> Field:
    try:
        return resolve(text)
    except ValueError:
        return text


_A_NUMBER = 64

_AXES = range(-4, 4)
"""Those of the largest tensor there is: channels and three more."""

_PLAIN = 2
"""Values of which it is plain what they mean."""


def _holds(kind: type[ItemFields], values: dict[str, Field]) -> bool:
    """Whether a kind can have these values, whatever else it needs; one that is computed may be a number."""
    known = {name: _A_NUMBER if f"{v}".startswith("$") else for_pydantic(v) for name, v in values.items()}
    if any(name == "axis" and value not in _AXES for name, value in known.items()):
        return False
    try:
        kind.model_validate(known)
    except ValidationError as error:
        return all(detail["type"] == "missing" for detail in error.errors(include_url=False))
    return True
