"""Fields where a mask hides positions from attention, beside what outputs really depend on.

That is found by change: another number at one position of the input, and every output that is not the same
depends on it. The share of what is hidden is 0, or 4e-44 where a mask adds -100: less than `SHARE`.
"""

from __future__ import annotations

from math import prod
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcost
from archcost.execute.behind_masks import visible
from archcost.execute.executor import steps
from archcost.execute.kernels import KERNELS
from archcost.execute.tensors import Tensors
from archcost.execute.verification import verify
from archcost.layers.constant import Constant
from archcost.passes.masked import masked
from archcost.passes.receptive_field import receptive_fields
from archcost.windows.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network

SHARE = 1e-30

MEASURED = [28, 56, 112, 168, 196, 224, 224, 224, 224, 224, 224, 224]
"""See `test_windows`: the largest extent of a gradient after each block of Swin-T."""


def test_after_each_block_of_the_zoos_swin_t_the_field_is_what_gradients_measure() -> None:
    network = archcost.load("zoo:swin_tiny_patch4_window7_224")
    last = {
        ".".join(node.path.split(".")[:3]): fields["input"]
        for node, fields in zip(network, receptive_fields(network), strict=True)
        if node.path.endswith("swin_block.add_2")
    }
    assert [field.size for field in last.values()] == [(size, size) for size in MEASURED]
    assert {(field.certainty, field.coverage) for field in last.values()} == {("exact", 1)}


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(2, 4)), min_size=1, max_size=3), st.randoms())
def test_shifted_windows_see_what_their_mask_lets_through(
    axes: list[tuple[int, int]], random: Random
) -> None:
    shift = tuple(random.randint(1, size - 1) for _, size in axes)
    windows, sizes = zip(*axes, strict=True)
    layer = Constant.model_validate(
        {
            "values": "shifted_windows",
            "map_size": tuple(count * size for count, size in axes),
            "window_size": sizes,
            "shift": shift,
        }
    )
    assert (visible(Sight(sizes, windows, shift)) == layer.run(KERNELS)).all()


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_band_sees_what_its_mask_lets_through(length: int, before: int, after: int) -> None:
    layer = Constant.model_validate(
        {"values": "banded", "before": before, "after": after, "shape": (1, length, length)}
    )
    assert (visible(Sight((length,), band=(before, after))) == layer.run(KERNELS)).all()


# -- random ones ------------------------------------------------------------------------------------------


def windows(random: Random) -> str:
    """Two blocks of attention in windows, shifted or not, over a map of two axes."""
    window = random.choice([2, 3, 4])
    height, width = (window * random.randint(1, 3) for _ in range(2))
    more = random.choice([0, 0, 2])
    lines = [f"archcost: 1\nname: net\ninput: [4, {height + more}, {width + more}]\nlayers:"]
    lines.append(f"  - conv: {{out_channels: 4, kernel_size: {1 + more}}}")
    for _ in range(2):
        shift = random.randint(0, window - 1)
        bias = random.choice(["", ", position_bias: true"])
        lines.append(f"  - std/attention: {{heads: 2, window: {window}, shift: {shift}{bias}}}")
    return "\n".join(lines)


def band(random: Random) -> str:
    """Attention to neighbours, once or twice, written as it is: scores, a band, shares, what they weigh."""
    length = random.randint(3, 14)
    lines = [f"archcost: 1\nname: net\ninput: [4, {length}]\nlayers:"]
    for i in range(random.randint(1, 2)):
        before, after = random.randint(0, 3), random.randint(0, 3)
        inside, laid = random.choice(["inside: 0, outside: -1e9", "inside: 1, outside: 0"]), "add"
        mask = f"values: banded, before: {before}, after: {after}, shape: [1, {length}, {length}], {inside}"
        lines += [
            f"  - {{name: x{i}, conv: {{out_channels: 4, kernel_size: 1}}}}",
            f"  - {{name: k{i}, from: x{i}, conv: {{out_channels: 4, kernel_size: 1}}}}",
            f"  - {{name: s{i}, from: [x{i}, k{i}], matmul: {{heads: 2, transpose_a: true}}}}",
            f"  - {{name: m{i}, constant: {{{mask}}}}}",
        ]
        if "-1e9" in inside:
            lines += [f"  - {{{laid}, from: [s{i}, m{i}]}}", f"  - {{name: w{i}, softmax: {{axis: 2}}}}"]
        else:
            lines.append(f"  - {{name: w{i}, multiply, from: [s{i}, m{i}]}}")
        lines.append(f"  - {{from: [w{i}, x{i}], matmul: {{heads: 2, transpose_b: true}}}}")
    return "\n".join(lines)


