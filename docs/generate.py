# ruff: noqa: INP001 - a script beside the pages it writes, not part of a package
"""Write the pages that follow from the code: `python docs/generate.py`, in an environment with archcost.

`kinds.md` comes from the layer classes and the tables of examples that their tests use, `blocks.md` from the
files of the standard blocks, `findings.md` from the rules. What the code does not know stands here: a call of
each block, what the words of its parameters mean, and what to do about a finding.
"""

from __future__ import annotations

import inspect
import re
import sys
from contextlib import chdir
from fractions import Fraction
from importlib import import_module
from itertools import groupby
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill, shorten
from typing import TYPE_CHECKING, Any, cast

import yaml

from archcost import Network, analyze, explain, load
from archcost.escape import markdown
from archcost.expressions.values import show as show_value
from archcost.findings import RULES
from archcost.layers import KINDS, RANKED, find
from archcost.network import Input, Node
from archcost.report.formats import write
from archcost.source import Place, Source
from archcost.spec.zoo import BLOCKS
from archcost.windows.window import show
from archcost.words.findings import findings as line_by_line
from archcost.words.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic.fields import FieldInfo

    from archcost.findings.rule import Rule
    from archcost.layers.base import Kind
    from tests.layers.case import Case

DOCS = Path(__file__).resolve().parent


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, its columns of numbers headed with a colon; empty without rows."""
    body = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    rule = ["---:" if head.endswith(":") else "---" for head in heads]
    lines = [[head.removesuffix(":") for head in heads], rule, *body]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) if body else ""


def flow(value: object) -> str:
    """A value as a spec writes it on one line."""
    match value:
        case dict():
            entries = cast("dict[str, object]", value).items()
            return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in entries) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, cast("tuple[object, ...]", value))) + "]"
        case bool() | int() | Fraction():
            return show_value(value)
        case _:
            return f'"{value}"' if "," in str(value) else str(value)


# -- kinds ------------------------------------------------------------------------------------------------

KINDS_INTRODUCTION = """\
# Layer kinds

Every layer there is, family by family: its fields, an example with its numbers derived step by step as
`archcost explain` shows it, and more examples. All of them are tests. `python docs/generate.py` makes this
page from the code.

A tensor's shape is `channels×axes…`, for one sample. A field that takes one value per axis takes a lone
number for all of them, and any field takes an expression (`$width`, `$(width // 2)`). What the counts mean is
said in [conventions](conventions.md); a count that is not listed is 0.

