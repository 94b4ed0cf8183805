"""Specs made to break receptive fields: huge numbers, many phases, many branches, long and wide graphs.

Each must be answered at once, exactly or by an upper bound that holds. What is true is computed here, from
the numbers of the spec alone.
"""

from __future__ import annotations

import cProfile
import pstats
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import pytest

from archcost.analysis.facts import Facts
from archcost.findings import findings
from archcost.passes.access import AccessCache
from archcost.passes.receptive_field import Field, receptive_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcost.network import Network
    from archcost.windows.window import Window

BILLION = 10**9
PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101]


def conv(**fields: object) -> str:
    return "- conv: {" + "".join(f"{name}: {value}, " for name, value in fields.items()) + "out_channels: 1}"


def last_field(net: Network) -> Field:
    """The field of the last node, after all rules had a look at it."""
    accesses = AccessCache()
    fields = receptive_fields(net, accesses)
    findings(Facts.of(net))
    (field,) = fields[-1].values()
    return field


# -- huge numbers -----------------------------------------------------------------------------------------

CHAINS = {
    "a stride of a billion": [(3, BILLION, 1)],
    "a stride of half the largest size": [(1, 2**39, 1)],
    "39 halvings": [(2, 2, 1)] * 39,
    "39 halvings that overlap": [(3, 2, 1)] * 39,
    "a kernel of a billion": [(BILLION, 1, 1)],
    "a kernel of a billion that steps as far": [(BILLION, BILLION, 1)],
    "kernels of a million one after another": [(10**6, 1, 1)] * 50,
    "kernels and strides that are coprime": [(100_003, 7, 1), (99_991, 11, 1), (10_007, 13, 1)],
    "a dilation of a billion": [(3, 1, BILLION)],
    "a kernel and a dilation of a million": [(10**6, 1, 10**6)],
    "dilations that grow to 2^37": [(3, 1, 2**i) for i in range(38)],
    "dilations that shrink from 2^37": [(3, 1, 2 ** (37 - i)) for i in range(38)],
    "coprime dilations of about a million": [(3, 1, 10**6 + i) for i in (0, 1, 3, 7, 9)],
    "dilated and strided by turns": [(3, 2, 10**5), (5, 3, 10**6)] * 3,
}
"""(kernel size, stride, dilation) of every layer."""


@pytest.mark.parametrize("layers", CHAINS.values(), ids=CHAINS)
def test_numbers_of_any_size_go_by_the_closed_form(
    network: Callable[..., Network], layers: Sequence[tuple[int, int, int]]
) -> None:
    size = stride = 1
    for kernel, step, dilation in layers:
        size += (kernel - 1) * dilation * stride
        stride *= step
    written = "\n".join(conv(kernel_size=k, stride=s, dilation=d) for k, s, d in layers)
    field = last_field(network(written, x=f"[1, {max(size, 1024)}]"))
    assert (field.size, field.stride) == ((size,), (Fraction(stride),))
    assert 0 <= field.holes < size
    # Without dilation, and steps no larger than what is read, nothing is missed, and that is known.
    if all(s <= k and d == 1 for k, s, d in layers):
        assert (field.holes, field.upper_bound) == (0, False)


@pytest.mark.parametrize("kernel", [1, 2, 3, 1000])
@pytest.mark.parametrize("dilation", [2, 1000, 10**5, 10**7])
def test_holes_are_counted_or_bounded(network: Callable[..., Network], kernel: int, dilation: int) -> None:
    size = (kernel - 1) * dilation + 1
    field = last_field(network(conv(kernel_size=kernel, dilation=dilation), x=f"[1, {size}]"))
    assert field.size == (size,)
    assert field.holes == (0 if field.upper_bound else size - kernel)
    assert not field.upper_bound or size > 2**16, "sets this small are followed"


def test_padding_and_dilation_near_the_largest_size(network: Callable[..., Network]) -> None:
    field = last_field(network(conv(kernel_size=3, padding=2**38, dilation=2**38), x="[1, 64]"))
    assert field.size == (2**39 + 1,)


