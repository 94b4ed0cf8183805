"""Lines of imported specs beside those that were written by hand, of models that are in the zoo."""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import yaml
from tabulate import tabulate

import archcost
from archcost.errors import ModelFileError
from archcost.importing.imported import imported
from archcost.passes.cost import costs

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS = Path(__file__).parent.parent / "specs"


def lines(text: str) -> int:
    """Lines that are neither empty nor a comment alone."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def by_hand(spec: Path) -> int:
    """Lines of a spec of the zoo, and of the blocks that it includes."""
    text = spec.read_text(encoding="utf-8")
    included = [spec.parent / name for name in yaml.safe_load(text).get("include", [])]
    return lines(text) + sum(lines(path.read_text(encoding="utf-8")) for path in included)


def in_the_zoo(model: Path) -> Path | None:
    """The spec of the same name, but for `tv_` and `timm_` before it."""
    spec = SPECS / f"{model.stem.removeprefix('tv_').removeprefix('timm_')}.yaml"
    return spec if spec.exists() else None


def rows(folder: Path) -> Iterator[tuple[str, int, int, int, float, float]]:
    """Of each model: lines by hand, imported, and with an item per operation; the ratio; seconds."""
    for model in sorted(folder.glob("*.pt2")):
        spec = in_the_zoo(model)
        if spec is None:
            continue
        start = process_time()
        try:
            found = imported(model)
        except ModelFileError as error:
            print(f"{model.name} is not imported: {error}")
            continue
        seconds = process_time() - start
        theirs = sum(cost.params for cost in costs(archcost.load(spec)))
        if found.parameters != theirs:
            counts = f"{found.parameters:,} parameters, {theirs:,} in {spec.name}"
            print(f"{model.name} is another network: {counts}")
            continue
        hand, flat = by_hand(spec), lines(imported(model, flat=True).text)
        ours = lines(found.text)
        yield model.stem, hand, ours, flat, ours / hand, seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    found = sorted(rows(parser.parse_args().folder), key=lambda row: row[4])
    print(tabulate(found, ["model", "by hand", "imported", "flat", "ratio", "s"], floatfmt=".2f"))
    if found:
        ratios = [row[4] for row in found]
        print(f"{len(found)} models: ratio {median(ratios):.2f} in the median, {max(ratios):.2f} at worst")


if __name__ == "__main__":
    main()