"""


def kinds() -> str:
    """`kinds.md`: a section per family, and in it one per kind."""
    grouped = groupby(KINDS, lambda word: KINDS[word].partition(":")[0])
    families = {name: list(words) for name, words in grouped}
    index = "".join(
        f"- {_link(_heading(name))}: {', '.join(map(_link, words))}\n" for name, words in families.items()
    )
    return KINDS_INTRODUCTION + index + "".join(_family(name, words) for name, words in families.items())


def _link(heading: str) -> str:
    return f"[{heading}](#{heading.lower().replace(' ', '-')})"


def _heading(family: str) -> str:
    return f"{family.capitalize()} layers"


def _family(name: str, members: Iterable[str]) -> str:
    about = inspect.getdoc(import_module(f"archcost.layers.{name}"))
    return f"\n## {_heading(name)}\n\n{about}\n" + "".join(map(_kind, members))


def _kind(word: str) -> str:
    kind = _class(word)
    first, *others = (case for case in _cases() if case.kind == word)
    return "".join(
        (
            f"\n### {word}\n\n{inspect.getdoc(kind)}\n",
            _ranks(word) if word in RANKED else "",
            table(["field", "takes", "default", "meaning"], _fields(kind)),
            _derivation(first),
            table(["more examples", "fields", "shapes", "params:", "operations"], map(_example, others)),
            f"\nReference: {kind.reference}.\n" if kind.reference else "",
        )
    )


def _class(word: str) -> type[Kind]:
    found = find(word)
    if found is None:
        raise KeyError(word)
    return found[0]


def _ranks(word: str) -> str:
    return f"\n`{word}1d`, `{word}2d` and `{word}3d` are the same, and assert the number of spatial axes.\n"


def _cases() -> list[Case]:
    return import_module("tests.layers.table").CASES


def _fields(kind: type[Kind]) -> Iterator[tuple[str, str, str, str]]:
    schema = kind.model_json_schema()["properties"]
    for name, field in kind.model_fields.items():
        default = "required" if field.is_required() else _default(field.default)
        yield f"`{name}`", _takes(schema[name], field), default, field.description or ""


def _default(value: object) -> str:
    alone = cast("tuple[object, ...]", value)[0] if isinstance(value, tuple) else value
    return "–" if value is None else f"`{flow(alone)}`"


def _takes(schema: Mapping[str, Any], field: FieldInfo) -> str:
    """What a field takes, in words."""
    match schema:
        case {"anyOf": options}:
            words = [_takes(option, field) for option in options if option != {"type": "null"}]
            takes = ", or ".join(dict.fromkeys(words))
        case {"enum": words}:
            takes = ", ".join(f"`{word}`" for word in words)
        case {"const": word}:
            takes = f"`{word}`"
        case {"type": "array", "items": items}:
            takes = _takes_list(items, field)
        case {"type": "integer" | "number" as number}:
            takes = number + _bounds(schema)
        case {"type": "boolean"}:
            takes = "`true`, `false`"
        case {"$ref": _}:
            takes = "a mapping"
        case _:
            takes = "a word"
    return takes


def _takes_list(items: Mapping[str, Any], field: FieldInfo) -> str:
    if "prefixItems" in items:
        return "a list of [before, after]"
    if items.get("type", "array") == "array":
        return "a list of lists" if items else "a list, or lists in it"
    # A lone number becomes a list in a validator that runs before pydantic's own.
    lifted = "Validator" in repr((field.annotation, field.metadata))
    return f"{_takes(items, field)}, or a list" if lifted else f"a list, each {_takes(items, field)}"


def _bounds(schema: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    return " and".join(f" {sign} {schema[key]}" for key, sign in signs.items() if key in schema)


def _derivation(case: Case) -> str:
    """An example, and where its numbers come from."""
    item = f"{case.kind}: {flow(case.fields)}" if case.fields else case.kind
    steps = write("explanation", explain(_alone(case), case.kind), "table").partition("\n\n")[2]
    steps = re.sub(r"^(fields|reference) .*\n", "", steps, flags=re.MULTILINE)
    return f"\nExample, {case.sentence}: `- {item}`\n\n```text\n{steps}```\n"


def _alone(case: Case) -> Network:
    """A network of this one layer."""
    names = ["input"] if len(case.inputs) == 1 else [f"x{i}" for i, _ in enumerate(case.inputs, 1)]
    nowhere = Place(Source(""))
    inputs = tuple(Input(name, shape, nowhere) for name, shape in zip(names, case.inputs, strict=True))
    layer = _class(case.kind).model_validate(case.fields)
    node = Node(case.kind, case.kind, layer, inputs, case.output, nowhere)
    outputs: dict[str, Node | Input] = {case.kind: node}
    return Network(
        name="", path="", variant=None, variables={}, inputs=inputs, nodes=(node,), outputs=outputs
    )


def _example(case: Case) -> tuple[object, ...]:
    arriving = " and ".join(map(show, case.inputs))
    params = sum(prod(shape) for shape in case.weights.values())
    counts = [f"{n:,} {name}" for name, n in case.ops._asdict().items() if n and name != "macs"]
    macs = [f"{case.ops.macs:,} MACs"] if case.ops.macs else []
    fields = shorten(flow(case.fields)[1:-1], 100, placeholder=" …")
    shapes = f"{arriving} → {show(case.output)}".strip()
    return case.sentence, f"`{fields}`" if fields else "", shapes, f"{params:,}", ", ".join(macs + counts)


# -- blocks -----------------------------------------------------------------------------------------------

BLOCKS_INTRODUCTION = """\
# Standard blocks

Parts that many networks are made of, written in the [spec language](spec-language.md) and called by their
path: `- std/squeeze_excite: {ratio: 8}`. They work on any number of spatial axes, but for those whose kernels
differ per axis; these say so. A block adds its last word to paths (`squeeze_excite`), and each layer inside
keeps a row of its own in every report.

