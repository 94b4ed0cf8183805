"""What fields say, beside what the outputs of random networks really depend on (see `dependencies`).

To look further than CI does: `python -m tests.passes.test_dependencies FIRST_SEED COUNT`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.passes.receptive_field import receptive_fields
from tests.passes.dependencies import CHOICES, Writer, agree

if TYPE_CHECKING:
    from archcost.passes.receptive_field import Field

BATCH = 50


def check(seed: int, path: Path) -> None:
    """One random network. Every third one has borders."""
    random = Random(seed)  # noqa: S311 - nothing is kept secret
    bordered = seed % 3 == 0
    path.write_text(Writer(random, padding=bordered).spec(random.randint(2, 9)))
    agree(archcost.load(path), far_from_borders=not bordered)


@pytest.mark.parametrize("batch", range(40))
def test_fields_of_random_networks_are_what_their_outputs_depend_on(batch: int, tmp_path: Path) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        check(seed, tmp_path / f"random_{seed}.yaml")


def test_random_networks_have_every_kind_that_moves_or_mixes_positions() -> None:
    kinds, drawn = {kind for kind, *_ in CHOICES}, Counter[str]()
    for seed in range(1000):
        random = Random(seed)  # noqa: S311 - nothing is kept secret
        writer = Writer(random, padding=seed % 3 == 0)
        writer.spec(random.randint(2, 9))
        drawn.update(kind for kind in kinds for line in writer.lines if f", {kind}: {{" in line)
    assert [kind for kind in kinds if drawn[kind] < 10] == []


# -- cases worked out by hand -----------------------------------------------------------------------------

CASES = {
    "maps of different steps drift apart: the last output reads 49 and 99": (
        "[1, 100]",
        """
        - branches:
            a: []
            b: [{slice: {end: 50, axis: 1}}, {upsample: {size: 100}}]
          merge: add
        """,
        ("exact", (51,), 49),
    ),
    "a residual around a convolution that is resized to fit: nine positions everywhere": (
        "[1, 100]",
        """
        - residual: [{conv: {out_channels: 1, kernel_size: 9}}, {upsample: {size: 100}}]
        """,
        ("exact", (9,), 0),
    ),
    "a map beside its transpose: output (i, j) reads (i, j) and (j, i)": (
        "[4, 8, 8]",
        """
        - {name: t, transpose: {axes: [0, 2, 1]}}
        - {add, from: [input, t]}
        """,
        ("exact", (8, 8), 62),
    ),
    "a softmax along the width reads a row": ("[1, 7, 5]", "- softmax: {axis: 2}", ("exact", (1, 5), 0)),
    "a norm along the height reads a column": ("[1, 7, 5]", "- layer_norm: {axis: 1}", ("exact", (7, 1), 0)),
    "an entry of a product of tokens reads two of five positions": (
        "[4, 5]",
        "- {matmul: {transpose_a: true}, from: [input, input]}",
        ("exact", (5,), 3),
    ),
    "what reads everything, side by side, reads everything": (
        "[2, 6, 5]",
        """
        - {name: a, global_avg_pool: }
        - {name: b, from: input, reduce: {function: max, axis: [1, 2], keepdim: true}}
        - {concat: {axis: 1}, from: [a, b]}
        - conv: {out_channels: 1, kernel_size: 1}
        """,
        ("exact", (6, 5), 0),
    ),
    "and where channels are picked, too": (
        "[2, 6, 5]",
        """
        - {name: a, global_avg_pool: }
        - {name: b, from: input, global_max_pool: }
        - {concat: {axis: 2}, from: [a, b]}
        - slice: {end: 1}
        """,
        ("exact", (6, 5), 0),
    ),
    "side by side with something else it reads at most that": (
        "[2, 6, 5]",
        """
        - {name: a, global_avg_pool: }
        - {name: b, from: input, slice: {axis: 1, end: 1}}
        - {name: c, slice: {axis: 2, end: 1}}
        - {concat: {axis: 1}, from: [a, c]}
        """,
        ("at_most", (6, 5), 0),
    ),
    "one row of a map that was a vector for a while": (
        "[1, 8, 8]",
        """
        - reshape: {shape: [-1]}
        - slice: {end: 8}
        - reshape: {shape: [1, 8]}
        """,
        ("exact", (1, 1), 0),
    ),
    "one position, as wide as its window, stays that wide when it is normalised": (
        "[3, 5]",
        """
        - conv: {out_channels: 2, kernel_size: 11, padding: 3}
        - layer_norm: {axis: [0, 1]}
        """,
        ("exact", (11,), 0),
    ),
    "three neighbours of seven bins over eight positions: no output begins at the last two": (
        "[1, 8]",
        """
        - adaptive_avg_pool: {output_size: 7}
        - conv: {out_channels: 1, kernel_size: 3}
        """,
        ("exact", (4,), 0),
    ),
    "with a border, the last output reads bins 5 and 6, and nothing behind them": (
        "[1, 8]",
        """
        - adaptive_avg_pool: {output_size: 7}
        - conv: {out_channels: 1, kernel_size: 3, padding: 1}
        """,
        ("exact", (4,), 0),
    ),
    "beside its input, a window of 2u - 2 and 2u: output 1 reads all, output 2 beyond the border": (
        "[1, 3]",
        """
        - residual: [{conv: {out_channels: 1, kernel_size: 2, stride: 2, dilation: 2, padding: 2}}]
        """,
        ("exact", (3,), 0),
    ),
    "the first of five bins over thirteen positions, cut out": (
        "[1, 13]",
        """
        - adaptive_avg_pool: {output_size: 5}
        - slice: {axis: 1, end: 1}
        """,
        ("exact", (3,), 0),
    ),
    "rows of channels of two inputs' maps become positions: some read one map, some the other": (
        "[2, 4]",
        """
        - branches:
            a: []
            b: [{conv: {out_channels: 2, kernel_size: 3, padding: 1}}]
          merge: concat
          name: both
        - {matmul: {transpose_b: true}, from: [both, both]}
        """,
        ("at_most", (4,), 0),
    ),
    "positions that are channels, twice side by side, and then in rows that do not divide them": (
        "[4, 11]",
        """
        - {name: turned, transpose: {axes: [1, 0]}}
        - {concat, from: [turned, turned]}
        - reshape: {shape: [4, 22]}
        """,
        ("at_most", (11,), 0),
    ),
    "tokens from the numbers of a map, one after the other": (
        "[2, 3, 4]",
        """
        - flatten
        - embedding: {num_embeddings: 9, embedding_dim: 5}
        """,
        ("exact", (1, 1), 0),
    ),
    "windows of four, each output reading all of its own": (
        "[1, 8, 8]",
        """
        - reshape: {shape: [1, 2, 4, 2, 4]}
        - softmax: {axis: 2}
        - softmax: {axis: 4}
        - reshape: {shape: [1, 8, 8]}
        """,
        ("exact", (4, 4), 0),
    ),
    "a norm of three groups of what were positions reads the two of its group": (
        "[2, 6]",
        """
        - transpose: {axes: [1, 0]}
        - group_norm: {num_groups: 3}
        - transpose: {axes: [1, 0]}
        """,
        ("exact", (2,), 0),
    ),
    "no window lies across the seam of two maps, and none beyond their ends": (
        "[1, 8]",
        """
        - {concat: {axis: 1}, from: [input, input]}
        - conv: {out_channels: 1, kernel_size: 2, stride: 3}
        """,
        ("exact", (2,), 0),
    ),
    "one window lies across the seam: 7 and 0": (
        "[1, 8]",
        """
        - {concat: {axis: 1}, from: [input, input]}
        - conv: {out_channels: 1, kernel_size: 3}
        """,
        ("exact", (8,), 5),
    ),
    "two maps as channels, each output reading one position of each": (
        "[1, 3]",
        """
        - {concat: {axis: 1}, from: [input, input]}
        - reshape: {shape: [2, 3]}
        """,
        ("exact", (1,), 0),
    ),
    "three neighbours within windows of four, with a border around each": (
        "[1, 2, 8]",
        """
        - reshape: {shape: [1, 2, 2, 4]}
        - conv: {out_channels: 1, kernel_size: [1, 1, 3], padding: [0, 0, 1]}
        """,
        ("exact", (1, 3), 0),
    ),
    "two pairs of pairs within windows of two, with a border around each": (
        "[1, 2, 8]",
        """
        - conv: {out_channels: 1, kernel_size: [1, 2], stride: [1, 2]}
        - reshape: {shape: [1, 2, 2, 2]}
        - conv: {out_channels: 1, kernel_size: [1, 1, 2], padding: [0, 0, 1]}
        """,
        ("exact", (1, 4), 0),
    ),
    "three of three bins with a border: four positions, but the bin before the first is said to be read": (
        "[1, 2, 8]",
        """
        - adaptive_avg_pool: {output_size: [2, 6]}
        - reshape: {shape: [1, 2, 2, 3]}
        - conv: {out_channels: 1, kernel_size: [1, 1, 3], padding: [0, 0, 1]}
        """,
        ("at_most", (1, 5), 0),
    ),
    "a cubic that keeps the size takes each position alone, of rows put one after the other": (
        "[1, 4, 4]",
        """
        - reshape: {shape: [1, 16, 1]}
        - upsample: {size: [16, 1], mode: bicubic}
        """,
        ("exact", (1, 1), 0),
    ),
    "a cubic to twice the size reads four in a row, of which two may be in the next one": (
        "[1, 4, 4]",
        """
        - reshape: {shape: [1, 16, 1]}
        - upsample: {size: [32, 1], mode: bicubic}
        """,
        ("exact", (2, 4), 4),
    ),
    "a convolution of channels that nobody tells apart reads all of them, and so does each of its own": (
        "[1, 8, 8]",
        """
        - pixel_unshuffle: {downscale_factor: 2}
        - conv: {out_channels: 3, kernel_size: 1}
        - slice: {end: 1}
        """,
        ("exact", (2, 2), 0),
    ),
    "of channels that nobody tells apart, one reads less than all, and its group may do so, too": (
        "[1, 8, 8]",
        """
        - pixel_unshuffle: {downscale_factor: 2}
        - conv: {out_channels: 4, kernel_size: 1, groups: 2}
        - channel_shuffle: {groups: 2}
        - slice: {end: 1}
        """,
        ("at_most", (2, 2), 0),
    ),
    "three of three bins without a border": (
        "[1, 2, 8]",
        """
        - adaptive_avg_pool: {output_size: [2, 6]}
        - reshape: {shape: [1, 2, 2, 3]}
        - conv: {out_channels: 1, kernel_size: [1, 1, 3]}
        """,
        ("exact", (1, 4), 0),
    ),
    "windows of four that are resized read one position each, and are said to read no more than four": (
        "[1, 2, 8]",
        """
        - reshape: {shape: [1, 2, 2, 4]}
        - upsample: {size: [2, 2, 8]}
        """,
        ("at_most", (1, 4), 0),
    ),
    "sixteen in a row of rows of eight: three rows, but for those that begin with one": (
        "[1, 8, 8]",
        """
        - reshape: {shape: [1, 64, 1]}
        - conv: {out_channels: 1, kernel_size: [16, 1]}
        """,
        ("exact", (3, 8), 8),
    ),
    "seventeen in a row are too many to be told apart": (
        "[1, 8, 8]",
        """
        - reshape: {shape: [1, 64, 1]}
        - conv: {out_channels: 1, kernel_size: [17, 1]}
        """,
        ("at_most", (3, 8), 0),
    ),
    "behind a global norm, every second row reads nothing": (
        "[4, 2, 2]",
        """
        - group_norm: {num_groups: 1}
        - conv_transpose: {out_channels: 1, kernel_size: 1, stride: [2, 1]}
        """,
        ("exact", (2, 2), 4),
    ),
    "behind a global norm, every second column reads nothing": (
        "[4, 2, 2]",
        """
        - group_norm: {num_groups: 1}
        - conv_transpose: {out_channels: 1, kernel_size: 1, stride: [1, 2]}
        """,
        ("exact", (2, 2), 4),
    ),
    "moved on by one, a window over the seam reads both ends": (
        "[1, 8]",
        """
        - roll: {shifts: 1, axis: 1}
        - conv: {out_channels: 1, kernel_size: 3}
        """,
        ("exact", (8,), 5),
    ),
    "moved on and back again, all is as it was, but that there is nothing beyond the borders": (
        "[2, 6, 6]",
        """
        - roll: {shifts: [1, -2], axis: [1, 2]}
        - conv: {out_channels: 2, kernel_size: 1}
        - roll: {shifts: [-1, 2], axis: [1, 2]}
        - conv: {out_channels: 2, kernel_size: 3}
        """,
        ("exact", (3, 3), 0),
    ),
    "what a window read, in the other order, and a window at the same place beside it": (
        "[1, 8]",
        """
        - {name: a, conv: {out_channels: 1, kernel_size: 3}}
        - {name: b, from: input, flip: {axis: 1}}
        - {name: c, from: b, conv: {out_channels: 1, kernel_size: 3}}
        - {add, from: [a, c]}
        """,
        ("exact", (8,), 2),
    ),
    "mirrored and back again, all is as it was": (
        "[2, 6, 6]",
        """
        - flip: {axis: [1, 2]}
        - conv: {out_channels: 2, kernel_size: 1}
        - flip: {axis: [1, 2]}
        - conv: {out_channels: 2, kernel_size: 3}
        """,
        ("exact", (3, 3), 0),
    ),
    "Swin's windows of four, moved by two: the last reads two at either end": (
        "[1, 8, 8]",
        """
        - roll: {shifts: -2, axis: [1, 2]}
        - reshape: {shape: [1, 2, 4, 2, 4]}
        - softmax: {axis: 2}
        - softmax: {axis: 4}
        - reshape: {shape: [1, 8, 8]}
        - roll: {shifts: 2, axis: [1, 2]}
        """,
        ("exact", (8, 8), 48),
    ),
    "every second position, of neighbours": (
        "[1, 9]",
        """
        - conv: {out_channels: 1, kernel_size: 2}
        - slice: {axis: 1, start: 1, step: 2}
        - conv: {out_channels: 1, kernel_size: 2}
        """,
        ("exact", (4,), 0),
    ),
    "what is unpooled where the windows fit": (
        "[1, 4]",
        """
        - {name: pooled, max_pool: {kernel_size: 2}}
        - {max_unpool: {kernel_size: 2}, from: [pooled, input]}
        """,
        ("exact", (2,), 0),
    ),
    "what is unpooled, beside a position that the windows leave over, which reads nothing": (
        "[1, 5]",
        """
        - {name: pooled, max_pool: {kernel_size: 2}}
        - {max_unpool: {kernel_size: 2}, from: [pooled, input]}
        """,
        ("at_most", (2,), 0),
    ),
    "windows that are put back side by side, and a position left over": (
        "[2, 3]",
        "- fold: {output_size: 7, kernel_size: 2, stride: 2}",
        ("at_most", (1,), 0),
    ),
    "six by four as eight by three shares no factor, so all is said to be read": (
        "[1, 6, 4]",
        "- reshape: {shape: [1, 8, 3]}",
        ("at_most", (6, 4), 0),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_field_worked_out_by_hand(case: str, tmp_path: Path) -> None:
    given, layers, expected = CASES[case]
    field = last_field(tmp_path, given, layers)["input"]
    assert (field.certainty, field.size, field.holes) == expected


def last_field(path: Path, given: str, layers: str) -> dict[str, Field]:
    file = path / "case.yaml"
    file.write_text(f"archcost: 1\nname: case\ninput: {given}\nlayers:\n{dedent(layers)}")
    network = archcost.load(file)
    if "custom" not in layers:
        agree(network, far_from_borders="padding" not in layers and "transpose: {out" not in layers)
    return receptive_fields(network)[-1]


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_weights_that_are_spread_are_read_by_their_group(groups: int, stride: int, tmp_path: Path) -> None:
    # A channel reads taps at its own place of the second axis alone, so 2 of 6 positions; with a stride an
    # output meets some of them.
    path = tmp_path / "spread.yaml"
    path.write_text(
        "archcost: 1\nname: spread\ninput: {x: [4, 7], y: [4, 6]}\nlayers:\n"
        "  - {name: a, from: x, conv: {out_channels: 4, kernel_size: 2, groups: 2}}\n"
        "  - {name: w, from: y, unflatten: {axis: 1, sizes: [3, 2]}}\n"
        f"  - {{from: [a, w], dynamic_conv_transpose: {{groups: {groups}, stride: {stride}}}}}\n"
        "  - slice: {end: 1}\n"
    )
    network = archcost.load(path)
    agree(network, far_from_borders=False)
    field = receptive_fields(network)[-1]["y"]
    assert (field.certainty, field.size, field.coverage) == ("at_most", (2,), 1)


def test_a_transpose_of_a_second_input_is_read_too(tmp_path: Path) -> None:
    layers = "- {name: t, transpose: {axes: [0, 2, 1]}, from: b}\n- {add, from: [a, t]}\n"
    found = last_field(tmp_path, "{a: [4, 8, 8], b: [4, 8, 8]}", layers)
    assert {name: (field.certainty, field.size) for name, field in found.items()} == {
        "a": ("exact", (1, 1)),
        "b": ("exact", (1, 1)),
    }


def test_behind_a_global_norm_the_gaps_of_a_transposed_convolution_read_nothing(tmp_path: Path) -> None:
    layers = "- group_norm: {num_groups: 1}\n- conv_transpose: {out_channels: 1, kernel_size: 1, stride: 2}\n"
    field = last_field(tmp_path, "[4, 2]", layers)["input"]
    assert (field.is_global, field.size, field.coverage) == (True, (2,), 0), "no position is read by output 1"


def test_a_gap_that_no_output_lies_in_takes_nothing_from_a_global_field(tmp_path: Path) -> None:
    layers = "- global_avg_pool\n- conv_transpose: {out_channels: 8, kernel_size: 1, stride: 2}\n"
    field = last_field(tmp_path, "[8, 8, 8]", layers)["input"]
    assert (field.is_global, field.coverage, field.holes) == (True, 1, 0)


def test_a_position_that_saw_everything_makes_a_field_global_where_it_is_repeated(tmp_path: Path) -> None:
    """A part of the input that is repeated everywhere does not."""
    whole = "- {name: c, conv: {out_channels: 4, kernel_size: 9}}\n- {add, from: [c, input]}\n"
    field = last_field(tmp_path, "[4, 9, 9]", whole)["input"]
    assert (field.is_global, field.certainty, field.size) == (True, "exact", (9, 9))
    part = "- {name: s, slice: {end: 5, axis: 1}}\n- {name: c, conv: {out_channels: 4, kernel_size: 5}}\n"
    field = last_field(tmp_path, "[4, 9]", f"{part}- {{add, from: [c, input]}}\n")["input"]
    assert (field.is_global, field.certainty, field.size, field.holes) == (False, "exact", (9,), 3)


if __name__ == "__main__":
    first, count = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            check(number, Path(folder) / f"random_{number}.yaml")