def layouts(random: Random) -> str:
    """Scores, a mask and other constants that are added in some order, shares, and what is made of them."""
    length = random.randint(5, 9)
    shapes = [f"shape: [{heads}, {length}, {length}]" for heads in (1, 2)]
    rule = random.choice(
        ["causal", *(f"banded, before: {random.randint(0, 2)}, after: {random.randint(0, 2)}" for _ in "ab")]
    )
    outside = random.choice(["-100", "-1000", "-1e9"])
    numbers = [
        "values: 3",
        "values: identity",
        "values: ramp, step: 2",
        f"values: {rule}, inside: 0, outside: {random.choice([20, 1000])}",
        f"values: {rule}, inside: 0, outside: -1000",
        f"values: {rule}, inside: -1000, outside: 0",
        "values: banded, before: 1, after: 3, inside: 0, outside: -1e9",
    ]
    others = [f"constant: {{{number}, {random.choice(shapes)}}}" for number in numbers]
    others.append(f"parameter: {{{random.choice(shapes)}}}")
    added = [f"constant: {{values: {rule}, {shapes[0]}, inside: 0, outside: {outside}}}"]
    added += random.sample(others, random.randint(0, 2))
    random.shuffle(added)
    heads = 1 + any(shapes[1] in constant for constant in added)
    lines = [
        f"archcost: 1\nname: net\ninput: [2, {length}]\nlayers:",
        "  - {name: v, conv: {out_channels: 2, kernel_size: 1}}",
        "  - {name: s, from: [v, v], matmul: {heads: 1, tokens: true, transpose_a: true}}",
    ]
    for i, constant in enumerate(added):
        lines += [f"  - {{name: c{i}, from: [], {constant}}}"]
        lines += [f"  - {{name: s{i}, add, from: [{'s' if i == 0 else f's{i - 1}'}, c{i}]}}"]
    lines += [f"  - {{name: shares, softmax: {{axis: {random.choice([-1, -1, -2])}}}}}"]
    behind = ["{name: w, identity}", "{name: w, layer_scale: {bias: true}}", "{name: w, layer_scale}"]
    lines.append(f"  - {random.choice([*behind, '{name: w, dropout}'])}")
    ends = [
        f"{{from: [w, v], matmul: {{heads: {heads}, transpose_b: true}}}}",
        f"{{from: [v, w], matmul: {{heads: {heads}}}}}",
        "{from: [w, s], einsum: {equation: 'hqk,hqk->hq'}}",
        "{from: [w, s], einsum: {equation: 'hqk,hkq->hq'}}",
        "{from: [s, w], einsum: {equation: 'pqk,hqk->hpq'}}",
        "{from: [w, shares], einsum: {equation: 'hqk,hqk->hq'}}",
        "{from: [w, v], einsum: {equation: 'hqk,ck->hcq'}}",
        "{from: [v, w], einsum: {equation: 'cq,hqk->hck'}}",
        "{from: [w, s], einsum: {equation: 'hqk,pqk->phk'}}",
    ]
    lines.append(f"  - {random.choice(ends)}")
    return "\n".join(lines)


def depends(network: Network) -> dict[str, list[set[tuple[int, ...]]]]:
    """Of every node, per position of its output, the positions of the input that it depends on."""
    tensors = Tensors.of_network(network, 0, "float64")
    # Small numbers, for of large scores a mask of -100 leaves more than nothing.
    given = {name: value / 16 for name, value in tensors.inputs(network).items()}
    (tensor,) = network.inputs
    plain = [step.value for step in steps(network, tensors, given, count=False)]
    found = {node.path: [set[tuple[int, ...]]() for _ in np.ndindex(node.output[1:])] for node in network}
    for position in np.ndindex(tensor.output[1:]):
        changed = given[tensor.path].copy()
        changed[(slice(None), *position)] += 0.05
        run = steps(network, tensors, {tensor.path: changed}, count=False)
        for before, step in zip(plain, run, strict=True):
            differs = (np.abs(before - step.value) > SHARE).any(axis=0).ravel()
            for output in np.flatnonzero(differs):
                found[step.node.path][output].add(position)
    return found