To change a block, copy it from `archcost/blocks/` into the `blocks:` of your spec. `python docs/generate.py`
makes this page from these files.
"""

CALLS = {
    "aspp": ("[2048, 28, 28]", "{rates: [12, 24, 36]}"),
    "attention": ("[768, 197]", "{heads: 12}"),
    "attention_gate": ("{across: [64, 56, 56], features: [64, 56, 56]}", ""),
    "basic_block": ("[64, 56, 56]", "{out_channels: 128, stride: 2}"),
    "bifpn_node": ("{across: [64, 64, 64], resized: [64, 64, 64]}", ""),
    "biased_dot_product": (
        "{q: [512, 24], k: [512, 24], v: [512, 24], bias: [8, 24, 24]}",
        "{heads: 8, scale: 1}",
    ),
    "bottleneck": ("[256, 56, 56]", "{width: 64}"),
    "c2f": ("[128, 80, 80]", "{out_channels: 128, depth: 2, add: true}"),
    "cbam": ("[256, 56, 56]", ""),
    "context_module": ("[21, 64, 64]", ""),
    "conv_lstm": ("{x: [3, 64, 64], hidden: [16, 64, 64], cell: [16, 64, 64]}", ""),
    "conv_norm_act": ("[3, 224, 224]", "{out_channels: 32, stride: 2}"),
    "convnext_block": ("[96, 56, 56]", ""),
    "cross_attention": ("{x: [512, 50], y: [768, 1500]}", ""),
    "deeplab_decoder": ("{deep: [256, 32, 32], low: [256, 128, 128]}", ""),
    "deform_conv": ("[512, 14, 14]", "{out_channels: 512, mask: true, bias: false}"),
    "deform_conv_v3": ("[64, 56, 56]", "{deform_groups: 4}"),
    "deformable_bottleneck": ("[2048, 7, 7]", "{width: 512}"),
    "dense_layer": ("[64, 56, 56]", ""),
    "detect": ("[64, 80, 80]", ""),
    "efficient_channel_attention": ("[256, 56, 56]", ""),
    "fire": ("[96, 54, 54]", "{squeeze: 16, expand1: 64}"),
    "flattened_conv": ("[16, 32, 32]", "{out_channels: 32}"),
    "fpn": ("{c3: [512, 64, 64], c4: [1024, 32, 32], c5: [2048, 16, 16]}", ""),
    "fpn_step": ("{above: [256, 16, 16], across: [1024, 32, 32]}", ""),
    "fused_mbconv": ("[24, 112, 112]", "{out_channels: 48, stride: 2}"),
    "hdc": ("[64, 64, 64]", "{norm: false}"),
    "inception": ("[192, 28, 28]", "{c1: 64, reduce3: 96, c3: 128, reduce5: 16, c5: 32, pool: 32}"),
    "inception_v3_a": ("[192, 35, 35]", "{pool: 32}"),
    "inception_v3_b": ("[288, 35, 35]", ""),
    "inception_v3_c": ("[768, 17, 17]", "{reduce7: 160}"),
    "inception_v3_d": ("[768, 17, 17]", ""),
    "inception_v3_e": ("[1280, 8, 8]", ""),
    "inverted_residual": ("[24, 56, 56]", "{out_channels: 24}"),
    "mamba": ("[768, 128]", ""),
    "mbconv": ("[40, 28, 28]", "{out_channels: 40, kernel_size: 5}"),
    "mlp": ("[768, 197]", ""),
    "multi_head_attention": ("{query: [256, 100], key: [256, 850], value: [256, 850]}", "{heads: 8}"),
    "pan": ("{p3: [256, 64, 64], p4: [256, 32, 32], p5: [256, 16, 16]}", ""),
    "pan_step": ("{below: [256, 64, 64], across: [256, 32, 32]}", ""),
    "preact_basic_block": ("[64, 56, 56]", "{out_channels: 128, stride: 2}"),
    "preact_bottleneck": ("[256, 56, 56]", "{width: 64}"),
    "res2net_split": ("[104, 56, 56]", ""),
    "resnext_bottleneck": ("[256, 56, 56]", "{out_channels: 256}"),
    "rotary": ("[64, 10]", "{heads: 4}"),
    "scaled_dot_product": ("{q: [256, 100], k: [256, 850], v: [256, 850]}", "{heads: 8}"),
    "separable_conv": ("[3, 7, 7]", "{out_channels: 128, padding: 0}"),
    "shuffle_unit": ("[240, 28, 28]", "{out_channels: 240}"),
    "shuffle_unit_v2": ("[116, 28, 28]", ""),
    "spatially_separable_conv": ("[1, 5, 5]", "{out_channels: 1, padding: 0}"),
    "sppf": ("[1024, 20, 20]", ""),
    "squeeze_excite": ("[256, 56, 56]", ""),
    "stacked_conv": ("[64, 56, 56]", "{out_channels: 64, depth: 3}"),
    "swin_block": ("[96, 56, 56]", "{heads: 3, shift: 3}"),
    "transformer_decoder_layer": ("{x: [384, 50], memory: [384, 1500]}", "{heads: 6}"),
    "transformer_encoder_layer": ("[768, 128]", "{heads: 12}"),
    "transition": ("[256, 56, 56]", ""),
    "unet_down": ("[64, 572, 572]", "{out_channels: 128, padding: 0, norm: false}"),
    "unet_up": ("{below: [128, 28, 28], across: [64, 56, 56]}", "{out_channels: 64}"),
    "xception_block": ("[728, 19, 19]", ""),
}
"""Per block, an input and the parameters of an example."""

MEANINGS = {
    "act": "activation, by its word",
    "act_first": "whether an activation comes first",
    "after": "tokens behind its own that each attends to; -1 for all",
    "add": "whether each is added to its input",
    "attention": "whether the map from across is weighed by a gate",
    "axes": "spatial axes of what arrives",
    "base": "what angles fall with, from channel to channel",
    "before": "tokens before its own that each attends to; -1 for all",
    "bias": "whether convolutions and linear layers have a bias",
    "bins": "numbers for each distance",
    "bottleneck": "channels of the 1×1, in units of `growth`; 0 leaves it out",
    "box_width": "channels inside, for boxes",
    "c1": "channels of the 1×1",
    "c3": "channels of the 3×3",
    "c5": "channels of the 5×5",
    "c7": "channels of the larger kernel, at its end",
    "causal": "whether a token attends only to itself and those before it",
    "channels": "channels that arrive, and leave",
    "class_width": "channels inside, for classes",
    "classes": "how many there are",
    "columns": "parts that the map is cut into from left to right; 0 without windows",
    "declared": "whether the index of `position_bias` and the mask are kept with the weights",
    "deform_groups": "groups of input channels, each with offsets of its own",
    "depth": "layers in a chain: convolutions, pools, bottlenecks",
    "depthwise_kernel_size": "positions of the window of the depthwise convolution, along each axis",
    "dilation": "step between neighbouring taps",
    "double3": "channels of the two 3×3 in a chain",
    "eps": "added to the variance before its root",
    "expand": "channels inside, in units of those that arrive",
    "expand1": "channels of the 1×1 that widens",
    "expand3": "channels of the 3×3 that widens",
    "expansion": "channels that leave, in units of `width`",
    "finest": "channels of the finest map",
    "first": "whether the groups are filtered without being added",
    "first_groups": "groups of the first 1×1",
    "fused": "whether one linear layer makes queries, keys and values",
    "gate": "activation that makes the gate, by its word",
    "gated": "whether the activation is multiplied by a second linear layer",
    "grid": "whether a window is a grid over the whole map",
    "group_width": "channels of each group; the last has what remains",
    "groups": "groups of the convolution",
    "grow_first": "whether the first convolution widens, not the last",
    "growth": "channels that are new",
    "head_channels": "channels of each head",
    "heads": "groups of channels that attend on their own",
    "hidden": "channels inside",
    "inner": "channels of the branch in the middle",
    "kernel_size": "positions of the window",
    "key_bias": "whether the linear layer that makes the keys has a bias",
    "key_channels": "channels of all queries together; keys have as many per head",
    "keys": "channels of all keys together",
    "kv_heads": "heads of keys and values, each shared by neighbouring heads of queries",
    "layer_scale": "whether what is added is weighed by a learned number per channel",
    "low_channels": "channels of the 1×1 of the low-level features",
    "length": "tokens that arrive",
    "mask": "whether every value that is sampled is weighed",
    "mode": "interpolation, as `upsample` knows it",
    "multiplier": "kernels per channel",
    "norm": "whether there is a batch norm",
    "norm_first": "whether norms come first, not behind the sums",
    "offset_channels": "channels of the offsets",
    "out_bias": "whether the last linear layer has a bias",
    "out_channels": "channels that leave",
    "operands": "tensors that are joined",
    "p": "probability of the dropout",
    "padded_height": "rows of the map in whole windows; 0 without windows",
    "padded_width": "columns of the map in whole windows; 0 without windows",
    "padding": "of the window",
    "passing": "channels of the first branch",
    "pool": "channels of the 1×1 behind the pool",
    "position_bias": "whether scores have a learned bias for every relative position",
    "positions": "positions of a window along both axes, for `position_bias`; 0 for tokens in a row",
    "project": "whether a 1×1 is in the shortcut",
    "qk_norm": "whether queries and keys have an RMS norm in every head",
    "query_bias": "whether the linear layer that makes the queries has a bias",
    "rank": "channels that steps are made through",
    "rates": "dilations, one per convolution",
    "ratio": "channels that arrive, in units of those inside",
    "reduce3": "channels of the 1×1 before the 3×3",
    "reduce5": "channels of the 1×1 before the 5×5",
    "reduce7": "channels of the 1×1 before the larger kernel, and inside it",
    "response_norm": "whether there is a global response norm behind the activation",
    "rows": "parts that the map is cut into from top to bottom; 0 without windows",
    "rms_norm": "whether norms are RMS norms",
    "rotary": "whether queries and keys are turned by their places",
    "rotary_base": "what the angles of `rotary` fall with, from channel to channel",
    "scale": "equal groups the channels are split into",
    "scale_factor": "ratio of the two sizes",
    "scaled": "what is multiplied by `scale`: `scores`, `queries` or `keys`",
    "scales": "channels per convolution, in units of `out_channels`",
    "separable": "whether the 3×3 are depthwise separable",
    "sets": "whether sets of tokens arrive, [channels, sets…, length]",
    "shift": "positions that windows are shifted by, along both axes",
    "squeeze": "channels that are squeezed to",
    "squeeze_act": "activation between the two 1×1 of squeeze-and-excitation, by its word",
    "states": "numbers that each channel keeps",
    "stride": "step of the window",
    "stride_first": "whether the stride is in the first 1×1",
    "taps": "positions of the window, over all axes",
    "value_bias": "whether the linear layer that makes the values has a bias",
    "value_channels": "channels of the values of all heads together, if each had its own",
    "values": "channels of all values together",
    "whole": "whether the map is one window",
    "widened": "whether there are two convolutions",
    "width": "channels of the convolution in the middle",
    "width_per_group": "channels of each group where 256 leave",
    "window": "positions of a window along both axes; 0 for none",
}
"""The words of parameters, the same in all blocks but those of `ELSEWHERE`."""

_SCORES = "what scores are multiplied by; 1 leaves it out"
_PROJECTIONS = "whether the linear layers that make queries, keys and values have a bias"
ELSEWHERE = {
    ("attention", "bias"): _PROJECTIONS,
    ("attention", "mask"): "whether scores are masked, as windows that are shifted need",
    ("attention", "scale"): _SCORES,
    ("biased_dot_product", "scale"): _SCORES,
    ("bifpn_node", "bias"): "whether the 1×1 has a bias",
    ("bifpn_node", "eps"): "added to the sum of the weights that each is divided by",
    ("cbam", "bias"): "whether both 1×1 have a bias",
    ("cross_attention", "bias"): _PROJECTIONS,
    ("deform_conv", "bias"): "whether the convolution has a bias; that of the offsets always has",
    ("detect", "separable"): "whether the 3×3 for classes are depthwise separable",
    ("mamba", "inner"): "channels of each half",
    ("multi_head_attention", "bias"): _PROJECTIONS,
    ("multi_head_attention", "scale"): _SCORES,
    ("scaled_dot_product", "scale"): _SCORES,
    ("transformer_decoder_layer", "bias"): "whether linear layers and layer norms have a bias",
    ("transformer_encoder_layer", "bias"): "whether linear layers and layer norms have a bias",
    (
        "transformer_encoder_layer",
        "eps",
    ): "added to the variance (or the mean of the squares) before its root",
}
"""Parameters that mean something else in a block, by its word and theirs."""


def blocks() -> str:
    """`blocks.md`: a section per file."""
    return BLOCKS_INTRODUCTION + "".join(_block(file) for file in sorted(BLOCKS.glob("*.yaml")))


def _block(file: Path) -> str:
    # No expression starts a list or a mapping, so YAML 1.1 reads a block as 1.2 does.
    text = yaml.safe_load(file.read_text("utf-8"))
    parameters = text["blocks"][file.stem]["params"]
    words = {name: ELSEWHERE.get((file.stem, name), MEANINGS[name]) for name in parameters}
    rows = ((f"`{name}`", _default_of(value), words[name]) for name, value in parameters.items())
    inputs, call = CALLS[file.stem]
    item = f"std/{file.stem}: {call}" if call else f"std/{file.stem}"
    return (
        f"\n## {file.stem}\n\n{fill(text['note'], 110, break_on_hyphens=False)}\n"
        + table(["parameter", "default", "meaning"], rows)
        + f"\nExample: `- {item}`\n"
        + _layers(_called(item, inputs))
    )


def _called(item: str, inputs: str) -> Network:
    """A network of this one call."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "example.yaml"
        file.write_text(f"archcost: 1\nname: example\ninput: {inputs}\nlayers:\n  - {item}\n", "utf-8")
        return load(file)


