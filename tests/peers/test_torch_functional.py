"""The executor's kernels against PyTorch's functional operators, on random cases.

Each test calls the operator as PyTorch documents it, with the same fields, padding included: nothing
of archcost prepares what PyTorch gets.
"""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcost.errors import ShapeError
from archcost.execute.kernels import KERNELS
from archcost.execute.torch_counterparts import COUNTERPARTS
from archcost.layers.shape import Pad
from tests.layers import table_activation
from tests.peers.compared import NEEDS_TORCH, Case, Given, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.windows.window import Axes, Border, Shape

torch: Any = pytest.importorskip("torch", reason=NEEDS_TORCH)
torch.set_num_threads(1)  # tests run on all cores already
F: Any = torch.nn.functional

CASES = 300
"""Of each operator."""

random_cases = settings(max_examples=CASES, derandomize=True, database=None)


def per_axis(draw: st.DrawFn, rank: int, low: int, high: int) -> Axes:
    return tuple(draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank)))


def shape(draw: st.DrawFn, least: Axes, channels: int) -> Shape:
    """So many channels, and on every axis a few positions more than must be there."""
    return (channels, *(max(n, 1) + draw(st.integers(0, 7 if len(least) < 3 else 3)) for n in least))


def ranked(name: str, x: Tensor) -> Callable[..., Tensor]:
    return getattr(F, f"{name}{x.dim() - 2}d")


def spans(kernel: Axes, dilation: Axes) -> Axes:
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def composed(case: Case) -> Callable[[Given], Tensor]:
    """What PyTorch has no operator of its own for, as `against_torch` puts it together."""
    return lambda t: COUNTERPARTS[case.kind](torch, case.layer, *t.xs, **t.weights)


# -- convolution ------------------------------------------------------------------------------------------


@st.composite
def convolutions(draw: st.DrawFn, kind: str = "conv") -> Case:
    rank, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, stride, dilation = (
        per_axis(draw, rank, 1, 4),
        per_axis(draw, rank, 1, 3),
        per_axis(draw, rank, 1, 3),
    )
    padding = per_axis(draw, rank, 0, 3)
    fields: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": stride,
        "dilation": dilation,
        "padding": padding,
        "bias": draw(st.booleans()),
    }
    if kind == "depthwise_conv":
        fields["multiplier"] = draw(st.integers(1, 3))
    else:
        fields |= {"groups": groups, "out_channels": groups * draw(st.integers(1, 3))}
    least = [span - 2 * p for span, p in zip(spans(kernel, dilation), padding, strict=True)]
    return Case(kind, fields, (shape(draw, tuple(least), groups * draw(st.integers(1, 3))),))


@random_cases
@given(convolutions())
def test_a_convolution(case: Case) -> None:
    f = case.fields
    case.agrees(
        lambda t: ranked("conv", t.x)(
            t.x, t.weight, t.bias, f["stride"], f["padding"], f["dilation"], f["groups"]
        )
    )


@random_cases
@given(convolutions("depthwise_conv"))
def test_a_depthwise_convolution_has_a_group_for_every_channel(case: Case) -> None:
    f, channels = case.fields, case.shapes[0][0]
    case.agrees(
        lambda t: ranked("conv", t.x)(
            t.x, t.weight, t.bias, f["stride"], f["padding"], f["dilation"], channels
        )
    )


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@random_cases
@given(convolutions(), st.sampled_from(["same", "valid"]))
def test_a_convolution_padded_by_a_word(case: Case, word: str) -> None:
    f, (x,) = case.fields | {"padding": word, "stride": (1,)}, case.shapes
    least = spans(case.fields["kernel_size"], case.fields["dilation"])
    larger = (x[0], *(max(n, span) for n, span in zip(x[1:], least, strict=True)))
    Case("conv", f, (larger,)).agrees(
        lambda t: ranked("conv", t.x)(t.x, t.weight, t.bias, 1, word, f["dilation"], f["groups"])
    )


