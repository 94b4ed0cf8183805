"""The kinds of `archcost/layers/patches.py` by example. The numbers were worked out by hand."""

from __future__ import annotations

from archcost.layers.base import Operations
from tests.layers.case import Case
from tests.layers.definitions import Slide, patches, patches_put_back
from tests.layers.late import F

CASES = [
    Case(
        sentence="a vision transformer's patches of 16x16 pixels, without overlap",
        kind="unfold",
        fields={"kernel_size": 16, "stride": 16},
        inputs=((3, 64, 48),),
        output=(768, 12),
        value=patches((16, 16), (4, 3), Slide(16)),
        torch=lambda x: F.unfold(x, 16, stride=16),
    ),
    Case(
        sentence="windows of three overlap, with zeros around the map",
        kind="unfold",
        fields={"kernel_size": 3, "padding": 1},
        inputs=((2, 5, 4),),
        output=(18, 20),
        value=patches((3, 3), (5, 4), Slide(before=1)),
        torch=lambda x: F.unfold(x, 3, padding=1),
    ),
    Case(
        sentence="every other sample of a sequence, in threes that begin two apart",
        kind="unfold",
        fields={"kernel_size": 3, "stride": 2, "dilation": 2},
        inputs=((4, 11),),
        output=(12, 4),
        value=patches((3,), (4,), Slide(2, 2)),
        torch=lambda x: F.unfold(x[:, :, None], (1, 3), (1, 2), 0, (1, 2)),
    ),
    Case(
        sentence="cubes of a volume",
        kind="unfold",
        fields={"kernel_size": 2, "stride": (1, 2, 2)},
        inputs=((2, 3, 4, 4),),
        output=(16, 8),
        value=patches((2, 2, 2), (2, 2, 2), Slide((1, 2, 2))),
    ),
    Case(
        sentence="patches without overlap become the image again",
        kind="fold",
        fields={"output_size": (64, 48), "kernel_size": 16, "stride": 16},
        inputs=((768, 12),),
        output=(3, 64, 48),
        value=patches_put_back((16, 16), (4, 3), Slide(16)),
        torch=lambda x: F.fold(x, (64, 48), 16, stride=16),
    ),
    Case(
        sentence="what overlaps is added: of 2 * 20 windows of nine, 2 * 7 * 6 values come first",
        kind="fold",
        fields={"output_size": (5, 4), "kernel_size": 3, "padding": 1},
        inputs=((18, 20),),
        output=(2, 5, 4),
        value=patches_put_back((3, 3), (5, 4), Slide(before=1)),
        torch=lambda x: F.fold(x, (5, 4), 3, padding=1),
        ops=Operations(additions=2 * 20 * 9 - 2 * 7 * 6),
    ),
    Case(
        sentence="frames of a signal, half of each over the next: Conv-TasNet's way back",
        kind="fold",
        fields={"output_size": (41,), "kernel_size": 16, "stride": 8},
        inputs=((16, 4),),
        output=(1, 41),
        value=patches_put_back((16,), (4,), Slide(8)),
        torch=lambda x: F.fold(x, (1, 41), (1, 16), stride=(1, 8)).squeeze(2),
        ops=Operations(additions=16 * 4 - 40),
    ),
]
