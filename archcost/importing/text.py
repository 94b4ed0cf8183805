"""Writes parts as the text of a spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from archcost.formatting import formatted
from archcost.importing.parts import Flow, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcost.importing.roll import Block
    from archcost.windows.window import Shape


def written(  # noqa: PLR0913, PLR0917 - what a spec has
    name: str,
    note: str,
    inputs: Mapping[str, Shape],
    blocks: Sequence[Block],
    layers: Sequence[Part],
    outputs: Sequence[str],
) -> str:
    """The spec, in the style of `archcost fmt`."""
    shapes = {one: [*shape] for one, shape in inputs.items()}
    head: dict[str, Any] = {"archcost": 1, "name": name, "note": note}
    head["input"] = shapes["input"] if [*shapes] == ["input"] else shapes
    if blocks:
        head["blocks"] = {block.name: block.plain() for block in blocks}
    head["layers"] = [part.plain() for part in layers]
    if outputs:
        head["outputs"] = [*outputs]
    text = yaml.dump(head, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=10_000)
    # A layer without fields stands alone.
    text = re.sub(r": null(?=[,}])", "", re.sub(r": null(?=\n)", ":", text))
    return formatted(text.encode(), f"{name}.yaml").decode()


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Nothing is written once for two places."""
        return True


def _on_a_line(dumper: _Dumper, data: Flow) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)


_Dumper.add_representer(Flow, _on_a_line)
