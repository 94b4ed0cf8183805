"""Random valid specs: every structure and every kind, on inputs of any rank.

A spec grows item by item. What does not fit is left out again, so that what is handed out is a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from archcost import SpecError, load
from archcost.layers import KINDS
from archcost.limits import Limits
from archcost.windows.window import size
from tests.random_specs import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from archcost.network import Network
    from tests.language_oracle import Item

LIMITS = Limits(nodes=300, dimension=2**12)
"""What a spec may grow to: each goes through a dozen commands, and is run."""
LARGEST = 2**15
"""Elements of the largest tensor."""

ACTIVATIONS = ("relu", "gelu", "softmax", "leaky_relu", "elu", "hard_swish", "celu", "soft_shrink", "softmin")
WINDOWS = ("conv", "conv_transpose", "depthwise_conv", "masked_conv", "max_pool", "avg_pool")
TWO = (
    "matmul",
    "einsum",
    "deform_conv",
    "deform_sum",
    "dynamic_conv",
    "dynamic_conv_transpose",
    "selective_scan",
    "grid_sample",
    "roi_align",
    "max_unpool",
    "correlation",
)
MERGES = (
    "add",
    "concat",
    "stack",
    "subtract",
    "multiply",
    "divide",
    "max",
    "min",
    "average",
    "less",
    "where",
)
SINGLE = tuple(kind for kind in KINDS if kind not in {*WINDOWS, *TWO, *MERGES, "parameter", "constant"})

RANKS = (0, 1, 1, 2, 2, 2, 3)
SIZES = {0: (1, 2, 3, 8, 16), 1: (1, 4, 5, 9, 32), 2: (1, 3, 4, 7, 8), 3: (1, 2, 3, 4)}
PADDINGS = ("same", "same_lower", "valid", "causal", 0, 0, 1, 1, 2)


class Everything(Writer):
    """Writes one random spec that loads, into a file.

    Args:
        random: where its choices come from.
        path: the file.
    """

    def __init__(self, random: Random, path: Path) -> None:
        super().__init__(random)
        self.path = path
        self.rank = random.choice(RANKS)
        self.layers = [
            *[self.window] * 4,
            *[self.layer] * 4,
            self.conv,
            self.several,
            self.split,
            self.standard,
            self.source,
            self.split,
            self.rearrange,
        ]
        self.spec_so_far: Item = {}
        self.taps: list[str] = []
        self.grown_by = 0

    def written(self) -> Network:
        """Write a spec to the file, and read it back."""
        random = self.random
        inputs = {"input": self.shape()}
        if self.chance(0.25):
            inputs = {
                name: self.shape() if self.chance(0.3) else inputs["input"] for name in ("left", "right")
            }
        scope = list(inputs)
        values = {"v": random.randint(1, 4), "flag": self.chance(0.5), "list": [2, 1, 3][: self.small()]}
        self.spec_so_far = {
            "archcost": 1,
            "name": "random",
            "vars": values,
            "variants": {"other": {"v": random.randint(1, 4)}, "same": {}},
            "input": inputs if len(inputs) > 1 else inputs["input"],
            "blocks": self.blocks,
            "layers": [{"identity": None, "from": scope[0]}],
        }
        for i in range(random.randrange(3)):
            self.block_more(f"block_{i}")
        network, self.spec_so_far["layers"] = None, []
        wanted = random.randint(1, 8)
        for _ in range(4 * wanted):
            network = self.grown(scope) or network
            if self.grown_by == wanted:
                break
        if not network:
            self.spec_so_far["layers"] = [{"identity": None, "from": scope[0]}]
            network = self.load()
        return self.finished(network, [name for name in scope if name in self.taps or name in inputs])

    def block_more(self, name: str) -> None:
        """A block that can be read; whether it fits shows when it is called."""
        self.blocks[name] = self.block()
        try:
            self.load()
        except SpecError:
            del self.blocks[name]

    def grown(self, scope: list[str]) -> Network | None:
        """The network with one item more; None if it does not fit."""
        before, layers = list(scope), self.spec_so_far["layers"]
        item = self.item(self.random.choice((0, 0, 1, 2)), [scope], ())
        if not layers and "from" not in item:
            item["from"] = scope[0]
        layers.append(item)
        try:
            network = self.load()
        except SpecError:
            network = None
        if network is None or any(size(node.output) > LARGEST for node in network):
            layers.pop()
            scope[:] = before
            return None
        self.taps += scope[len(before) :]
        self.grown_by += 1
        return network

    def finished(self, network: Network, scope: list[str]) -> Network:
        """The spec with what stands beside its layers: outputs, notes, expectations, shared weights."""
        optional: list[Callable[[], object]] = []
        if len(scope) > 1:
            names = self.random.sample(scope, self.random.randint(1, min(3, len(scope))))
            optional.append(lambda: self.spec_so_far.__setitem__("outputs", names))
        optional += [self.noted, self.expecting, self.sharing]
        for change in self.random.sample(optional, self.random.randrange(len(optional) + 1)):
            before = as_text(self.spec_so_far)
            change()
            try:
                network = self.load()
            except SpecError:
                self.spec_so_far = yaml.safe_load(before)
        self.write()
        return network

    def noted(self) -> None:
        self.spec_so_far["note"] = "a note: of any text"

    def expecting(self) -> None:
        item = self.random.choice(self.spec_so_far["layers"])
        item["expect"] = self.random.choice(
            [{"params": "12k"}, {"macs": 0}, {"receptive_field": 3}, {"stride": 1}]
        )

    def sharing(self) -> None:
        """An item a second time, with the weights of the first."""
        item = self.random.choice(self.spec_so_far["layers"])
        item["share"] = self.random.choice(("tower", ["tower", "$v"], "$v", 0, False))
        again = {key: value for key, value in item.items() if key not in {"name", "expect"}}
        self.spec_so_far["layers"].append(again)

    def load(self) -> Network:
        self.write()
        return load(self.path, limits=LIMITS)

    def write(self) -> None:
        flow = self.random.choice((None, None, False))
        self.path.write_text(as_text(self.spec_so_far, flow))

    # -- layers

    def shape(self) -> list[int]:
        sizes = SIZES[self.rank]
        channels = self.random.choice((1, 2, 3, 4, 4, 6, 8))
        if self.rank == 0:
            return [self.random.choice(sizes)]
        return [channels, *(self.random.choice(sizes) for _ in range(self.rank))]

    def layer(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        """A kind that reads one tensor, and has no window."""
        kind = self.random.choice(SINGLE)
        return {kind: self.fields(kind, [name for scope in scopes for name in scope]) or None}

    def window(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        kind = self.random.choice(WINDOWS)
        return {f"{kind}{self.rank}d" if self.rank and self.chance(0.1) else kind: self.fields(kind, [])}

    def standard(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        """A standard block."""
        out: Item = {"out_channels": self.channels()}
        deformed = out | self.some({"mask": True, "stride": 2, "axes": self.rank})
        blocks: dict[str, Item] = {
            "squeeze_excite": {"ratio": 1},
            "deform_conv": deformed,
            "separable_conv": out,
            "conv_norm_act": out,
            "mlp": self.some({"hidden": self.channels(), "gated": True, "act": "silu"}),
            "transformer_encoder_layer": self.some(
                {"heads": self.random.choice((1, 2)), "causal": True, "norm_first": False, "rms_norm": True}
            ),
            "swin_block": self.some({"window": self.random.choice((2, 3)), "shift": 1}) | {"heads": 1},
            "convnext_block": self.some({"response_norm": True}),
            "attention": self.some({"heads": self.random.choice((1, 2))}, 0.8),
            "basic_block": out,
            "bottleneck": {"width": self.channels()},
            "inverted_residual": out | {"expand": 2},
            "aspp": out | {"rates": [1, 3], "mode": "nearest", "separable": self.chance(0.5)},
            "c2f": out | self.some({"depth": 2, "add": True}),
            "sppf": out,
        }
        name = self.random.choice(list(blocks))
        return {f"std/{name}": blocks[name]}

    def several(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        """A kind that reads several tensors."""
        kind = self.random.choice([*TWO, *MERGES])
        most = 2 if kind in {"max_unpool", "matmul", "einsum", "selective_scan"} else 3
        read = [self.read(scopes) for _ in range(self.random.randint(2, most))]
        if kind == "selective_scan":  # of four, two fit two
            read = [name for name in read for _ in "ab"]
        return {kind: self.fields(kind, []) or None, "from": read}

    def source(self, depth: int, scopes: list[list[str]]) -> Item:  # noqa: ARG002 - as all items
        if self.chance(0.5):
            item: Item = {"parameter": {"shape": self.shape()}, "name": self.name()}
        else:
            item = {"constant": self._constant(), "name": self.name()}
        scopes[-1].append(item["name"])
        return item

    def fields(self, kind: str, names: list[str]) -> Item:
        """Fields of a kind; most of them fit somewhere."""
        write = getattr(self, f"_{kind}", None)
        return write(names) if write else {}

    def each(self, *values: object) -> object:
        """A value, or one per axis."""
        if self.rank and self.chance(0.3):
            return [self.random.choice(values) for _ in range(self.rank)]
        return self.random.choice(values)

    def some(self, fields: Item, share: float = 0.5) -> Item:
        """Some of the fields."""
        return {key: value for key, value in fields.items() if self.chance(share)}

    def channels(self) -> object:
        return self.random.choice((1, 2, 4, 6, "$v", "$in_channels", "$(2*in_channels)", "$(in_channels+v)"))

    def _padding(self) -> object:
        if self.rank and self.chance(0.2):
            return [[self.random.randrange(3), self.random.randrange(3)] for _ in range(self.rank)]
        return self.each(*PADDINGS) if self.chance(0.3) else self.random.choice(PADDINGS)

    def _window(self) -> Item:
        optional: Item = {
            "stride": self.each(1, 2, 3),
            "padding": self._padding(),
            "dilation": self.each(1, 1, 2, 3),
        }
        return {"kernel_size": self.each(1, 2, 3, 3, 5)} | self.some(optional)

    def _conv(self, _: list[str]) -> Item:
        groups = self.random.choice((1, 1, 2, "$in_channels"))
        fields = {"out_channels": self.channels()} | self._window()
        if self.chance(0.1):
            rows = [[self.random.randrange(3) for _ in range(self.random.randint(1, 2))] for _ in range(2)]
            return fields | {"out_channels": 2, "connections": rows}
        return fields | self.some({"groups": groups, "bias": False} | self._parametrized(), 0.3)

    def _parametrized(self) -> Item:
        words = ("weight_norm", "weight_norm", "spectral_norm", "scaled_weight_standardization")
        return {"parametrization": self.random.choice(words)}

    def _conv_transpose(self, _: list[str]) -> Item:
        return self._conv(_) | self.some({"output_padding": self.each(0, 1)}, 0.3)

    def _depthwise_conv(self, _: list[str]) -> Item:
        return self._window() | self.some({"multiplier": 2, "bias": False} | self._parametrized(), 0.3)

    def _masked_conv(self, _: list[str]) -> Item:
        fields = {"mask": self.random.choice(("A", "B", [1, 0, 1], [[0, 1], [1, 1]]))} | self._conv(_)
        fields.pop("connections", None)
        return fields

    def _dynamic_conv(self, _: list[str]) -> Item:
        fields = self._window() | self.some({"groups": self.random.choice((1, 2, "$in_channels"))})
        del fields["kernel_size"]
        return fields

    def _dynamic_conv_transpose(self, _: list[str]) -> Item:
        return self._dynamic_conv(_) | self.some({"output_padding": self.each(0, 1)}, 0.3)

    def _deform_sum(self, _: list[str]) -> Item:
        return self.some({"padding": 1, "deform_groups": 2})

    def _correlation(self, _: list[str]) -> Item:
        return {"max_displacement": self.each(0, 1, 3)} | self.some({"step": 2, "mean": False})

    def _grid_sample(self, _: list[str]) -> Item:
        return self.some({"mode": "nearest", "padding_mode": "border", "align_corners": True, "groups": 2})

    def _affine_grid(self, _: list[str]) -> Item:
        return {"size": self.random.choice([[2, 3], [4], [1, 2, 3]])}

    def _roi_align(self, _: list[str]) -> Item:
        return {"output_size": self.each(1, 2, 3)} | self.some({"spatial_scale": 0.5, "aligned": True})

    def _max_pool(self, _: list[str]) -> Item:
        rules: Item = {"ceil_mode": True, "ceil_rule": self.random.choice(("pytorch", "caffe"))}
        return self._window() | self.some(rules)

    def _avg_pool(self, _: list[str]) -> Item:
        fields = self._max_pool(_) | self.some({"count_include_pad": self.chance(0.5)}, 0.3)
        return {key: value for key, value in fields.items() if key != "dilation"}

    def _adaptive_max_pool(self, _: list[str]) -> Item:
        return {"output_size": self.each(1, 2, 3, 5)}

    def _blur_pool(self, _: list[str]) -> Item:
        fields = self._window() | self.some({"padding_mode": self.random.choice(("constant", "replicate"))})
        return self.some({key: value for key, value in fields.items() if key != "dilation"}, 0.7)

    _adaptive_avg_pool = _adaptive_max_pool

    def _reduce(self, _: list[str]) -> Item:
        function = self.random.choice(("sum", "mean", "max", "argmax", "var", "std", "l1", "l2"))
        optional: Item = {"keepdim": True, "correction": 0} if function == "var" else {"keepdim": True}
        return {"function": function, "axis": self.axes()} | self.some(optional)

    def _linear(self, _: list[str]) -> Item:
        optional: Item = {"bias": False, "per_position": True}
        return {"out_features": self.channels()} | self.some(optional | self._parametrized(), 0.4)

    def _recurrent(self, _: list[str]) -> Item:
        optional: Item = {"num_layers": 2, "bidirectional": True, "bias": False}
        return {"hidden_size": self.channels()} | self.some(optional, 0.3)

    _gru = _recurrent

    def _lstm(self, _: list[str]) -> Item:
        return self._recurrent(_) | self.some({"proj_size": 1}, 0.3)

    def _rnn(self, _: list[str]) -> Item:
        return self._recurrent(_) | self.some({"nonlinearity": "relu"}, 0.3)

    def _selective_scan(self, _: list[str]) -> Item:
        return self.some({"groups": 2, "skip": False}, 0.3)

    def _maxout(self, _: list[str]) -> Item:
        return {"pieces": self.random.choice((1, 2, "$in_channels"))}

    def _embedding(self, _: list[str]) -> Item:
        return {
            "num_embeddings": self.random.choice((1, 7, 100)),
            "embedding_dim": self.random.choice((1, 4)),
        }

    def _matmul(self, _: list[str]) -> Item:
        usual: Item = {"heads": self.random.choice((1, 2, 4)), "transpose_a": True, "transpose_b": True}
        return self.some(usual, 0.4) | self.some(
            {"kv_heads": self.random.choice((1, 2)), "tokens": True}, 0.2
        )

    def _einsum(self, _: list[str]) -> Item:
        equations = ("cl,cm->lm", "cl,dl->cd", "chw,cvw->hcv", "hcq,hck->hqk", "c,d->cd", "cl,cm", "c,c->")
        return {"equation": self.random.choice(equations)}

    def _constant(self) -> Item:
        rules: list[Item] = [
            {"values": self.random.choice((0, 1, -0.5)), "shape": self.shape()},
            {"values": [[1, 2.5], [-3, 0]]},
            {
                "values": self.random.choice(("identity", "causal", "sinusoids", "ramp", "declared")),
                "shape": self.shape(),
            },
            {"values": "coordinates", "start": -1, "step": self.small(), "shape": [2, 4, 6]},
            {"values": "banded", "before": self.small(), "after": self.small(), "shape": self.shape()},
            {"values": "shifted_windows", "map_size": [4, 6], "window_size": 2, "shift": 1, "outside": -100},
        ]
        return self.random.choice(rules)

    def _offset(self, _: list[str]) -> Item:
        return {"value": self.random.choice((0, 1, -0.5, "$v"))}

    _greater = _greater_equal = _less_equal = _equal = _not_equal = _offset

    def _threshold(self, _: list[str]) -> Item:
        return {"threshold": 0.5, "value": self.random.choice((0, -1))}

    def _glu(self, _: list[str]) -> Item:
        return self.some(
            {"axis": self.random.choice((0, 1, -1)), "gate": self.random.choice(("first", "second"))}
        )

    _geglu = _swiglu = _glu

    def _power(self, _: list[str]) -> Item:
        return {"exponent": self.random.choice((2, 0.5, -1, 3))}

    def _clamp(self, _: list[str]) -> Item:
        return {"min": -1} | self.some({"max": self.random.choice((0, 6))})

    def _gather(self, _: list[str]) -> Item:
        index = self.random.choice(([0], [0, -1], [1, 0, 0], [[0, -1], [0, 1]], [2, 1]))
        if self.chance(0.2):
            return {"index": "declared", "index_shape": [2, 3]} | self.some(
                {"axis": self.random.choice((0, 1))}
            )
        return {"index": index} | self.some({"axis": self.random.choice((0, 1, 2, -1))})

    def _upsample(self, names: list[str]) -> Item:
        words = ("nearest", "linear", "bilinear", "trilinear", "bicubic")
        size = self.random.choice(
            [
                {"scale_factor": self.each(1, 2, 3, 0.5, 1.5, 0.7, "$(4/3)")},
                {"size": self.each(1, 2, 5, 8, 9)},
                {"like": self.random.choice(names or ["input"])},
            ]
        )
        return size | self.some({"mode": self.random.choice(words), "align_corners": self.chance(0.5)}, 0.4)

    def _pixel_shuffle(self, _: list[str]) -> Item:
        return {"upscale_factor": self.each(1, 2)}

    def _pixel_unshuffle(self, _: list[str]) -> Item:
        return {"downscale_factor": self.each(1, 2)}

    def _batch_norm(self, _: list[str]) -> Item:
        return self.some({"affine": False, "track_running_stats": False}, 0.2)

    _instance_norm = _batch_norm

    def axes(self) -> object:
        return self.random.choice((0, 1, 2, -1, "all", [0, 1], [0, -1], [1, 2], [-2, -1]))

    def _layer_norm(self, _: list[str]) -> Item:
        return self.some({"axis": self.axes(), "affine": False}, 0.6)

    _rms_norm = _layer_norm

    def _normalize(self, _: list[str]) -> Item:
        return self.some({"axis": self.axes(), "p": self.random.choice((1, 2))}, 0.6)

    def _group_norm(self, _: list[str]) -> Item:
        groups = {"num_groups": self.random.choice((1, 1, 2, "$in_channels"))}
        return groups | self.some({"bias": False}, 0.2)

    def _local_response_norm(self, _: list[str]) -> Item:
        return {"size": self.random.choice((1, 3, 5))}

    def _activation(self, _: list[str]) -> Item:
        return {"function": self.random.choice(ACTIVATIONS)}

    def _prelu(self, _: list[str]) -> Item:
        return self.some({"num_parameters": "$in_channels"})

    def _softmax(self, _: list[str]) -> Item:
        return self.some({"axis": self.random.choice((0, 1, 2, 3, -1, -2, "channels", "length", "width"))})

    _log_softmax = _softmax

    def _reshape(self, _: list[str]) -> Item:
        choices = (
            [-1],
            [1, -1],
            ["$in_channels", -1],
            [-1, "$in_channels"],
            ["$in_channels", -1, 1],
            ["$in_height", "$in_width", -1],
            [1, "$in_channels", -1, 1],
            [-1, "$(in_length // 2)", 2],
            [2, -1, 2],
            ["$in_channels", 2, "$(in_height // 2)", -1],
        )
        return {"shape": self.random.choice(choices)}

    def _pad(self, _: list[str]) -> Item:
        mode = self.random.choice(("constant", "constant", "reflect", "replicate", "circular"))
        fields: Item = {"padding": self.each(0, 1, 2, -1), "mode": mode}
        if mode == "constant":
            fields |= self.some({"value": self.random.choice((0, -1, 0.5)), "extra_channels": [0, "$v"]}, 0.3)
        return fields

    def _crop(self, names: list[str]) -> Item:
        likes = {"like": self.random.choice(names or ["input"])}
        return self.random.choice([{"cropping": self.each(0, 1)}, {"size": self.each(1, 2, 3)}, likes])

    def _slice(self, _: list[str]) -> Item:
        ends: Item = {"start": self.random.choice((0, 1, -2)), "end": self.random.choice((1, 2, 3, -1))}
        ends["step"] = self.random.choice((1, 2, 3))
        return self.some(ends | {"axis": self.random.choice((0, 1, 2, -1))}, 0.6)

    def _transpose(self, _: list[str]) -> Item:
        axes = list(range(self.rank + 1))
        self.random.shuffle(axes)
        return {"axes": [axis - len(axes) * self.chance(0.3) for axis in axes]}

    def _unfold(self, _: list[str]) -> Item:
        return self._window()

    def _fold(self, _: list[str]) -> Item:
        return {
            "output_size": self.random.choice((4, [4], [4, 4])),
            "kernel_size": self.random.choice((1, 2)),
        }

    def _max_unpool(self, _: list[str]) -> Item:
        return {"kernel_size": self.each(1, 2)}

    def _flatten(self, _: list[str]) -> Item:
        return self.some({"start": self.random.choice((0, 1, -2)), "end": self.random.choice((1, 2, -1))})

    def _unflatten(self, _: list[str]) -> Item:
        return self.some({"axis": self.random.choice((0, 1, -1))}) | {
            "sizes": [self.random.choice((1, 2)), -1]
        }

    def _squeeze(self, _: list[str]) -> Item:
        return self.some({"axis": self.random.choice((1, -1, [0, 1]))})

    def _unsqueeze(self, _: list[str]) -> Item:
        return {"axis": self.random.choice((0, 1, -1))}

    _stack = _unsqueeze

    def _expand(self, _: list[str]) -> Item:
        return {"shape": [self.random.choice((-1, 2, "$v")) for _ in range(self.rank + 1)]}

    def _roll(self, _: list[str]) -> Item:
        axes = self.random.choice((0, 1, -1, [0, 1], [1, -1], "height", ["channels", "length"]))
        return {"shifts": self.random.choice((0, 1, -1, 3, "$v")), "axis": axes}

    def _flip(self, _: list[str]) -> Item:
        return {"axis": self.random.choice((0, 1, -1, [0, 1], [1, -1], "height", ["channels", "length"]))}

    def _channel_shuffle(self, _: list[str]) -> Item:
        return {"groups": self.random.choice((1, 2, "$in_channels"))}

    def _scale(self, _: list[str]) -> Item:
        return {"factor": self.random.choice((0, -1, 0.5, "$v"))}

    def _layer_scale(self, _: list[str]) -> Item:
        return self.some({"bias": True})

    def _concat(self, _: list[str]) -> Item:
        return self.some({"axis": self.random.choice((0, 1, 2, -1, -2, "length", "depth"))}, 0.3)

    def _deform_conv(self, _: list[str]) -> Item:
        return {"out_channels": self.channels()} | self._window()

    def _custom(self, _: list[str]) -> Item:
        window: Item = {"kernel_size": self.each(1, 3), "stride": self.each(1, 2)}
        fields = {"shape": self.shape(), "reason": "not known", "params": 3, "macs": "$(5 * in_channels)"}
        return fields | ({"receptive_field": window} if self.chance(0.3) else {})


class _Plain(yaml.CSafeDumper):
    """YAML without anchors, which specs do not have."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def as_text(spec: Item, flow: bool | None = None) -> str:
    """A spec as YAML, in flow style, block style, or (None) some of both."""
    return yaml.dump(spec, Dumper=_Plain, sort_keys=False, default_flow_style=flow)


def example(random: Random, path: Path) -> Network:
    """A random network, whose spec is in the file then."""
    return Everything(random, path).written()
