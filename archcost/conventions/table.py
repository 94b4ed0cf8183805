"""The conventions: for every kind of layer, the sum of which formulas a tool adds to its total.

A formula speaks of the terms in `TERMS`, of those the layer's own formulas are made of (see
`archcost.layers.base`) and of its six counts. What a tool counts as nothing has a rule without formulas, so
that a new kind is decided on. Rules were read from each tool's source, in the version that `source` names,
and hold for networks that call PyTorch's own layers as modules, but interpolate by a function and take the
two products of attention in one fused call, which no tool here sees. What a tool misses because a network is
written another way does not follow from an architecture.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from archcost.errors import UsageError
from archcost.words.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CountingRule = tuple[str, ...]
"""Formulas whose results are added up."""

TERMS = {
    "affine": "1 if it has learned numbers, else 0",
    "by_factor": "1 if it is resized by a factor, 0 if to a size",
    "learned": "elements of its learned tensors, at every use",
    "non_trainable": "elements of its running statistics",
    "trainable": "elements of its learned tensors; 0 where they are counted elsewhere",
    "weight_elements": "elements of its kernel",
}
"""Terms that only conventions use, or that have a meaning for every kind here."""


class Convention(NamedTuple):
    """What somebody counts.

    Attributes:
        name: what it is chosen by.
        unit: what is counted, in a word or two.
        definition: what that means, in sentences.
        source: where the rules were read.
        rules: by kind, or by a word of `archcost.conventions.counting.words`; `*` is for all kinds. One
            without formulas says that the kind counts as nothing.
        beside: the count of ours it is compared with.
        notes: by kind, a sentence about when the tool says something else.
    """

    name: str
    unit: str
    definition: str
    source: str
    rules: Mapping[str, CountingRule]
    beside: Literal["macs", "params"] = "macs"
    notes: Mapping[str, str] = MappingProxyType({})

    def defined(self, kinds: Iterable[str]) -> str:
        """The definition, and what there is to say about these kinds."""
        met = {*kinds}
        return " ".join([self.definition, *(note for kind, note in self.notes.items() if kind in met)])

    @property
    def same(self) -> str:
        """The term that is that count."""
        return "macs" if self.beside == "macs" else "trainable"


def _each(kinds: str | Iterable[str], *rule: str) -> dict[str, CountingRule]:
    return dict.fromkeys(kinds.split() if isinstance(kinds, str) else kinds, rule)


_CONVOLUTIONS = "conv depthwise_conv"
_OTHER_CONVOLUTIONS = "masked_conv dynamic_conv dynamic_conv_transpose blur_pool"
"""In PyTorch a subclass of its convolution, and calls of its function. Who asks for a module's exact type
sees none.
"""
_MEANS = "global_avg_pool adaptive_avg_pool"
_POOLS = f"max_pool avg_pool global_max_pool adaptive_max_pool {_MEANS}"
_NORMS = "layer_norm group_norm instance_norm"
_BY_LENGTH = "rms_norm global_response_norm"

NEVER = """
    deform_conv deform_sum
    max_unpool
    maxout matmul correlation selective_scan
    pixel_shuffle pixel_unshuffle
    grid_sample affine_grid roi_align
    reduce
    normalize
    rrelu threshold celu selu quick_gelu mish sigmoid log_sigmoid tanh tanh_shrink hard_tanh hard_shrink
    soft_shrink softsign softplus hard_sigmoid hard_swish softmin log_softmax
    glu
    flatten unflatten squeeze unsqueeze reshape expand pad crop slice transpose channel_shuffle roll flip
    gather
    unfold fold
    identity dropout drop_path scale layer_scale
    offset negate abs reciprocal square power sqrt rsqrt exp log sin cos clamp
    subtract multiply divide max min average
    greater greater_equal less less_equal equal not_equal where
    concat stack
    constant
    parameter
"""
"""Kinds that count as nothing with every tool that goes by kinds: it has no rule for them, or one of 0."""

_SELDOM = "add local_response_norm geglu swiglu"
"""Kinds that are nothing to most tools, but to some: they call functions that those watch."""

_SQUARES = ("3 * outputs", "outputs + (window - 1) * positions")
"""What local response norm calls in PyTorch: three functions per element, and a mean over padded channels."""

_GATES = "gates * (units * fed_back + units / layers * arriving)"
_HIDDEN = "(in_channels + (layers - 1) * directions * hidden_size)"
_UNPROJECTED = f"gates * (units * hidden_size + units / layers * {_HIDDEN})"
"""The products of recurrent layers without that of a projection; the last as if nothing were projected."""

_SHARED = "kernel_size * (out_channels // groups // groups)"
"""The products of an input of a transposed convolution to calflops, which divides by groups twice."""

_EACH_TOOL = _each("custom", "macs") | _each(NEVER) | _each(_SELDOM)
"""No tool has a rule for a layer of the spec's own either: what it declares is taken."""

