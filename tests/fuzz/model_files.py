"""Damaged models of every format but PyTorch's through the importer, as many as there is time for.

    python -m tests.fuzz.model_files --format keras --count 100000 --seed 1

Whatever is damaged is read, or refused with a `ModelFileError`. What ends otherwise, or takes longer than
`LONGEST`, is printed, and its file is kept; the exit code is then 1. Those of PyTorch: `tests.fuzz.exports`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import onnx

from archcost.errors import ModelFileError
from archcost.importing.imported import imported
from tests.importing.onnx import onnx_models as models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LONGEST = 20
"""Seconds that a small file may take."""

DATA = Path(__file__).parents[1] / "data"
SUITES = Path(onnx.__file__).parent / "backend" / "test" / "data"
OTHERS = (
    *("operator_conv", "operator_convtranspose", "operator_maxpool", "operator_addmm", "operator_repeat"),
    *("GLU", "PixelShuffle", "Embedding", "BatchNorm2d_eval", "Softmax"),
)
"""Models of ONNX's suites that are damaged as well, beside those written here."""


# -- what is damaged ----------------------------------------------------------------------------------------


def onnx_seeds() -> list[bytes]:
    """ONNX models: those of the tests, and some of its suites."""
    made = [
        models.small(),
        models.branching(np.array(True)),  # noqa: FBT003 - the condition
        models.calling(),
        *map(models.quantized, ("qdq", "operator", "dynamic")),
    ]
    suites = {name: "operator" if name.startswith("operator") else "converted" for name in OTHERS}
    files = (SUITES / f"pytorch-{suite}" / f"test_{name}" / "model.onnx" for name, suite in suites.items())
    return [*(one.SerializeToString() for one in made), *(file.read_bytes() for file in files)]


def keras_seeds() -> list[bytes]:
    """The JSON of Keras models of a layer or two."""
    layers = json.loads((DATA / "models" / "keras" / "layers.json").read_text())
    return [json.dumps(one["model"]).encode() for one in layers.values()]


def files(folder: str, pattern: str) -> Callable[[], list[bytes]]:
    """Those of a folder of the tests' data."""
    return lambda: [file.read_bytes() for file in sorted((DATA / folder).glob(pattern))]


# -- how ----------------------------------------------------------------------------------------------------


def in_bytes(data: bytes, random: Random) -> bytes:
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


WRONG: tuple[Any, ...] = (
    0,
    -1,
    1,
    2,
    7,
    2**31,
    2**63,
    -(2**70),
    10**40,
    0.5,
    1e308,
    float("nan"),
    True,
    None,
    "",
    "x",
    [],
    {},
    [[1]],
)
"""Values that stand in the place of others."""


def in_values(data: bytes, random: Random) -> bytes:
    """JSON with values that are others, left out, repeated, or in the place of others."""
    root: Any = json.loads(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        places = [*_places(root)]
        home, key = random.choice(places)
        match random.choice(("wrong", "wrong", "less", "again", "swap", "deep")):
            case "wrong":
                home[key] = random.choice(WRONG)
            case "less":
                del home[key]
            case "again" if isinstance(home, list):
                home[key:key] = [home[key]] * random.choice((1, 3, 50))
            case "deep":
                for _ in range(random.choice((3, 100))):
                    home[key] = [home[key]]
            case _:
                other, there = random.choice(places)
                home[key] = (
                    json.loads(json.dumps(other[there])) if there in other or isinstance(other, list) else 3
                )
    return json.dumps(root).encode()


def _places(node: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    several = cast("dict[Any, Any]", node) if isinstance(node, dict) else {}
    if isinstance(node, list):
        several = dict(enumerate(cast("list[Any]", node)))
    for key, value in [*several.items()]:
        yield node, key
        yield from _places(value)


WORDS = (
    "0",
    "-1",
    "1.5",
    "1e999",
    "99999999999",
    ".nan",
    "~",
    "[]",
    "{}",
    "[1, [2]]",
    "*a",
    "&a x",
    "yes",
    "ä",
    "'",
)


def in_lines(data: bytes, random: Random) -> bytes:
    """Text with lines left out, repeated or moved, words that are others, and another indentation."""
    lines = data.decode().split("\n")
    for _ in range(random.choice((1, 1, 2, 4))):
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        match random.choice(("word", "word", "word", "less", "again", "move", "indent", "many")):
            case "word":
                words = [*re.finditer(r"[\w.-]+", lines[at])]
                if words:
                    start, end = random.choice(words).span()
                    lines[at] = lines[at][:start] + random.choice(WORDS) + lines[at][end:]
            case "less":
                lines[at] = ""
            case "again":
                lines[other:other] = [lines[at]]
            case "move":
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = random.choice(("  ", "\t", "- ", "")) + lines[at].lstrip()
            case _:
                lines[at:at] = [lines[at]] * random.choice((10, 300))
    return "\n".join(lines).encode(errors="surrogateescape")


FORMATS: dict[str, tuple[str, Callable[[], list[bytes]], Callable[[bytes, Random], bytes]]] = {
    "onnx": ("net.onnx", onnx_seeds, in_bytes),
    "tflite": ("net.tflite", files("models/tflite", "*.tflite"), in_bytes),
    "keras": ("net.json", keras_seeds, in_values),
    "nnunet": ("plans.json", files("nnunet", "*Plans.json"), in_values),
    "darknet": ("net.cfg", files("darknet", "*.cfg"), in_lines),
    "ultralytics": ("yolov8.yaml", files("ultralytics", "*.yaml"), in_lines),
}
"""Format -> the name of its files, models that are not damaged, and how they are damaged."""


def seeds(format_: str) -> list[bytes]:
    """Models that are not damaged."""
    return FORMATS[format_][1]()


def several(format_: str, seed: int, count: int) -> Iterator[bytes]:
    """So many damaged models, the same ones for the same seed."""
    random, originals = Random(seed), seeds(format_)
    for _ in range(count):
        yield FORMATS[format_][2](random.choice(originals), random)


def prepared(format_: str, folder: Path) -> Path:
    """Where models of a format are written, beside what has to be beside them."""
    if format_ == "nnunet":
        (folder / "dataset.json").write_bytes((DATA / "nnunet" / "dataset.json").read_bytes())
    return folder / FORMATS[format_][0]


def tried(data: bytes, path: Path) -> bool:
    """Whether a model is read; False if it is refused."""
    path.write_bytes(data)
    try:
        imported(path, flat=True, variant="2d" if path.name == "plans.json" else None)
    except ModelFileError:
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Tries so many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=[*FORMATS], default="onnx")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    folder = Path(mkdtemp())
    path = prepared(given.format, folder)
    read = wrong = 0
    for i, data in enumerate(several(given.format, given.seed, given.count)):
        began, why = time.monotonic(), ""
        try:
            read += tried(data, path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
            why = repr(error)
        if time.monotonic() - began > LONGEST:
            why = f"it takes {time.monotonic() - began:.0f} s"
        if why:
            wrong += 1
            kept = folder / f"{given.seed}_{i}_{path.name}"
            path.rename(kept)
            print(f"{kept}: {why}", flush=True)
    print(f"{given.count} tried, {read} read, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