def _default_of(value: object) -> str:
    return "required" if value == "required" else f"`{flow(value)}`"


def _layers(example: Network) -> str:
    """A row per node, and what they cost together."""
    report = analyze(example)
    rows = [
        (f"`{row.path.partition('.')[2]}`", show(row.output), f"{row.params:,}", f"{row.macs:,}")
        for row in report.nodes
    ]
    arriving = ("arrives", " and ".join(show(tensor.output) for tensor in example.inputs), "", "")
    total = ("**in all**", "", f"{report.totals.params:,}", f"{report.totals.macs:,}")
    return table(["layer", "shape", "params:", "MACs:"], [arriving, *rows, total])


# -- findings ---------------------------------------------------------------------------------------------

FINDINGS_INTRODUCTION = """\
# Findings

What archcost notices about a network without being asked. `archcost analyze` prints findings below the table,
in the order of the text, and exits with 0 whatever they are; in JSON they are the `findings` of each spec.
What a rule says of several nodes that are written at the same place, in a block that is repeated, is one line
of the table and one entry per node in JSON.

`error` is a network that does not do what it was written to do, `warn` one that hardly does what was meant,
`info` is worth knowing and often right as it is. The numbers are counted on the actual sizes, never
estimated.

`archcost check` has rules of its own beside these, about limits, bases and waivers: [their
table](configuration.md#rules).

Each rule has a spec in which it finds something, with all it says there, and one as alike as possible in
which it does not. `python docs/generate.py` makes this page from the rules.

"""


