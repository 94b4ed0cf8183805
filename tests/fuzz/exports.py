"""Exports of PyTorch with damage in their graphs: whatever they say, they are imported or refused in words.

    python -m tests.fuzz.exports --count 100000 --seed 1

What ends in a traceback is printed with the seed that made it; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
import zipfile
from collections import Counter
from copy import deepcopy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from archcost.errors import ModelFileError
from archcost.importing.imported import imported

SMALL = sorted((Path(__file__).parents[1] / "data" / "models" / "operations").glob("*.pt2"))

_OTHERS: tuple[Any, ...] = (
    *(None, 0, 1, 2, -1, 7, 2**31, 2**70, 1.5, 1e400, "", "x", "relu", True, [], [1, 2], {}, [[[]]]),
    *({"as_int": 3}, {"as_int": 0}, {"as_none": True}, {"as_float": "NaN"}, {"as_ints": [1, 1]}),
    *({"as_int": 2**70}, {"as_sym_int": {"as_name": "s0"}}, {"as_graph": {"name": "g", "graph": {}}}),
    *(
        {"as_expr": {"expr_str": text}}
        for text in (
            *("Symbol('s0')", "Mul(Symbol('s0'), Integer(9))", "FloorDiv(Integer(1), Integer(0))"),
            *(
                "Integer(9**9**9)",
                "Add()",
                "Min(Integer(-5))",
                "(" * 300,
                "Add(" * 90 + "Integer(1)" + ")" * 90,
            ),
        )
    ),
)


def program(path: Path) -> dict[str, Any]:
    """The JSON of an export."""
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return json.loads(archive.read(name))


def saved(found: dict[str, Any] | bytes, path: Path, entry: str = "model/models/model.json") -> Path:
    """An export with that JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, found if isinstance(found, bytes) else json.dumps(found))
    return path


def damage(found: dict[str, Any], random: Random) -> None:
    """Changes one value somewhere in a graph, or takes one from elsewhere."""
    holder, key = _somewhere(found["graph_module"], random)
    match random.randrange(4):
        case 0:
            other, there = _somewhere(found["graph_module"], random)
            holder[key] = deepcopy(other[there])
        case 1:
            graph = found["graph_module"].get("graph")
            nodes = _nodes(cast("dict[str, Any]", graph)) if isinstance(graph, dict) else []
            for node in nodes[:: random.randrange(1, 9)]:
                node["target"] = random.choice(nodes)["target"]
        case 2 if isinstance(holder, dict):
            del holder[key]
        case _:
            holder[key] = deepcopy(random.choice(_OTHERS))


def _nodes(graph: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that still are nodes."""
    nodes = cast("list[Any]", graph["nodes"] if isinstance(graph.get("nodes"), list) else [])
    return [node for node in nodes if isinstance(node, dict) and "target" in node]


def _somewhere(found: dict[str, Any], random: Random) -> tuple[Any, Any]:
    """A value: what it stands in, and where."""
    here: Any = found
    while True:
        keys: list[Any] = [*(range(len(cast("list[Any]", here))) if isinstance(here, list) else here)]
        key = random.choice(keys)
        inner = cast("Any", here[key])
        if not isinstance(inner, dict | list) or not inner or random.random() < 0.05:
            return cast("Any", here), key
        here = cast("Any", inner)


def torn(path: Path, random: Random) -> None:
    """Changes bytes of an archive, or cuts it off."""
    data = bytearray(path.read_bytes())
    for _ in range(random.choice((1, 2, 8))):
        data[random.randrange(len(data))] = random.randrange(256)
    path.write_bytes(data[: random.choice((None, None, random.randrange(len(data))))])


def trial(random: Random, folder: Path) -> str:
    """One export with some damage: what became of it.

    Raises:
        Exception: anything but a refusal in words.
    """
    source = random.choice(SMALL)
    found = program(source)
    for _ in range(random.randint(1, 3)):
        damage(found, random)
    path = saved(found, folder / f"{source.stem}.pt2")
    if random.random() < 0.1:
        torn(path, random)
    try:
        imported(path, flat=random.random() < 0.9)
    except ModelFileError:
        return "refused"
    return "imported"


def main() -> int:
    """As many as are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    ends: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for i in range(given.count):
            try:
                ends[trial(Random(f"{given.seed} {i}"), Path(folder))] += 1
            except Exception:  # noqa: BLE001 - whatever it is, it is told
                ends["failed"] += 1
                sys.stdout.write(f"seed {given.seed} {i}\n{traceback.format_exc(limit=-4)}\n")
    sys.stdout.write(", ".join(f"{count:,} {end}" for end, count in ends.items()) + "\n")
    return int(ends["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
