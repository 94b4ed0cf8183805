"""What a spec includes: files of blocks, each read once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archcost.errors import SpecError
from archcost.files import DISK, Files
from archcost.spec.document import Included
from archcost.spec.keywords import LIBRARY_KEYS, SPEC_KEYS
from archcost.spec.opened import read_bytes
from archcost.spec.template import shown
from archcost.spec.yaml_reader import MappingNode, ScalarNode, SequenceNode, is_empty, read

if TYPE_CHECKING:
    from archcost.source import Place
    from archcost.spec.checks import Checks
    from archcost.spec.opened import Opened


class Includer:
    """Collects the `blocks:` of everything a spec includes, each file once.

    Attributes:
        blocks: what the files hold, in the order they were named.
        files: the same files, each with the place that named it first.
        complete: False if one of them could not be read.
    """

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._problems = checks.problems
        self._files: Files = DISK
        self._done: set[Path] = set()
        self.blocks: list[MappingNode] = []
        self.files: list[Included] = []
        self.complete = True

    def include(self, root: MappingNode, opened: Opened) -> None:
        """Read the files under `include:` of a spec, and what these include."""
        self._files = opened.files
        chain = (self._files.real(opened.file),) if opened.file else ()
        self._include(root, opened.name, opened.folder, chain)

    def _include(self, root: MappingNode, name: str, folder: Path, chain: tuple[Path, ...]) -> None:
        node = root.get("include")
        if node is None or is_empty(node):
            return
        nodes = node.items if isinstance(node, SequenceNode) else [node]
        if not isinstance(node, SequenceNode):
            example = node.text if isinstance(node, ScalarNode) else "blocks/resnet.yaml"
            text = f"include is {shown(node)}; it must be a list of files: [{example}]"
            self._problems.add(node.place, text)
        for entry in nodes:
            if isinstance(entry, ScalarNode) and isinstance(entry.value, str) and entry.text:
                self._include_one(entry, name, folder, chain)
            elif entry is not node:
                text = f"include lists {shown(entry)}; each must be the path of a file"
                self._fail(entry.place, text)

    def _fail(self, place: Place, message: str) -> None:
        self._problems.add(place, message)
        self.complete = False

    def _include_one(self, entry: ScalarNode, name: str, folder: Path, chain: tuple[Path, ...]) -> None:
        real = self._files.real(folder / entry.text.replace("\0", ""))
        absolute = Path(entry.text).is_absolute()
        if absolute or "\0" in entry.text or not real.is_relative_to(self._files.real(folder)):
            text = f"include '{entry.text}' leaves the folder of this file; it may only go below it"
            self._fail(entry.place, text)
        elif real in chain:
            steps = " → ".join(path.name for path in (*chain[chain.index(real) :], real))
            self._fail(entry.place, f"include goes round in a circle: {steps}")
        elif real not in self._done:
            self._done.add(real)
            prefix = self._files.prefix
            called = f"{prefix}{Path(name.removeprefix(prefix)).parent / entry.text}"
            self.files.append(Included(entry.text, entry.place, called, name))
            self._read(entry, called, real, chain)

    def _read(self, entry: ScalarNode, name: str, real: Path, chain: tuple[Path, ...]) -> None:
        try:
            limits = self._checks.limits
            root = read(read_bytes(self._files, real, name, limits, entry.text), name, limits)
        except SpecError as error:
            self.complete = False
            missing = [d for d in error.diagnostics if not d.place.source.lines]
            for diagnostic in missing:
                self._problems.add(entry.place, f"include '{entry.text}': {diagnostic.message}")
            self._problems.extend(d for d in error.diagnostics if d not in missing)
            return
        if not isinstance(root, MappingNode):
            self._fail(root.place, "a file that is included is a mapping with `blocks:`")
            return
        self._take_blocks(root)
        self._include(root, name, real.parent, (*chain, real))

    def _take_blocks(self, root: MappingNode) -> None:
        spec = next((e.key for e in root.entries if e.key.text in {"input", "layers"}), None)
        if spec is not None:
            text = f"'{spec.text}' makes this a whole spec; a file that is included holds blocks alone"
            self._problems.add(spec.place, text)
        keys = LIBRARY_KEYS if spec is None else (*LIBRARY_KEYS, *SPEC_KEYS)
        blocks = self._checks.check_keys(root, keys, (), "a file that is included").get("blocks")
        if blocks is not None:
            mapping = self._checks.as_mapping(blocks, "blocks", "name: {params, body}")
            self.blocks += [mapping] if mapping else []
