"""The proof, on every run, that formatting changed nothing but the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archcost.formatting.order import arranged, role_within, root_role
from archcost.formatting.scalars import comment
from archcost.formatting.tree import FormattingError
from archcost.spec.yaml_reader import MappingNode, ScalarNode

if TYPE_CHECKING:
    from archcost.formatting.tree import FileLayout
    from archcost.spec.yaml_reader import Tree

Plain: TypeAlias = "tuple[str, object] | list[Plain] | list[tuple[str, Plain]]"


def prove(before: Tree, old: FileLayout, after: Tree, new: FileLayout) -> None:
    """Compare what was read with what was written.

    Args:
        before: the document as the reader of specs sees it.
        old: its pieces, for the comments.
        after: the formatted document, likewise.
        new: its pieces.

    Raises:
        FormattingError: a value or a comment is another one, is gone, or stands elsewhere.
    """
    role = root_role([entry.key.text for entry in before.pairs()])
    expected = _plain(before, role, arrange=True)
    if _plain(after, "", arrange=False) != expected:
        raise FormattingError("formatting would change what the file says")
    was, now = ([comment(text) for text in document.comments] for document in (old, new))
    if expected != _plain(before, "", arrange=False):
        was, now = sorted(was), sorted(now)  # keys have moved, and their comments with them
    if was != now:
        raise FormattingError("formatting would change the comments")


def _plain(tree: Tree, role: str, *, arrange: bool) -> Plain:
    """A document without places, mappings in the order of the text or in the canonical one.

    A number is its text, so that `1.0` is not `1`; a truth value and nothing are what they mean.
    """
    if isinstance(tree, ScalarNode):
        shown = tree.value if isinstance(tree.value, str | bool | None) else tree.text
        return type(tree.value).__name__, shown
    if not isinstance(tree, MappingNode):
        within = role_within(role, None)
        return [_plain(item, within, arrange=arrange) for item in tree.items]
    keys = [entry.key.text for entry in tree.entries]
    order = arranged(keys, role) if arrange else range(len(keys))
    values = [
        (key, _plain(entry.value, role_within(role, key), arrange=arrange))
        for key, entry in zip(keys, tree.entries, strict=True)
    ]
    return [values[n] for n in order]
