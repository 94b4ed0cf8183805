"""The standard blocks as a spec calls them, each parsed from its file once per process.

What is kept never changes, and knows nothing of the spec that calls it; a mistake in it, which only tight
limits can make, is noted for each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from archcost.overwriting import will_read
from archcost.spec.block_parser import BlockParser
from archcost.spec.block_table import BlockTable
from archcost.spec.checks import Checks
from archcost.spec.item_parser import ItemParser
from archcost.spec.misplaced import Mender
from archcost.spec.problems import Problems
from archcost.spec.yaml_reader import MappingNode, read
from archcost.spec.zoo import BLOCKS

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.errors import Diagnostic
    from archcost.limits import Limits
    from archcost.spec.document import Block


class StandardBlocks:
    """The standard blocks for one spec, or for one of their own files.

    Attributes:
        files: those that were needed so far.
    """

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self._problems = problems
        self._limits = limits
        self.files: list[Path] = []

    def find(self, name: str) -> Block | None:
        """`std/NAME`, or None."""
        file = BLOCKS / f"{name}.yaml"
        if not name.isidentifier() or not file.is_file():
            return None
        block, mistakes, files = _parsed(file, self._limits)
        for path in files:
            will_read(path)
        self.files += files
        self._problems.extend(mistakes)
        return block


@lru_cache(maxsize=256)
def _parsed(file: Path, limits: Limits) -> tuple[Block | None, tuple[Diagnostic, ...], tuple[Path, ...]]:
    """A standard block, what is wrong with it, and the files it is made of."""
    problems = Problems()
    called = StandardBlocks(problems, limits)
    checks, table = Checks(problems, limits), BlockTable(called.find)
    root = read(file.read_bytes(), f"std/{file.stem}", limits)
    parser = BlockParser(checks, table, ItemParser(checks, table, Mender(checks, table)))
    blocks = parser.library(root) if isinstance(root, MappingNode) else {}
    return blocks.get(file.stem), problems.found, (file, *called.files)