def test_all_positions_of_the_largest_map_are_a_field(network: Callable[..., Network]) -> None:
    field = last_field(network("- global_avg_pool", x=f"[1, {2**40}]"))
    assert (field.size, field.holes, field.is_global, field.upper_bound) == ((2**40,), 0, True, False)


@pytest.mark.parametrize("length", [2**10, 2**20, 2**40])
def test_a_stride_before_a_global_pool_leaves_holes_or_a_bound(
    network: Callable[..., Network], length: int
) -> None:
    layers = conv(kernel_size=1, stride=2) + "\n- global_avg_pool"
    field = last_field(network(layers, x=f"[1, {length}]"))
    assert field.size == (length,)
    assert field.upper_bound is (length > 2**16), "sets this small are followed"
    assert field.holes <= length // 2 if field.upper_bound else field.holes == length // 2


# -- many phases ------------------------------------------------------------------------------------------


def read(window: Window, u: int) -> list[int]:
    """What output u of a window reads, tap by tap."""
    stretch = window.stretch[0] if window.stretch else 1
    start = u * window.stride[0] - window.padding[0][0]
    skipped = window.skipped[0] if window.skipped else ()
    places = (start + window.dilation[0] * tap for tap in range(window.kernel[0]) if tap not in skipped)
    return [place // stretch for place in places if place % stretch == 0]


def widest(net: Network, outputs: Iterable[int]) -> int:
    """The largest field among some outputs of the last layer of a chain, from the first tap to the last."""
    windows = [node.layer.window_of(0, node.shapes) for node in net]
    found = 0
    for u in outputs:
        low = high = u
        for window in reversed(windows):
            assert window
            ends = read(window, low), read(window, high)
            if not all(ends):
                break
            low, high = ends[0][0], ends[1][-1]
        else:
            found = max(found, high - low + 1)
    return found


UPSAMPLED = {
    "nearest": "upsample: {scale_factor: $f}",
    "linear": "upsample: {scale_factor: $f, mode: linear}",
    "transposed": "conv_transpose: {out_channels: 1, kernel_size: $(2 * f - 1), stride: $f}",
    "transposed and dilated": "conv_transpose: {out_channels: 1, kernel_size: 9, stride: $f, dilation: 2}",
}


@pytest.mark.parametrize("factors", [PRIMES[:2], PRIMES[:4], PRIMES[:9], [61, 67], [64, 2, 3]], ids=str)
@pytest.mark.parametrize("layer", UPSAMPLED.values(), ids=UPSAMPLED)
def test_coprime_factors_in_a_row_stay_exact_or_are_bounded(
    network: Callable[..., Network], factors: Sequence[int], layer: str
) -> None:
    body = f"  body:\n    - {layer}\n    {conv(kernel_size=3, padding=1)}"
    net = network(f"- repeat: {{f: {factors}}}\n{body}", x="[1, 16]")
    field = last_field(net)
    length = net.nodes[-1].output[1]
    period = prod(factors)
    outputs = range(length // 2, length // 2 + min(period, 500))
    if field.upper_bound:
        assert field.size[0] >= widest(net, outputs)
        assert period > 32, "so few phases are followed"
    else:
        assert field.size[0] == widest(net, outputs)


@pytest.mark.parametrize(
    ("length", "size"), [(1_000_003, 999_983), (1013, 1009), (63, 64), (64, 63), (7, 2**40), (2**40, 3)]
)
def test_adaptive_pools_whose_sizes_do_not_divide(
    network: Callable[..., Network], length: int, size: int
) -> None:
    field = last_field(network(f"- adaptive_avg_pool: {{output_size: {size}}}", x=f"[1, {length}]"))
    bins = {u % size for u in (*range(2000), *range(size // 2, size // 2 + 2000))}
    largest = max(-(-(u + 1) * length // size) - u * length // size for u in bins)
    assert field.stride == (Fraction(length, size),)
    assert field.size[0] >= largest if field.upper_bound else field.size[0] == largest


BEYOND = {
    "an adaptive pool": "- adaptive_avg_pool: {output_size: 333}",
    "nearest": "- upsample: {size: 333}",
    "linear": "- upsample: {size: 333, mode: linear}",
    "transposed, where most outputs read one input": (
        "- conv_transpose: {out_channels: 1, kernel_size: 70, stride: 65, padding: 30}"
    ),
    "upsampled by 67": "- upsample: {scale_factor: 67}",
}


@pytest.mark.parametrize("layers", [0, 1, 4])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("first", BEYOND.values(), ids=BEYOND)
def test_what_follows_too_many_phases_stays_within_its_bound(
    network: Callable[..., Network], first: str, stride: int, layers: int
) -> None:
    net = network("\n".join([first, *[conv(kernel_size=3, stride=stride)] * layers]), x="[1, 1000]")
    field, true = last_field(net), widest(net, range(min(net.nodes[-1].output[1], 800)))
    assert field.upper_bound
    assert field.size[0] >= true


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize(("length", "size"), [(3, 2**40), (2**40, 3), (2**40 - 1, 2**40), (9973, 10007)])
def test_resizes_between_sizes_that_share_no_factor(
    network: Callable[..., Network], mode: str, length: int, size: int
) -> None:
    field = last_field(network(f"- upsample: {{size: {size}, mode: {mode}}}", x=f"[1, {length}]"))
    true = 2 if mode == "linear" else 1
    assert true <= field.size[0] <= true + field.upper_bound
    assert field.stride == (Fraction(length, size),)


# -- many branches ----------------------------------------------------------------------------------------


def side_by_side(branches: Iterable[str]) -> str:
    listed = "".join(f"    b{i}: [{branch}]\n" for i, branch in enumerate(branches))
    return f"- branches:\n{listed}  merge: add"


def dilated(rate: int) -> str:
    return f"{{conv: {{out_channels: 1, kernel_size: 3, dilation: {rate}, padding: same}}}}"


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("branches", [2, 7, 26])
def test_branches_with_coprime_dilations_are_counted(
    network: Callable[..., Network], branches: int, rank: int
) -> None:
    rates = PRIMES[:branches]
    field = last_field(network(side_by_side(map(dilated, rates)), x=str([1, *[64] * rank])))
    read_ones = {position for r in rates for position in product((-r, 0, r), repeat=rank)}
    assert field.size == (2 * rates[-1] + 1,) * rank
    assert (field.holes, field.upper_bound) == ((2 * rates[-1] + 1) ** rank - len(read_ones), False)


def test_a_staircase_of_boxes_is_counted(network: Callable[..., Network]) -> None:
    steps = [(2 * i + 1, 2 * (26 - i) + 1) for i in range(26)]
    layers = (f"{{conv: {{out_channels: 1, kernel_size: {list(k)}, padding: same}}}}" for k in steps)
    field = last_field(network(side_by_side(layers), x="[1, 64, 64]"))
    covered = sum(max((w for h, w in steps if h > 2 * abs(y)), default=0) for y in range(-25, 26))
    assert (field.size, field.upper_bound) == ((51, 53), False)
    assert field.holes == 51 * 53 - covered


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize(("levels", "branches"), [(5, 6), (30, 5), (2, 26)])
def test_nested_branches_stay_within_their_hull(
    network: Callable[..., Network], levels: int, branches: int, rank: int
) -> None:
    rates = [[1 + (i * i + level) % 97 for i in range(branches)] for level in range(levels)]
    layers = "\n".join(side_by_side(map(dilated, row)) for row in rates)
    field = last_field(network(layers, x=str([1, *[64] * rank])))
    assert field.size == (1 + 2 * sum(map(max, rates)),) * rank
    assert not (field.upper_bound and field.holes)


# -- long and wide graphs ---------------------------------------------------------------------------------

SKIPS = """
- {{name: start, conv: {{out_channels: 1, kernel_size: 3, padding: 1}}}}
{}"""


def chain_with_skips(count: int, layer: str) -> str:
    """A layer, over and over, to each of which the start is added."""
    return SKIPS.format(
        "\n".join(
            f"- {{name: c{i}, {layer}}}\n- {{name: a{i}, add, from: [c{i}, start]}}" for i in range(count)
        )
    )


def repeated(count: int, *body: str) -> str:
    return f"- repeat: {count}\n  body:\n" + "\n".join(f"    {line}" for line in body)


def sliced(count: int, *_: str) -> str:
    pieces = "\n".join(
        f"- {{name: x{i}, slice: {{end: 2}}}}\n"
        f"- {{name: y{i}, conv: {{out_channels: 2, kernel_size: 3, padding: 1}}}}\n"
        f"- {{name: z{i}, concat, from: [y{i}, x{i}]}}"
        for i in range(count)
    )
    return "- conv: {out_channels: 4, kernel_size: 3, padding: 1}\n" + pieces


def relu_heads(count: int) -> str:
    """A dilated trunk, and as many layers that read its end."""
    trunk = repeated(count, conv(kernel_size=3, padding=2, dilation=2))
    heads = "\n".join(f"- {{name: h{i}, relu, from: end}}" for i in range(count))
    return f"{trunk}\n- {{name: end, identity}}\n{heads}"


def dilated_heads(count: int) -> str:
    """A dilated trunk, and a dilated convolution behind each of its layers and behind its end."""
    layer = "conv: {out_channels: 1, kernel_size: 3, padding: same, dilation: 2}"
    trunk = "".join(f"- {{name: t{i}, {layer}}}\n" for i in range(count))
    sides = "".join(f"- {{name: h{i}, {layer}, from: t{i}}}\n" for i in range(count))
    return trunk + sides + "".join(f"- {{name: e{i}, {layer}, from: t{count - 1}}}\n" for i in range(count))


def strided_readers(count: int) -> str:
    """As many layers that step over some of the same positions."""
    layer = "conv: {out_channels: 1, kernel_size: 1, stride: 2}"
    return "- {name: t, relu}\n" + "\n".join(f"- {{name: h{i}, {layer}, from: t}}" for i in range(count))


def expected(count: int) -> str:
    """Layers without a kernel to dilate, whose fields are smaller than is expected of each."""
    layer = "- {conv: {out_channels: 1, kernel_size: 1}, expect: {receptive_field: 9}}\n"
    return conv(kernel_size=3) + "\n" + layer * count


SHIFTING = "conv: {out_channels: 1, kernel_size: 2, padding: [[0, 1]]}"
GRAPHS: dict[str, Callable[[int], str]] = {
    "the start is added after every layer": lambda n: chain_with_skips(
        n, "conv: {out_channels: 1, kernel_size: 3, padding: 1}"
    ),
    "the start is added after every dilated layer": lambda n: chain_with_skips(
        n, "conv: {out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}"
    ),
    "the start is added to ever more shifts": lambda n: chain_with_skips(n, SHIFTING),
    "dilated layers": lambda n: repeated(n, conv(kernel_size=3, padding=2, dilation=2)),
    "dilated residual blocks": lambda n: repeated(
        n, "- residual:", f"    {conv(kernel_size=3, padding=2, dilation=2)}"
    ),
    "dense blocks": lambda n: (
        f"- repeat: {n}\n  dense: concat\n  body:\n    {conv(kernel_size=3, padding=1)}"
    ),
    "slices and concats": sliced,
    "heads behind a dilated trunk": relu_heads,
    "dilated heads behind a dilated trunk": dilated_heads,
    "strided readers of one tensor": strided_readers,
    "expectations of every layer": expected,
}


def calls(work: Callable[[], object]) -> int:
    """How many function calls some work takes: unlike seconds, the same on every machine."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(vars(pstats.Stats(profile))["total_calls"])


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_twice_as_long_takes_twice_the_work(
    network: Callable[..., Network], graph: Callable[[int], str]
) -> None:
    def work(count: int) -> int:
        net = network(graph(count), x="[1, 64]")
        return calls(lambda: last_field(net))

    work(2)  # whatever happens only once has happened
    small, large = work(150), work(300)
    assert large < 2.2 * small


# -- many channels ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "groups", "rounds"), [(4096, 64, 6), (5000, 50, 6), (48, 3, 2)])
def test_shuffled_channels_are_told_apart_or_bounded(
    network: Callable[..., Network], channels: int, groups: int, rounds: int
) -> None:
    half, parts = channels // 2, channels // 4
    mixing = (
        f"- channel_shuffle: {{groups: {groups}}}\n"
        f"- conv: {{out_channels: {channels}, kernel_size: 3, padding: 1, groups: {parts}}}\n"
    )
    layers = (
        f"- {{name: near, conv: {{out_channels: {half}, kernel_size: 1}}}}\n"
        f"- {{name: far, conv: {{out_channels: {half}, kernel_size: 3, padding: 1, groups: {half}}}}}\n"
        f"- {{concat, from: [near, far]}}\n{mixing * rounds}- slice: {{end: 1}}"
    )
    radius = [0] * half + [1] * half
    for _ in range(rounds):
        share = channels // groups
        radius = [radius[i * share + j] for j in range(share) for i in range(groups)]
        radius = [1 + max(radius[c // 4 * 4 : c // 4 * 4 + 4]) for c in range(channels)]
    field = last_field(network(layers, x="[3, 64]"))
    size = 2 * radius[0] + 1
    assert field.size[0] >= size if field.upper_bound else field.size[0] == size
    assert field.upper_bound <= (channels > 4096), "so few channels are told apart"


# -- work that would grow beyond a limit ------------------------------------------------------------------


def branches_of(kind: str, fields: list[str], *, rest: str = "") -> str:
    lines = "".join(
        f"      b{i}: [{kind}: {{out_channels: 1, {one}}}{rest}]\n" for i, one in enumerate(fields)
    )
    return f"  - merge: add\n    branches:\n{lines}"


FIRST_PRIMES = [p for p in range(2, 200) if all(p % q for q in range(2, p))]


def test_a_bound_over_many_phases_does_not_grow_by_rounding(network: Callable[..., Network]) -> None:
    """67 outputs per input: four layers of 3 read 8 neighbours, which is 2 inputs."""
    layers = "  - upsample: {scale_factor: 67}\n" + "  - conv: {out_channels: 1, kernel_size: 3}\n" * 4
    field = last_field(network(layers, x="[1, 1000]"))
    assert (field.size, field.upper_bound) == ((2,), True)


def test_many_phases_of_many_boxes_are_bounded_by_one_box(network: Callable[..., Network]) -> None:
    fields = [
        f"kernel_size: 3, dilation: [{p}, {q}], padding: same"
        for p, q in zip(FIRST_PRIMES[:32], FIRST_PRIMES[31::-1], strict=True)
    ]
    layers = "  - upsample: {size: [61, 59]}\n" + branches_of("conv", fields)
    field = last_field(network(layers, x="[1, 64, 63]"))
    assert field.upper_bound
    assert min(field.size) >= 2 * 131 * 63 // 61


def test_vectors_of_many_strided_branches_are_bounded_by_one_box(network: Callable[..., Network]) -> None:
    fields = [f"kernel_size: 1, stride: {p}" for p in FIRST_PRIMES[:40]]
    layers = branches_of("conv", fields, rest=", flatten, linear: {out_features: 1}")
    field = last_field(network(layers, x="[1, 200003]"))
    assert (field.size, field.upper_bound, field.coverage) == ((200003,), True, 1)