@pytest.mark.parametrize("draw", [windows, band, layouts])
@pytest.mark.parametrize("seed", range(25))
def test_fields_are_what_outputs_depend_on(draw: Callable[[Random], str], seed: int, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(draw(Random(seed)))  # noqa: S311 - nothing is kept secret
    _agree(archcost.load(path))


def _agree(network: Network) -> None:
    """Exact fields are as large as what outputs depend on, and others no smaller."""
    for node, fields, reads in zip(
        network, receptive_fields(network), depends(network).values(), strict=True
    ):
        sizes = [extent(read) for read in reads if read]
        if not sizes:
            continue
        largest = tuple(max(along) for along in zip(*sizes, strict=True))
        field = fields["input"]
        if field.certainty == "exact":
            within = map(min, field.size, network.inputs[0].output[1:])
            assert tuple(within) == largest, node.path
        assert all(a >= b for a, b in zip(field.size, largest, strict=True)), node.path


# -- other layouts ----------------------------------------------------------------------------------------

SCORED = """
- {name: x, conv: {out_channels: 4, kernel_size: 1}}
- {name: k, from: x, conv: {out_channels: 4, kernel_size: 1}}
- {name: v, from: x, conv: {out_channels: 4, kernel_size: 3, padding: 1}}
- {name: s, from: [x, k], matmul: {heads: 2, transpose_a: true}}
- {name: narrow, constant: {values: banded, before: 1, after: 1, shape: [1, 9, 9], inside: 0, outside: -1e9}}
- {name: wide, constant: {values: banded, before: 3, after: 9, shape: [1, 9, 9], inside: 0, outside: -1e9}}
- {name: past, constant: {values: causal, shape: [1, 9, 9], inside: 0, outside: -1e9}}
- {name: keeps, constant: {values: banded, before: 2, after: 1, shape: [1, 9, 9], inside: 1, outside: 0}}
- {name: low, constant: {values: -1e9, shape: [1, 1, 1]}}
"""

WEIGHS = """
- {name: w, softmax: {axis: -1}}
- {from: [w, v], matmul: {heads: 2, transpose_b: true}}
"""

SHARES = "- {add, from: [s, narrow]}\n- {name: w, softmax: {axis: -1}}\n"

OTHERS = {
    "a mask of one score that is repeated": "- {name: row, from: s, slice: {axis: 1, end: 1}}\n"
    "- {name: one, slice: {axis: 2, end: 1}}\n"
    "- {name: itself, constant: {values: banded, before: 0, after: 0, shape: [1, 1, 1], "
    "inside: 0, outside: -1e9}}\n"
    "- {name: a, add, from: [one, itself]}\n- {add, from: [a, s]}" + WEIGHS,
    "shares over rows": "- {add, from: [s, narrow]}\n- {name: w, softmax: {axis: 1}}\n"
    "- {from: [v, w], matmul: {heads: 2}}",
    "sums over rows": "- {add, from: [s, narrow]}\n- {name: w, softmax: {axis: -1}}\n"
    "- {from: [v, w], matmul: {heads: 2}}",
    "a second band": "- {name: a, add, from: [s, wide]}\n- {add, from: [a, narrow]}" + WEIGHS,
    "a causal mask first": "- {name: a, add, from: [s, past]}\n- {add, from: [a, wide]}" + WEIGHS,
    "a causal mask second": "- {name: a, add, from: [s, wide]}\n- {add, from: [a, past]}" + WEIGHS,
    "a sum of masks": "- {name: both, add, from: [past, wide]}\n- {add, from: [s, both]}" + WEIGHS,
    "a mask that is computed": "- {name: hidden, from: keeps, offset: {value: -1}}\n"
    "- {name: m, scale: {factor: 1000}}\n- {add, from: [s, m]}" + WEIGHS,
    "a mask that is multiplied before": "- {multiply, from: [s, keeps]}" + WEIGHS,
    "a mask as weights": "- {from: [keeps, v], matmul: {transpose_b: true}}",
    "shares that are mixed": "- {add, from: [s, narrow]}\n- {softmax: {axis: -1}}\n"
    "- {name: w, conv: {out_channels: 2, kernel_size: 1, bias: false}}\n"
    "- {from: [w, v], matmul: {heads: 2, transpose_b: true}}",
    "shares of shares": "- {add, from: [s, narrow]}\n- {name: w, softmax: {axis: -1}}\n"
    "- {name: i, identity}\n- {name: ww, from: [w, i], matmul}\n"
    "- {from: [ww, v], matmul: {heads: 2, transpose_b: true}}",
    "shares that are logarithms": "- {add, from: [s, narrow]}\n- {log_softmax: {axis: -1}}\n"
    "- {name: w, exp}\n- {from: [w, v], matmul: {heads: 2, transpose_b: true}}",
    "shares that are summed": "- {add, from: [s, narrow]}\n- {softmax: {axis: -1}}\n"
    "- {reduce: {function: sum, axis: 1}}",
    "a mask that chooses": "- {where, from: [keeps, s, low]}\n- {name: w, softmax: {axis: -1}}\n"
    "- {name: scaled, scale: {factor: 2}}\n- {name: dropped, dropout}\n"
    "- {from: [dropped, v], matmul: {heads: 2, transpose_b: true}}",
    "letters": "- {add, from: [s, narrow]}\n- {name: w, softmax: {axis: -1}}\n"
    "- {name: by_head, from: v, reshape: {shape: [2, 2, 9]}}\n"
    "- {from: [by_head, w], einsum: {equation: 'h c j, h i j -> h c i'}}",
    "a bias behind shares": SHARES + "- {layer_scale: {bias: true}, name: b}\n"
    "- {from: [v, b], matmul: {heads: 2, transpose_b: true}}",
    "a scale behind shares": SHARES + "- {layer_scale, name: b}\n"
    "- {from: [v, b], matmul: {heads: 2, transpose_b: true}}",
    "a constant that lifts the mask": "- {name: a, add, from: [s, narrow]}\n"
    "- {name: lift, scale: {factor: -1}, from: narrow}\n- {add, from: [a, lift]}" + WEIGHS,
    "a constant that lifts the scores": "- {name: lift, scale: {factor: -1}, from: narrow}\n"
    "- {name: a, add, from: [s, lift]}\n- {add, from: [a, narrow]}" + WEIGHS,
    "a constant that lifts nothing": "- {name: a, add, from: [s, narrow]}\n"
    "- {name: even, from: [], constant: {values: 7, shape: [2, 9, 9]}}\n- {add, from: [a, even]}" + WEIGHS,
    "a mask that hides what is inside": "- {name: inner, scale: {factor: -1}, from: narrow}\n"
    "- {add, from: [s, inner]}" + WEIGHS,
    "a table of distances": SHARES + "- {name: rel, from: [], parameter: {shape: [2, 17]}}\n"
    "- {name: table, gather: {axis: 1, index: relative_positions, window_size: [9]}}\n"
    "- {from: [w, table], einsum: {equation: 'hqk,cqk->hcq'}}",
    "scores of shares": SHARES + "- {from: [w, s], einsum: {equation: 'hqk,hqk->hq'}}",
    "scores of shares, turned": SHARES + "- {from: [s, w], einsum: {equation: 'hkq,hqk->hq'}}",
    "scores of shares of all heads": SHARES + "- {from: [w, s], einsum: {equation: 'hqk,pqk->hpq'}}",
    "shares of their own": SHARES
    + "- {name: i, identity}\n- {from: [w, i], einsum: {equation: 'hqk,hqk->hq'}}",
}
"""What is made of scores and masks in some way."""

EXACT = {
    "sums over rows",
    "shares over rows",
    "a mask that chooses",
    "letters",
    "a scale behind shares",
    "a constant that lifts nothing",
    "a table of distances",
    "scores of shares",
    "scores of shares, turned",
    "scores of shares of all heads",
}
"""What is followed; of the others the field is a bound."""


def _other(what: str, folder: Path) -> Network:
    lines = f"{SCORED.strip()}\n{OTHERS[what].strip()}"
    path = folder / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [4, 9]\nlayers:\n{lines}\n")
    return archcost.load(path)


@pytest.mark.parametrize("what", OTHERS)
def test_a_run_finds_the_same_of_other_uses(what: str, tmp_path: Path) -> None:
    proofs = verify(_other(what, tmp_path), samples=9).proofs
    assert [found for proof in proofs for found in proof.differences()] == []


@pytest.mark.parametrize("what", OTHERS)
def test_a_mask_that_is_used_in_another_way_makes_a_bound(what: str, tmp_path: Path) -> None:
    network = _other(what, tmp_path)
    assert receptive_fields(network)[-1]["input"].certainty == ("exact" if what in EXACT else "at_most")
    _agree(network)


@pytest.mark.parametrize(
    ("cut", "certainty"),
    [
        ("start: 1", "exact"),
        ("start: -1", "exact"),
        ("end: 2", "at_most"),
        ("step: 2", "exact"),
        ("step: 5", "at_most"),
    ],
)
def test_behind_a_causal_mask_the_field_is_that_of_the_last_position_if_it_is_kept(
    cut: str, certainty: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    lines = f"- std/attention: {{heads: 2, causal: true}}\n- relu\n- slice: {{axis: 1, {cut}}}"
    path.write_text(f"archcost: 1\nname: net\ninput: [4, 9]\nlayers:\n{lines}\n")
    network = archcost.load(path)
    assert receptive_fields(network)[-1]["input"].certainty == certainty
    _agree(network)


@pytest.mark.parametrize(
    ("sizes", "window", "shift"),
    [((12,), (4,), (1,)), ((4, 6), (2, 3), (1, 2)), ((4, 4, 4), (2, 4, 2), (1, 3, 1))],
)
@pytest.mark.parametrize(
    "product", ["from: [w, x], matmul: {heads: 2, transpose_b: true}", "from: [x, w], matmul: {heads: 2}"]
)
def test_windows_of_any_number_of_axes_and_sizes(
    sizes: tuple[int, ...], window: tuple[int, ...], shift: tuple[int, ...], product: str, tmp_path: Path
) -> None:
    names, parts = "yxt"[: len(sizes)], "abd"[: len(sizes)]
    apart = " ".join(f"({outer} {inner})" for outer, inner in zip(names, parts, strict=True))
    pattern = f"c {apart} -> c ({' '.join(names)}) ({' '.join(parts)})"
    split = ", ".join(f"{part}: {n}" for part, n in zip(parts, window, strict=True))
    count = [n // w for n, w in zip(sizes, window, strict=True)]
    within = prod(window)
    mask = f"values: shifted_windows, map_size: {[*sizes]}, window_size: {[*window]}, shift: {[*shift]}"
    path = tmp_path / "net.yaml"
    path.write_text(f"""\
archcost: 1
name: net
input: [4, {", ".join(str(n + 2) for n in sizes)}]
layers:
- conv: {{out_channels: 4, kernel_size: 3}}
- {{name: x, rearrange: {{pattern: '{pattern}', sizes: {{{split}}}}}}}
- {{name: k, conv: {{out_channels: 4, kernel_size: 1}}}}
- {{name: s, from: [x, k], matmul: {{heads: 2, tokens: true, transpose_a: true}}}}
- {{name: m, constant: {{{mask}, inside: 0, outside: -100, shape: [1, {prod(count)}, {within}, {within}]}}}}
- {{add, from: [s, m]}}
- {{name: w, softmax: {{axis: -1}}}}
- {{{product}}}
""")
    network = archcost.load(path)
    assert receptive_fields(network)[-1]["input"].certainty == "exact"
    _agree(network)
    proofs = verify(network, samples=6).proofs
    assert [found for proof in proofs for found in proof.differences()] == []


def extent(positions: set[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(max(along) - min(along) + 1 for along in zip(*positions, strict=True))


@pytest.mark.parametrize("seed", range(100))
def test_what_masks_leave_of_shares_is_no_less_than_a_run_does(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(layouts(Random(seed)))  # noqa: S311 - nothing is kept secret
    network = archcost.load(path)
    tensors = Tensors.of_network(network, 0, "float64")
    small = {name: value / 16 for name, value in tensors.inputs(network).items()}
    values = {step.node.path: step.value for step in steps(network, tensors, small, count=False)}
    left = {node.path: left for node, left in masked(network).items()}
    (scores,) = (node for node in network if node.path == "s")
    if len(network.readers[scores]) == 1:
        assert ("s" in left) == ("shares" in left)
    if shares := left.get("shares"):
        positive = int((np.abs(values["shares"]) > SHARE).sum())
        masks = sum(isinstance(node.layer, Constant) and node.layer.seen is not None for node in network)
        assert shares.seen == positive if masks == 1 else shares.seen >= positive


@pytest.mark.parametrize("draw", [windows, band, layouts])
@pytest.mark.parametrize("seed", range(8))
def test_a_run_finds_the_same(draw: Callable[[Random], str], seed: int, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(draw(Random(seed)))  # noqa: S311 - nothing is kept secret
    proofs = verify(archcost.load(path), samples=6).proofs
    assert [found for proof in proofs for found in proof.differences()] == []
    assert draw is layouts or not all(proof.touched.is_bounded for proof in proofs)
