"""Every network of the zoo is run: shapes, params, counts and fields are what was predicted.

They are scaled down: a small input where the network takes one, and an eighth of the channels,
or as few as its layers fit together with. Shapes, counts and fields follow the same rules at any width.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.errors import SpecError
from archcost.execute.scaling import scaled
from archcost.execute.verification import verify
from archcost.limits import DEFAULT
from archcost.spec.zoo import zoo

if TYPE_CHECKING:
    from archcost.network import Network

SIZES = {1: (64, 256, 1200), 2: (33, 48, 64, 96, 192), 3: (33, 64)}
"""Positions along the axes to try, smallest first, by rank; of a volume's frames there are 16."""

EIGHTH = Fraction(1, 8)

LARGE = {
    "context_network": Fraction(1, 32),
    "context_network_basic": Fraction(1, 32),
    "i3d": Fraction(1, 32),
    "i3d_flow": Fraction(1, 32),
    "llama_2_7b": Fraction(1, 64),
}
"""What takes no small input, or has many layers of many channels, takes fewer channels."""

SMALL: dict[str, dict[str, int]] = {
    "bert_": {"length": 24, "vocabulary": 99},
    "clip_": {"size": 64, "length": 9, "vocabulary": 99},
    "ddpm_": {"width": 32},
    "gpt2": {"length": 24, "vocabulary": 99},
    "hifi_gan_": {"spectra": 6},
    "llama_": {"length": 24, "vocabulary": 99},
    "mamba_": {"length": 24, "vocabulary": 99},
    "nnunet_resenc_2d": {"size": 64},
    "nnunet_": {"size": 32},
    "tinyllama_": {"length": 24, "vocabulary": 99},
    "whisper_": {"spectra": 50, "length": 9, "vocabulary": 99},
}
"""Networks whose input is small by variables of theirs, by how their names begin."""


def with_small_input(name: str) -> Network:
    for beginning, settings in SMALL.items():
        if name.startswith(beginning):
            return archcost.load(f"zoo:{name}", set=settings)
    own = archcost.load(f"zoo:{name}")
    channels, *axes = own.inputs[0].output
    for size in SIZES.get(len(axes), ()):
        frames = [16] * (len(axes) - 2)
        if size < max(axes):
            try:
                return archcost.load(
                    f"zoo:{name}", input=(channels, *frames, *(size for _ in axes[len(frames) :]))
                )
            except SpecError:
                continue
    return own


def small(name: str) -> Network:
    return scaled(with_small_input(name), LARGE.get(name, EIGHTH))


@pytest.mark.parametrize("name", [entry.name for entry in zoo(DEFAULT)])
def test_what_is_measured_is_what_was_predicted(name: str) -> None:
    found = verify(small(name), samples=1)
    assert [(proof.node.path, *proof.differences()) for proof in found.proofs if [*proof.differences()]] == []