def findings() -> str:
    """`findings.md`: a section per rule."""
    rows = ((f"[{name}](#{name})", _levels(rule), rule.summary) for name, rule in RULES.items())
    return (
        FINDINGS_INTRODUCTION.rstrip()
        + "\n"
        + table(["rule", "level", "what"], rows)
        + "".join(map(_rule, RULES.values()))
    )


def _levels(rule: Rule) -> str:
    return " or ".join(f"`{level}`" for level in rule.levels)


def _rule(rule: Rule) -> str:
    _, said = _found(rule, rule.good)
    if said:
        raise ValueError(f"{rule.name}: its good example is reported")
    return (
        f"\n## {rule.name}\n\n{_levels(rule)}: {rule.summary}.\n\n{rule.why}\nReported:\n\n"
        + _example_of(rule, rule.bad)
        + "\nNot reported:\n\n"
        + _example_of(rule, rule.good)
    )


def _example_of(rule: Rule, text: str) -> str:
    """A spec and what the rule says of it."""
    levels, said = _found(rule, text)
    missed = " missed" if "error" in levels else ""
    return f"```yaml{missed}\n{text}```\n" + "".join(f"\n> {markdown(line)}\n" for line in said)


def _found(rule: Rule, text: str) -> tuple[set[str], list[str]]:
    """The levels of all that is found in a spec, and what this rule says of it."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("net.yaml").write_text(text, "utf-8")
        found = analyze(load("net.yaml")).findings
    return {one.level for one in found}, line_by_line((f for f in found if f.rule == rule.name), Style())


PAGES = {"kinds.md": kinds, "blocks.md": blocks, "findings.md": findings}
"""Each page by its file's name."""

if __name__ == "__main__":
    sys.path.append(str(DOCS.parent))  # where `tests` is
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")