@random_cases
@given(convolutions(), st.data())
def test_a_convolution_padded_more_at_one_end(case: Case, data: st.DataObject) -> None:
    f = case.fields
    more = [data.draw(st.integers(0, 2)) for _ in case.shapes[0][1:]]
    padding: Axes = f["padding"]
    pairs = tuple((p, p + extra) for p, extra in zip(padding, more, strict=True))
    flat = [n for pair in reversed(pairs) for n in pair]
    Case("conv", f | {"padding": pairs}, case.shapes).agrees(
        lambda t: ranked("conv", t.x)(
            F.pad(t.x, flat), t.weight, t.bias, f["stride"], 0, f["dilation"], f["groups"]
        )
    )


@st.composite
def transposed(draw: st.DrawFn) -> Case:
    case = draw(convolutions())
    f = case.fields
    extra = tuple(
        draw(st.integers(0, max(s, d) - 1)) for s, d in zip(f["stride"], f["dilation"], strict=True)
    )
    steps = zip(spans(f["kernel_size"], f["dilation"]), f["stride"], f["padding"], strict=True)
    least = tuple(-(-max(2 * p + 1 - span, 0) // s) + 1 for span, s, p in steps)
    return Case("conv_transpose", f | {"output_padding": extra}, (shape(draw, least, case.shapes[0][0]),))


@random_cases
@given(transposed())
def test_a_transposed_convolution(case: Case) -> None:
    f = case.fields
    case.agrees(
        lambda t: ranked("conv_transpose", t.x)(
            t.x,
            t.weight,
            t.bias,
            f["stride"],
            f["padding"],
            f["output_padding"],
            f["groups"],
            f["dilation"],
        )
    )


@st.composite
def deformable(draw: st.DrawFn) -> Case:
    case = draw(convolutions().filter(lambda case: len(case.shapes[0]) == 3))
    f = case.fields
    x = case.shapes[0]
    groups = draw(st.sampled_from([n for n in (1, 2, 3) if x[0] % n == 0]))
    kernels = zip(x[1:], f["padding"], spans(f["kernel_size"], f["dilation"]), f["stride"], strict=True)
    positions = tuple((n + 2 * p - span) // s + 1 for n, p, span, s in kernels)
    taps = groups * reduce(int.__mul__, f["kernel_size"])
    offsets, mask = (2 * taps, *positions), (taps, *positions)
    shapes = (x, offsets, mask) if draw(st.booleans()) else (x, offsets)
    return Case("deform_conv", f | {"deform_groups": groups}, shapes)


@random_cases
@given(deformable())
def test_a_deformable_convolution_reads_as_grid_sample_does(case: Case) -> None:
    case.agrees(composed(case))


@st.composite
def paddings(draw: st.DrawFn, rank: int, words: tuple[str, ...]) -> str | tuple[Axes, ...]:
    """A word, or another number before than after."""
    pairs = [per_axis(draw, 2, 0, 2) for _ in range(rank)]
    return draw(st.sampled_from([*words, tuple(pairs)]))


@random_cases
@given(convolutions(), st.data())
def test_convolutions_with_padding_that_pytorch_lacks(case: Case, data: st.DataObject) -> None:
    x = tuple(n + 6 for n in case.shapes[0])
    words = ("same", "same_lower", *(["causal"] if len(x) == 2 else []))
    f = case.fields | {"padding": data.draw(paddings(len(x) - 1, words)), "groups": 1}
    conv = Case("conv", f, (x,))
    conv.agrees(composed(conv))


@random_cases
@given(transposed(), st.data())
def test_transposed_convolutions_with_cropping_that_pytorch_lacks(case: Case, data: st.DataObject) -> None:
    (x,) = case.shapes
    padding = data.draw(paddings(len(x) - 1, ("same", "same_lower")))
    f = case.fields | {"padding": padding, "output_padding": 0}
    spread = Case("conv_transpose", f, ((x[0], *(n + 3 for n in x[1:])),))
    spread.agrees(composed(spread))


@random_cases
@given(st.data())
def test_a_convolution_with_a_table_of_connections(data: st.DataObject) -> None:
    rows = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True).map(tuple)
    table = data.draw(st.lists(rows, min_size=1, max_size=5).map(tuple))
    x = shape_of(data, 3)
    conv = Case("conv", {"kernel_size": 3, "out_channels": len(table), "connections": table}, ((4, *x),))
    conv.agrees(composed(conv))


def shape_of(data: st.DataObject, least: int) -> Axes:
    return tuple(data.draw(st.lists(st.integers(least, least + 3), min_size=1, max_size=3)))


# -- pooling ----------------------------------------------------------------------------------------------


@st.composite
def pools(draw: st.DrawFn, kind: str) -> Case:
    rank = draw(st.integers(1, 3))
    kernel = per_axis(draw, rank, 1, 4)
    dilation = per_axis(draw, rank, 1, 3) if kind == "max_pool" else (1,) * rank
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    fields: dict[str, Any] = {
        "kernel_size": kernel,
        "padding": padding,
        "ceil_mode": draw(st.booleans()),
    }
    if draw(st.booleans()):
        fields["stride"] = per_axis(draw, rank, 1, 4)
    if kind == "max_pool":
        fields["dilation"] = dilation
    else:
        fields["count_include_pad"] = draw(st.booleans())
    room = (
        padding if kind == "max_pool" or rank < 3 else (0, 0, 0)
    )  # avg_pool3d wants the kernel to fit unpadded
    least = tuple(span - 2 * p for span, p in zip(spans(kernel, dilation), room, strict=True))
    return Case(kind, fields, (shape(draw, least, 2),))


@random_cases
@given(pools("max_pool"))
def test_a_max_pool(case: Case) -> None:
    f = case.fields
    case.agrees(
        lambda t: ranked("max_pool", t.x)(
            t.x, f["kernel_size"], f.get("stride"), f["padding"], f["dilation"], f["ceil_mode"]
        )
    )


@random_cases
@given(pools("avg_pool"))
def test_an_average_pool(case: Case) -> None:
    f = case.fields
    case.agrees(
        lambda t: ranked("avg_pool", t.x)(
            t.x, f["kernel_size"], f.get("stride"), f["padding"], f["ceil_mode"], f["count_include_pad"]
        )
    )


@st.composite
def maps(draw: st.DrawFn, channels: int | None = None, least: int = 1) -> Shape:
    """A shape of 1 to 3 axes."""
    return shape(draw, (least,) * draw(st.integers(1, 3)), channels or 3 * draw(st.integers(1, 4)))


@random_cases
@given(pools("max_pool") | pools("avg_pool"), st.booleans(), st.data())
def test_pools_with_rules_that_pytorch_lacks(case: Case, caffe: bool, data: st.DataObject) -> None:
    """Padding by a word, another number before than after, and Caffe's rounding."""
    f, (x,) = case.fields, case.shapes
    kernel: Axes = f["kernel_size"]
    pairs = tuple(tuple(data.draw(st.integers(0, k // 2)) for _ in range(2)) for k in kernel)
    padding = data.draw(st.sampled_from(["same", "same_lower", pairs, f["padding"]]))
    rule = {"ceil_mode": True, "ceil_rule": "caffe"} if caffe else {}
    pool = Case(case.kind, f | {"padding": padding} | rule, ((x[0], *(n + 4 for n in x[1:])),))
    pool.agrees(composed(pool))


@random_cases
@given(maps(), st.sampled_from(["max", "avg"]))
def test_a_global_pool(x: Shape, what: str) -> None:
    axes = tuple(range(2, 1 + len(x)))
    by = torch.amax if what == "max" else torch.mean
    Case(f"global_{what}_pool", {}, (x,)).agrees(lambda t: by(t.x, axes, keepdim=True))


@random_cases
@given(maps(), st.sampled_from(["max", "avg"]), st.data())
def test_an_adaptive_pool(x: Shape, what: str, data: st.DataObject) -> None:
    sizes = tuple(data.draw(st.integers(1, 9)) for _ in x[1:])
    Case(f"adaptive_{what}_pool", {"output_size": sizes}, (x,)).agrees(
        lambda t: ranked(f"adaptive_{what}_pool", t.x)(t.x, sizes)
    )


# -- linear -----------------------------------------------------------------------------------------------


@random_cases
@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_a_linear_layer(arriving: int, leaving: int, bias: bool) -> None:
    Case("linear", {"out_features": leaving, "bias": bias}, ((arriving,),)).agrees(
        lambda t: F.linear(t.x, t.weight, t.bias)
    )


@random_cases
@given(maps(), st.integers(1, 9), st.booleans())
def test_a_linear_layer_at_every_position(x: Shape, leaving: int, bias: bool) -> None:
    fields = {"out_features": leaving, "bias": bias, "per_position": True}
    Case("linear", fields, (x,)).agrees(
        lambda t: F.linear(t.x.movedim(1, -1), t.weight, t.bias).movedim(-1, 1)
    )


@random_cases
@given(maps(12), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_maxout_is_a_max_pool_over_channels(x: Shape, pieces: int) -> None:
    Case("maxout", {"pieces": pieces}, (x,)).agrees(
        lambda t: F.max_pool1d(t.x.flatten(2).mT, pieces).mT.reshape(1, -1, *t.x.shape[2:])
    )


@random_cases
@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 30), st.booleans())
def test_an_embedding(tokens: int, width: int, length: int, one_channel: bool) -> None:
    x = (1, length) if one_channel else (length,)
    Case("embedding", {"num_embeddings": tokens, "embedding_dim": width}, (x,)).agrees(
        lambda t: F.embedding(t.x.reshape(1, -1).long(), t.weight).mT
    )


def per_head(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(1, (heads, -1))


@random_cases
@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))
def test_attention_of_several_heads(heads: int, width: int, queries: int, keys: int) -> None:
    """Scores, as `[heads, queries, keys]`, and what they weigh."""
    q, k, scores = (heads * width, queries), (heads * width, keys), (heads, queries, keys)
    Case("matmul", {"heads": heads, "transpose_a": True}, (q, k)).agrees(
        lambda t: torch.einsum("bhdq,bhdk->bhqk", *(per_head(x, heads) for x in t.xs))
    )
    Case("matmul", {"transpose_b": True}, (scores, k)).agrees(
        lambda t: torch.einsum("bhqk,bhdk->bhdq", t.x, per_head(t.xs[1], heads)).flatten(1, 2)
    )


@random_cases
@given(
    st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.booleans(), st.booleans()
)
def test_products_of_matrices(heads: int, m: int, k: int, n: int, a: bool, b: bool) -> None:  # noqa: PLR0913, PLR0917 - three sizes
    left, right = ((heads, k, m) if a else (heads, m, k)), ((heads, n, k) if b else (heads, k, n))
    Case("matmul", {"transpose_a": a, "transpose_b": b}, (left, right)).agrees(
        lambda t: torch.matmul(t.x.mT if a else t.x, t.xs[1].mT if b else t.xs[1])
    )


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, Axes, Axes]:
    """Letters of one and of both, of which some do not leave; sizes of 1 are repeated."""
    both, first, second = (draw(st.integers(0, 2)) for _ in range(3))
    letters = "abcdefgh"[: both + first + second]
    left, right = letters[: both + first], letters[:both] + letters[both + first :]
    assume(left and right)
    left, right = ("".join(draw(st.permutations(one))) for one in (left, right))
    summed = draw(st.sets(st.sampled_from(letters[:both]))) if both else set[str]()
    leaving = "".join(draw(st.permutations([c for c in letters if c not in summed])))
    assume(leaving)
    sizes = {c: draw(st.integers(1, 5)) for c in letters}
    once = draw(st.sets(st.sampled_from(letters[:both]))) - summed if both else set[str]()
    shape = tuple(1 if c in once else sizes[c] for c in right)
    return f"{left},{right}->{leaving}", tuple(sizes[c] for c in left), shape


@random_cases
@given(equations())
def test_products_by_letters(of: tuple[str, Axes, Axes]) -> None:
    equation, left, right = of
    dotted = "->".join(",".join(f"...{one}" for one in part.split(",")) for part in equation.split("->"))
    Case("einsum", {"equation": equation}, (left, right)).agrees(lambda t: torch.einsum(dotted, *t.xs))


# -- recurrent --------------------------------------------------------------------------------------------


@st.composite
def recurrences(draw: st.DrawFn, kind: str) -> Case:
    fields: dict[str, Any] = {
        "hidden_size": draw(st.integers(1, 6)),
        "num_layers": draw(st.integers(1, 3)),
        "bidirectional": draw(st.booleans()),
        "bias": draw(st.booleans()),
    }
    if kind == "lstm":
        fields["proj_size"] = draw(st.integers(0, fields["hidden_size"] - 1))
    if kind == "rnn":
        fields["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    return Case(kind, fields, ((draw(st.integers(1, 5)), draw(st.integers(1, 8))),))


def modular(case: Case) -> Callable[[Given], Tensor]:
    """As a module of `torch.nn` has it: its parameters have our names."""

    def call(t: Given) -> Tensor:
        module = getattr(torch.nn, case.kind.upper())(case.shapes[0][0], batch_first=True, **case.fields)
        module.double().load_state_dict(t.weights)
        with torch.no_grad():
            return module(t.x.mT)[0].mT

    return call


@random_cases
@given(recurrences("lstm") | recurrences("gru") | recurrences("rnn"))
def test_a_recurrent_layer_is_a_module_with_the_same_parameters(case: Case) -> None:
    case.agrees(modular(case))


@random_cases
@given(st.data())
def test_a_selective_scan(data: st.DataObject) -> None:
    groups, each, states, length = (data.draw(st.integers(1, n)) for n in (3, 4, 4, 9))
    x, b = (groups * each, length), (groups * states, length)
    case = Case("selective_scan", {"groups": groups, "skip": data.draw(st.booleans())}, (x, x, b, b))
    case.agrees(composed(case))


# -- resize -----------------------------------------------------------------------------------------------

MODES = {1: ("nearest", "linear"), 2: ("nearest", "bilinear", "bicubic"), 3: ("nearest", "trilinear")}


@random_cases
@given(maps(2), st.data())
def test_a_resize_to_a_size(x: Shape, data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(MODES[len(x) - 1]))
    sizes = tuple(data.draw(st.integers(1, 12)) for _ in x[1:])
    align = data.draw(st.booleans()) if mode != "nearest" else None
    fields = {"mode": mode, "size": sizes} | ({} if align is None else {"align_corners": align})
    Case("upsample", fields, (x,)).agrees(
        lambda t: F.interpolate(t.x, size=sizes, mode=mode, align_corners=align)
    )


def takes_a_short_cut(length: int, scale: float) -> bool:
    """Whether PyTorch's nearest, in 2-D, takes rows as if the factor were 1 or 2 because the size is.

    In 1-D and 3-D it follows the factor, as archcost does in every rank: position `floor(u / scale)`.
    """
    return any(length * scale // 1 == times * length and scale != times for times in (1, 2))


@random_cases
@given(maps(2), st.data())
def test_a_resize_by_a_factor(x: Shape, data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(MODES[len(x) - 1]))
    scales = tuple(data.draw(st.integers(-(-8 // n), 24)) / 8 for n in x[1:])
    if mode == "nearest" and len(x) == 3:
        assume(not any(map(takes_a_short_cut, x[1:], scales)))
    align = data.draw(st.booleans()) if mode != "nearest" else None
    fields = {"mode": mode, "scale_factor": scales} | ({} if align is None else {"align_corners": align})
    Case("upsample", fields, (x,)).agrees(
        lambda t: F.interpolate(t.x, scale_factor=scales, mode=mode, align_corners=align)
    )


@random_cases
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))
def test_channels_into_space_and_back(r: int, channels: int, height: int, width: int) -> None:
    wide, deep = (channels, height * r, width * r), (channels * r * r, height, width)
    Case("pixel_shuffle", {"upscale_factor": r}, (deep,)).agrees(lambda t: F.pixel_shuffle(t.x, r))
    Case("pixel_unshuffle", {"downscale_factor": r}, (wide,)).agrees(lambda t: F.pixel_unshuffle(t.x, r))


# -- normalization ----------------------------------------------------------------------------------------

EPS = st.sampled_from([1e-5, 1e-3, 0.1])


@random_cases
@given(maps(), EPS, st.booleans(), st.booleans())
def test_a_batch_norm(x: Shape, eps: float, scale: bool, shift: bool) -> None:
    Case("batch_norm", {"eps": eps, "scale": scale, "shift": shift}, (x,)).agrees(
        lambda t: F.batch_norm(
            t.x, t.weights["running_mean"], t.weights["running_var"], t.weight, t.bias, eps=eps
        )
    )


@random_cases
@given(maps(), EPS, st.booleans(), st.data())
def test_a_layer_norm_over_the_last_axes(x: Shape, eps: float, affine: bool, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(x) - 1))
    fields = {"axis": tuple(range(first, len(x))), "eps": eps, "affine": affine}
    Case("layer_norm", fields, (x,)).agrees(lambda t: F.layer_norm(t.x, x[first:], t.weight, t.bias, eps))


@random_cases
@given(maps(), EPS)
def test_a_layer_norm_over_channels(x: Shape, eps: float) -> None:
    Case("layer_norm", {"eps": eps}, (x,)).agrees(
        lambda t: F.layer_norm(t.x.movedim(1, -1), t.x.shape[1:2], t.weight, t.bias, eps).movedim(-1, 1)
    )


@random_cases
@given(maps(12, least=2), st.sampled_from([1, 2, 3, 4, 6, 12]), EPS, st.booleans())
def test_a_group_norm(x: Shape, groups: int, eps: float, affine: bool) -> None:
    Case("group_norm", {"num_groups": groups, "eps": eps, "affine": affine}, (x,)).agrees(
        lambda t: F.group_norm(t.x, groups, t.weight, t.bias, eps)
    )


@random_cases
@given(maps(least=2), EPS, st.booleans(), st.booleans())
def test_an_instance_norm(x: Shape, eps: float, affine: bool, tracked: bool) -> None:
    Case("instance_norm", {"eps": eps, "affine": affine, "track_running_stats": tracked}, (x,)).agrees(
        lambda t: F.instance_norm(
            t.x,
            t.weights.get("running_mean"),
            t.weights.get("running_var"),
            t.weight,
            t.bias,
            use_input_stats=not tracked,
            eps=eps,
        )
    )


@random_cases
@given(maps(), st.integers(1, 8), st.floats(1e-4, 2), st.floats(0.1, 2), st.floats(0.5, 3))
def test_a_local_response_norm(x: Shape, size: int, alpha: float, beta: float, k: float) -> None:
    Case("local_response_norm", {"size": size, "alpha": alpha, "beta": beta, "k": k}, (x,)).agrees(
        lambda t: F.local_response_norm(t.x, size, alpha, beta, k)
    )


# -- activation -------------------------------------------------------------------------------------------

ACTIVATIONS = {
    row.kind: cast("Callable[[Tensor], Tensor]", row.torch)
    for row in table_activation.CASES
    if callable(row.torch) and not row.fields and not row.weights
}


@pytest.mark.parametrize("kind", ACTIVATIONS)
@random_cases
@given(x=maps())
def test_an_activation(kind: str, x: Shape) -> None:
    Case(kind, {}, (x,)).agrees(lambda t: ACTIVATIONS[kind](t.x))
    Case("activation", {"function": kind}, (x,)).agrees(lambda t: ACTIVATIONS[kind](t.x))


@random_cases
@given(maps(), st.floats(-2, 2))
def test_an_activation_with_a_number(x: Shape, number: float) -> None:
    Case("leaky_relu", {"negative_slope": number}, (x,)).agrees(lambda t: F.leaky_relu(t.x, number))
    Case("elu", {"alpha": number}, (x,)).agrees(lambda t: F.elu(t.x, number))


@random_cases
@given(maps(), st.booleans())
def test_a_learned_slope(x: Shape, one: bool) -> None:
    Case("prelu", {"num_parameters": 1 if one else x[0]}, (x,)).agrees(lambda t: F.prelu(t.x, t.weight))


@random_cases
@given(maps())
def test_gelu_by_tanh(x: Shape) -> None:
    Case("gelu", {"approximate": "tanh"}, (x,)).agrees(lambda t: F.gelu(t.x, approximate="tanh"))


@random_cases
@given(maps(), st.data())
def test_shares_along_an_axis(x: Shape, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(x) - 1))
    Case("softmax", {"axis": axis}, (x,)).agrees(lambda t: F.softmax(t.x, 1 + axis))
    Case("log_softmax", {"axis": axis}, (x,)).agrees(lambda t: F.log_softmax(t.x, 1 + axis))


# -- shape ------------------------------------------------------------------------------------------------


@random_cases
@given(maps(2, least=4), st.sampled_from(["constant", "reflect", "replicate"]), st.data())
def test_padding_of_every_mode(x: Shape, mode: str, data: st.DataObject) -> None:
    pairs = tuple(tuple(data.draw(st.integers(0, 3)) for _ in range(2)) for _ in x[1:])
    flat = [n for pair in reversed(pairs) for n in pair]
    Case("pad", {"padding": pairs, "mode": mode}, (x,)).agrees(lambda t: F.pad(t.x, flat, mode=mode))


@random_cases
@given(maps(2, least=5), st.data())
def test_cropping_is_negative_padding(x: Shape, data: st.DataObject) -> None:
    pairs = tuple(tuple(data.draw(st.integers(0, 2)) for _ in range(2)) for _ in x[1:])
    flat = [-n for pair in reversed(pairs) for n in pair]
    Case("crop", {"cropping": pairs}, (x,)).agrees(lambda t: F.pad(t.x, flat))


@random_cases
@given(maps(), st.data())
def test_a_stretch_of_an_axis(x: Shape, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(x) - 1))
    start = data.draw(st.integers(0, x[axis] - 1))
    length = data.draw(st.integers(1, x[axis] - start))
    fields = {"axis": axis, "start": start, "end": start + length}
    Case("slice", fields, (x,)).agrees(lambda t: t.x.narrow(1 + axis, start, length))


@random_cases
@given(maps(), st.data())
def test_axes_in_another_order(x: Shape, data: st.DataObject) -> None:
    axes = tuple(data.draw(st.permutations(range(len(x)))))
    Case("transpose", {"axes": axes}, (x,)).agrees(lambda t: t.x.permute(0, *(1 + axis for axis in axes)))
    Case("flatten", {}, (x,)).agrees(lambda t: t.x.flatten(1))
    Case("reshape", {"shape": (3, -1)}, (x,)).agrees(lambda t: t.x.reshape(1, 3, -1))


@random_cases
@given(maps(12), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_a_channel_shuffle(x: Shape, groups: int) -> None:
    Case("channel_shuffle", {"groups": groups}, (x,)).agrees(lambda t: F.channel_shuffle(t.x, groups))


# -- elementwise, merge -----------------------------------------------------------------------------------


@random_cases
@given(maps(), st.floats(-3, 3), st.booleans())
def test_constants_and_learned_numbers_that_scale(x: Shape, factor: float, bias: bool) -> None:
    Case("scale", {"factor": factor}, (x,)).agrees(lambda t: t.x * factor)
    Case("layer_scale", {"bias": bias}, (x,)).agrees(
        lambda t: torch.addcmul(
            t.bias if bias else torch.zeros(1, dtype=t.x.dtype), t.x.movedim(1, -1), t.weight
        ).movedim(-1, 1)
    )
    for kind in ("identity", "dropout", "drop_path"):
        Case(kind, {}, (x,)).agrees(lambda t: F.dropout(t.x, training=False))


@random_cases
@given(maps(), st.data())
def test_merges_broadcast(x: Shape, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 4))
    xs = tuple(tuple(data.draw(st.sampled_from([1, n])) for n in x) for _ in range(count))
    Case("add", {}, xs).agrees(lambda t: sum(t.xs))
    Case("multiply", {}, xs).agrees(lambda t: reduce(torch.mul, t.xs))
    Case("max", {}, xs).agrees(lambda t: reduce(torch.maximum, t.xs))
    Case("average", {}, xs).agrees(lambda t: torch.stack(torch.broadcast_tensors(*t.xs)).mean(0))


@random_cases
@given(maps(), st.data())
def test_a_concatenation(x: Shape, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(x) - 1))
    lengths = data.draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    xs = tuple((*x[:axis], n, *x[axis + 1 :]) for n in lengths)
    Case("concat", {"axis": axis}, xs).agrees(lambda t: torch.cat(t.xs, 1 + axis))


# -- padding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_padding_and_cutting_off_at_every_pair_of_ends(length: int, mode: Border) -> None:
    """PyTorch gives the same, except where nothing would be left of the input, or too much be added."""
    x = torch.arange(float(length))[None, None]
    for before, after in product(range(-length, length + 2), repeat=2):
        layer = Pad(padding=((before, after),), mode=mode, extra_channels=(0, 0))
        left = length + min(before, 0) + min(after, 0)
        most = {"reflect": length - 1, "circular": left}.get(mode, length + 1)
        if left < 1 or max(before, after) > most:
            with pytest.raises(ShapeError):
                layer.output_shape((1, length))
            continue
        theirs = F.pad(x, (before, after), mode=mode)[0].numpy()
        assert layer.output_shape((1, length)) == theirs.shape
        assert (layer.run(KERNELS, x[0].numpy()) == theirs).all()
