"""Damaged ONNX models through the importer, as many as there is time for.

    python -m tests.fuzz.onnx_files --count 100000 --seed 1

Whatever is damaged is read, or refused with a `ModelFileError`. What ends otherwise is printed, and its file
is kept; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np
import onnx

from archcost.errors import ModelFileError
from archcost.importing.imported import imported
from tests.importing.onnx import onnx_models as models

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SUITES = Path(onnx.__file__).parent / "backend" / "test" / "data"
OTHERS = (
    *("operator_conv", "operator_convtranspose", "operator_maxpool", "operator_addmm", "operator_repeat"),
    *("GLU", "PixelShuffle", "Embedding", "BatchNorm2d_eval", "Softmax"),
)
"""Models of ONNX's suites that are damaged as well, beside those written here."""


def seeds() -> list[bytes]:
    """Models that are not damaged."""
    made = [
        models.small(),
        models.branching(np.array(True)),  # noqa: FBT003 - the condition
        models.calling(),
        *map(models.quantized, ("qdq", "operator", "dynamic")),
    ]
    suites = {name: "operator" if name.startswith("operator") else "converted" for name in OTHERS}
    files = (SUITES / f"pytorch-{suite}" / f"test_{name}" / "model.onnx" for name, suite in suites.items())
    return [*(one.SerializeToString() for one in made), *(file.read_bytes() for file in files)]


def damaged(data: bytes, random: Random) -> bytes:
    """The bytes with some changed, left out, put in or repeated, or cut off."""
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        if not found:
            break
        at, other = random.randrange(len(found)), random.randrange(len(found))
        match random.choice(("byte", "byte", "byte", "bit", "less", "more", "again", "end")):
            case "byte":
                found[at] = random.randrange(256)
            case "bit":
                found[at] ^= 1 << random.randrange(8)
            case "less":
                del found[at : at + random.randrange(1, 20)]
            case "more":
                found[at:at] = random.randbytes(random.randrange(1, 12))
            case "again":
                found[at:at] = found[other : other + random.randrange(1, 60)]
            case _:
                del found[at + 1 :]
    return bytes(found)


def several(seed: int, count: int) -> Iterator[bytes]:
    """So many damaged models, the same ones for the same seed."""
    random, originals = Random(seed), seeds()
    for _ in range(count):
        yield damaged(random.choice(originals), random)


def tried(data: bytes, path: Path) -> bool:
    """Whether a model is read; False if it is refused."""
    path.write_bytes(data)
    try:
        imported(path, flat=True)
    except ModelFileError:
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Tries so many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    folder = Path(mkdtemp())
    read = wrong = 0
    for i, data in enumerate(several(given.seed, given.count)):
        path = folder / f"{given.seed}_{i}.onnx"
        try:
            read += tried(data, path)
            path.unlink()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
            wrong += 1
            print(f"{path}: {error!r}")
    print(f"{given.count} tried, {read} read, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