_CONVENTIONS = (
    Convention(
        name="papers",
        unit="MACs",
        definition="Multiply-accumulates of convolutions and linear layers, one each, nothing else. Many "
        "papers call that FLOPs, and calflops MACs.",
        source="He et al. 2016 (ResNet) and those that compare with it; calflops 0.3.2",
        rules=_each("*", "macs"),
    ),
    Convention(
        name="flops",
        unit="2 per MAC",
        definition="FLOPs that are two per multiply-accumulate, the product and the sum, and nothing else.",
        source="PyTorch 2.13.0, FlopCounterMode",
        rules=_each("*", "macs", "macs"),
        notes={
            "lstm": "On a CPU an LSTM without a projection is one call of oneDNN, which the counter has no "
            "rule for: it says 0 there, and this number with oneDNN off."
        },
    ),
    Convention(
        name="thop",
        unit="operations",
        definition="What thop prints as MACs: products without bias, 4 per normalised element (2 if nothing "
        "is learned), 1 per output of average pooling, and of a global or adaptive mean also 1 per input.",
        source="thop 0.1.1.post2209072238",
        rules=_EACH_TOOL
        | _each("lstm", _UNPROJECTED, "(1 + biases) * gates * units", "4 * units")
        | _each("gru", "macs", "(1 + biases) * gates * units", "4 * units")
        | _each("rnn", "macs", "(1 + biases) * gates * units")
        | _each(f"{_CONVOLUTIONS} linear", "macs")
        | _each(_OTHER_CONVOLUTIONS)
        | _each("conv_transpose", "weight_elements * positions")
        | _each("batch_norm layer_norm instance_norm", "(2 + 2 * affine) * outputs")
        | _each("avg_pool", "outputs")
        | _each(_MEANS, "inputs", "outputs")
        | _each("prelu", "outputs")
        | _each("softmax", "3 * outputs - sets")
        | _each(
            f"max_pool global_max_pool adaptive_max_pool embedding upsample group_norm {_BY_LENGTH} einsum"
        )
        | _each("relu relu6 leaky_relu elu gelu gelu_tanh silu"),
    ),
    Convention(
        name="fvcore",
        unit="operations",
        definition="What fvcore prints as flops, one per multiply-accumulate: products without bias, 2 per "
        "element of batch norm (1 if nothing is learned), 5 of other norms (4), 1 per input of a global "
        "or adaptive mean in two dimensions, and 4 per output of bilinear interpolation (nearest: 1).",
        source="fvcore 0.1.5.post20221221",
        rules=_EACH_TOOL
        | _each("einsum", "macs")
        | _each(f"{_CONVOLUTIONS} {_OTHER_CONVOLUTIONS} conv_transpose linear", "macs")
        | _each("batch_norm", "(1 + affine) * outputs")
        | _each(_NORMS, "(4 + affine) * outputs")
        | _each("global_avg_pool2d adaptive_avg_pool2d", "inputs")
        | _each("upsample_nearest2d", "outputs")
        | _each("upsample_bilinear2d", "4 * outputs")
        | _each(f"max_pool avg_pool global_max_pool adaptive_max_pool embedding lstm gru rnn {_BY_LENGTH}")
        | _each("relu relu6 leaky_relu prelu elu gelu gelu_tanh silu softmax"),
    ),
    Convention(
        name="ptflops-aten",
        unit="operations",
        definition="What ptflops prints as MACs with its aten backend: products, and 1 per bias added.",
        source="ptflops 0.7.5, backend aten",
        rules=_EACH_TOOL
        | _each("einsum", "macs")
        | _each("gru rnn", "macs", "biases * gates * units")
        | _each(f"{_CONVOLUTIONS} masked_conv conv_transpose linear", "macs", "bias * outputs")
        | _each("dynamic_conv blur_pool", "macs", "additions + outputs - macs")  # its bias is not learned
        | _each("dynamic_conv_transpose", "macs", "additions + reached - macs")
        | _each(f"{_POOLS} embedding upsample batch_norm {_NORMS} {_BY_LENGTH}")
        | _each("lstm")  # one fused call, of which it sees nothing
        | _each("relu relu6 leaky_relu prelu elu gelu gelu_tanh silu softmax"),
    ),
    Convention(
        name="ptflops-pytorch",
        unit="operations",
        definition="What ptflops prints as MACs with its pytorch backend: products, 1 per bias added, 2 per "
        "element of batch, group or instance norm (1 if nothing is learned), 1 of layer norm, and 1 per "
        "element of some activations and per input of pooling. A layer that calls a function which is also "
        "watched counts twice: every pool, ReLU, PReLU, ELU and GELU.",
        source="ptflops 0.7.5, backend pytorch",
        rules=_EACH_TOOL
        | _each("lstm", _GATES, "(biases * gates + 10) * units")
        | _each("gru", "macs", "(biases * gates + 7) * units")
        | _each("rnn", "macs", "(biases * gates + 1) * units")
        | _each(f"{_CONVOLUTIONS} conv_transpose linear", "macs", "bias * outputs")
        | _each(_OTHER_CONVOLUTIONS)
        | _each("batch_norm group_norm instance_norm", "(1 + affine) * outputs")
        | _each("layer_norm", "outputs")
        | _each("relu prelu elu gelu gelu_tanh", "2 * outputs")
        | _each("relu6 leaky_relu silu softmax upsample geglu swiglu", "outputs")
        | _each("local_response_norm", *_SQUARES)
        | _each(_POOLS, "2 * inputs")
        | _each(f"embedding einsum {_BY_LENGTH}"),
    ),
    Convention(
        name="torchinfo",
        unit="mult-adds",
        definition="What torchinfo prints as mult-adds: weights and biases of a convolution times its output "
        "positions, and those of any other layer once, however often they are applied.",
        source="torchinfo 1.8.0",
        rules=_EACH_TOOL
        | _each("lstm gru rnn", "learned * length")
        | _each(f"{_CONVOLUTIONS} masked_conv", "macs", "bias * outputs")
        | _each("dynamic_conv dynamic_conv_transpose blur_pool")
        | _each("conv_transpose", "learned * positions")
        | _each(f"linear embedding batch_norm {_NORMS} {_BY_LENGTH} prelu", "learned")
        | _each("einsum")
        | _each(f"{_POOLS} upsample relu relu6 leaky_relu elu gelu gelu_tanh silu softmax"),
    ),
    Convention(
        name="calflops",
        unit="operations",
        definition="What calflops prints as FLOPs: 2 per multiply-accumulate, 1 per bias a convolution adds, "
        "2 per element of batch norm (1 if nothing is learned), 5 of other norms (4), 1 per element of some "
        "activations and per input of pooling. Interpolation to a size counts positions, without channels, "
        "by a factor what arrives. The bias of a transposed convolution, which it multiplies by positions "
        "of another layer, is left out here.",
        source="calflops 0.3.2",
        rules=_EACH_TOOL
        | _each("custom", "macs", "macs")
        | _each("lstm", f"2 * {_GATES}", "((biases - 2) * gates + 10) * units")
        | _each("gru", f"2 * {_GATES}", "((biases - 2) * gates + 7) * units")
        | _each("rnn", f"2 * {_GATES}", "((biases - 2) * gates + 1) * units")
        | _each(f"{_CONVOLUTIONS} masked_conv", "macs", "macs", "bias * outputs")
        | _each("dynamic_conv blur_pool", "macs", "additions + outputs")
        | _each("conv_transpose", f"2 * {_SHARED} * inputs")
        | _each("dynamic_conv_transpose", f"2 * {_SHARED} * (macs // products_per_input)")
        | _each("einsum", "macs", "macs", "1")  # rounded to four digits there
        | _each("linear", "macs", "macs")
        | _each("batch_norm", "(1 + affine) * outputs")
        | _each(_NORMS, "(4 + affine) * outputs")
        | _each("relu leaky_relu prelu elu gelu gelu_tanh silu softmax geglu swiglu", "outputs")
        | _each("local_response_norm", *_SQUARES)
        | _each(_POOLS, "inputs")
        | _each("upsample", "by_factor * inputs + (1 - by_factor) * positions")
        | _each(f"relu6 embedding {_BY_LENGTH}"),
    ),
    Convention(
        name="darknet",
        unit="operations",
        definition="What Darknet adds up to its BFLOPs, each a billion: 2 per multiply-accumulate of a "
        "convolution, 1 per position of every window of a pool, and 1 per sum of a shortcut. All else is "
        "nothing, connected layers too.",
        source="AlexeyAB/darknet, convolutional_layer.c, maxpool_layer.c and shortcut_layer.c",
        rules=_each("*")
        | _each("conv depthwise_conv custom", "macs", "macs")
        | _each("max_pool avg_pool", "kernel_size * outputs")
        | _each("add", "additions"),
    ),
    Convention(
        name="keras",
        unit="parameters",
        definition="What Keras prints as total parameters: the trainable ones, and the running statistics of "
        "batch norm as non-trainable.",
        source="Keras 3.15.1, summary",
        rules=_each("*", "trainable", "non_trainable"),
        beside="params",
    ),
)

CONVENTIONS = {convention.name: convention for convention in _CONVENTIONS}
"""All there are, by name."""


def find(name: str) -> Convention:
    """A convention by its name.

    Raises:
        UsageError: there is none; the text names similar ones.
    """
    if name not in CONVENTIONS:
        near = suggest(name, CONVENTIONS) or f"; there are {', '.join(CONVENTIONS)}"
        raise UsageError(f"there is no convention '{name}'{near}")
    return CONVENTIONS[name]
