"""What messages propose: that it can be written as it stands, and that it costs what was meant."""

from __future__ import annotations

import contextlib
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from archcost import analyze, foreign, load
from archcost.errors import Diagnostic, SpecError, UsageError
from archcost.layers import KINDS
from archcost.limits import DEFAULT
from archcost.spec import foreign_layers, foreign_values
from archcost.spec.keywords import STRUCTURES
from archcost.spec.unknown_words import Slips, kind_tail
from archcost.spec.yaml_reader import MappingNode, read
from tests.test_broken import BROKEN, CASES, options

if TYPE_CHECKING:
    from pathlib import Path


def proposals(text: str) -> list[str]:
    """What stands in backquotes and is a kind with its fields, of which none is left open."""
    found = re.findall(r"`(?:- )?([^`]+)`", text)
    return [one for one in found if re.fullmatch(r"(std/)?\w+: \{[^…]*\}", one)]


def params(tmp_path: Path, item: str, shape: str = "[64, 16, 16]") -> int:
    """The parameters of a network of one item."""
    path = tmp_path / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: {shape}\nlayers:\n  - {item}\n", "utf-8")
    return analyze(load(path)).totals.params


def message(tmp_path: Path, item: str) -> str:
    """The one mistake of a network of one item, followed by another layer."""
    path = tmp_path / "broken.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [64, 16, 16]\nlayers:\n  - {item}\n  - relu\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    (mistake,) = caught.value.diagnostics
    return mistake.message


def broken(case: str, folder: Path = BROKEN) -> list[Diagnostic]:
    """The mistakes of a broken spec; none where it is not the spec that is wrong."""
    file = folder / f"{case}.yaml"
    given = options(file.read_text("utf-8", "replace"))
    settings = dict(pair.split("=", 1) for pair in given["set"].split("; ")) if "set" in given else {}
    limits = DEFAULT.setting(given["limit"]) if "limit" in given else DEFAULT
    with contextlib.chdir(folder):
        try:
            load(
                file.name, set=settings, variant=given.get("variant"), input=given.get("input"), limits=limits
            )
        except SpecError as error:
            return list(error.diagnostics)
        except UsageError:
            return []
    return []


# -- words of other frameworks ------------------------------------------------------------------------------

SENTENCES = {*foreign.layers.INSTEAD.values(), *foreign.layers.DIFFERS.values()}
COMPLETE = sorted({one for sentence in SENTENCES for one in proposals(sentence)})


def test_many_items_are_proposed() -> None:
    assert len(COMPLETE) > 15


@pytest.mark.parametrize("item", COMPLETE)
def test_an_item_that_a_sentence_proposes_can_be_read(item: str, tmp_path: Path) -> None:
    shape = "[768, 196]" if re.search("768|transformer|rotary", item) else "[64, 16, 16]"
    assert params(tmp_path, item, shape) >= 0


CONV = 64 * 64 * 9
NORM = 2 * 64
ROWS = {
    "[-1, 1, Conv, [64, 3, 2]]": CONV + NORM,
    "[-1, 1, Conv, [64]]": 64 * 64 + NORM,
    "[-1, 1, Conv, [64, 2, 2]]": 64 * 64 * 4 + NORM,
    "[-1, 1, Conv, [64, 3, 1, None, 2]]": CONV // 2 + NORM,
    "[-1, 1, DWConv, [64, 3, 1]]": 64 * 9 + NORM,
    "[-1, 1, nn.Conv2d, [64, 64, 3]]": CONV + 64,
    "[-1, 1, nn.Upsample, [None, 2, nearest]]": 0,
}
"""Rows of Ultralytics on 64 channels, and their parameters: weights, and two per channel of a norm."""


@pytest.mark.parametrize(("row", "expected"), ROWS.items())
def test_a_row_of_ultralytics_is_answered_with_its_costs(row: str, expected: int, tmp_path: Path) -> None:
    (item,) = proposals(message(tmp_path, row))
    assert params(tmp_path, item) == expected


def test_its_padding_is_half_of_an_even_kernel(tmp_path: Path) -> None:
    (item,) = proposals(message(tmp_path, "[-1, 1, Conv, [64, 2, 2]]"))
    path = tmp_path / "net.yaml"
    path.write_text(f"archcost: 1\nname: net\ninput: [3, 16, 16]\nlayers:\n  - {item}\n", "utf-8")
    assert load(path).nodes[-1].output == (64, 9, 9)  # (16 + 2 - 2) // 2 + 1


MODULES = [
    "Conv",
    "DWConv",
    "Bottleneck",
    "C2f",
    "SPPF",
    "Concat",
    "Detect",
    "nn.Upsample",
    "GhostConv",
    "Focus",
]


@pytest.mark.parametrize("module", MODULES)
def test_no_row_of_ultralytics_leads_to_a_plain_layer_of_other_costs(module: str, tmp_path: Path) -> None:
    said = message(tmp_path, f"[-1, 1, {module}, [64, 3]]")
    assert not re.search(r"`(conv|depthwise_conv|std/bottleneck)\b", said)


WORDS = {
    "Conv": ("conv", "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: silu}", CONV + NORM),
    "DWConv": (
        "depthwise_conv",
        "std/conv_norm_act: {out_channels: 64, kernel_size: 3, groups: $in_channels, act: silu}",
        64 * 9 + NORM,
    ),
    "SeparableConv2D": ("", "depthwise_conv: {kernel_size: 3, bias: false}", 64 * 9),
    "BatchNorm": ("batch_norm", "batch_norm: {affine: false}", 0),
    "Scale": ("scale", "layer_scale: {bias: true}", 2 * 64),
    "CBS": ("", "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: silu}", CONV + NORM),
    "conv_bn": ("", "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: none}", CONV + NORM),
}
"""A word of several meanings: what is offered, what the other one is, and its parameters on 64 channels."""


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_is_several_things_is_answered_with_the_other_too(word: str, tmp_path: Path) -> None:
    ours, other, expected = WORDS[word]
    said = kind_tail(word, STRUCTURES, [])
    assert f"did you mean '{ours}'" in said or not ours
    assert f"`{other}`" in said
    assert params(tmp_path, other) == expected


def test_of_a_standard_block_it_is_said_what_it_holds() -> None:
    said = kind_tail("SELayer", STRUCTURES, [])
    assert "the map times a gate per channel" in said
    assert "ratio: 16, act: relu, gate: sigmoid, bias: true" in said
    said = kind_tail("Bottleneck", STRUCTURES, [])
    assert "1×1 to `width`, 3×3, 1×1 to `width * expansion`" in said
    assert "Ultralytics' is a `residual` of two `std/conv_norm_act`" in said
    assert kind_tail("squeeze_excite", STRUCTURES, []) == " (did you mean 'std/squeeze_excite'?)"


def test_calls_are_answered_likewise(tmp_path: Path) -> None:
    said = message(tmp_path, '"Conv(64, 64, 3)"')
    assert "`conv: {out_channels: 64, kernel_size: 3}`; Ultralytics' also has" in said
    (item,) = proposals(message(tmp_path, "\"nn.Upsample(None, 2, mode='bilinear')\""))
    assert item == "upsample: {scale_factor: 2, mode: bilinear}"


def test_a_field_whose_value_is_another_elsewhere_says_so(tmp_path: Path) -> None:
    said = message(tmp_path, "depthwise_conv: {out_channels: 64, kernel_size: 3}")
    assert said.endswith("it is how many there are for each channel that arrives, and 1 keeps their number")
    assert params(tmp_path, "depthwise_conv: {multiplier: 1, kernel_size: 3, bias: false}") == 64 * 9
    assert "padding: same" in message(tmp_path, "max_pool: {size: 2}")
    assert "half the kernel" not in message(tmp_path, "conv: {out_channels: 8, kernel_size: 3, pad: 1}")


def test_the_padding_of_darknet_is_half_the_kernel() -> None:
    node = read(b"{filters: 32, size: 1, pad: 1}", "cfg", DEFAULT)
    assert isinstance(node, MappingNode)
    found = Slips(["out_channels", "kernel_size", "padding"], node.entries, kind="conv").found
    assert "half the kernel, which is 0 for a kernel of 1" in found[-1][1]


# -- hints of broken specs, followed word by word --------------------------------------------------------

FORMS = (
    re.compile(r"\(did you mean '([^']+)'\?\)"),
    re.compile(r", such as (\{[^…]*\})$"),
    re.compile(r"; it must be .*; write ([\[$]\S.*|true|false|\d\S*)$"),
    re.compile(r", (without quotes)$"),
)
"""How a message proposes what to write in the place that it points at."""

BEFORE = {case: broken(case) for case in CASES}


def followed(case: str) -> list[tuple[Diagnostic, str, int]]:
    """The mistakes that propose something, the broken spec in which that is written, and how long it is."""
    lines = (BROKEN / f"{case}.yaml").read_text("utf-8", "replace").split("\n")
    found: list[tuple[Diagnostic, str, int]] = []
    for one in BEFORE[case]:
        match = next(filter(None, (form.search(one.message) for form in FORMS)), None)
        if match is None or one.place.source.name != f"{case}.yaml" or "no such file" in one.message:
            continue
        line, start = lines[one.place.line - 1], one.place.column - 1
        end = start + one.place.width
        new = line[start:end].strip("'\"") if match[1] == "without quotes" else match[1]
        changed = [*lines[: one.place.line - 1], line[:start] + new + line[end:], *lines[one.place.line :]]
        found.append((one, "\n".join(changed), len(new)))
    return found


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The broken specs and what they include, to be changed."""
    return shutil.copytree(BROKEN, tmp_path_factory.mktemp("hints") / "broken")


FOLLOWED = [(case, *one) for case in CASES for one in followed(case)]


def test_many_hints_can_be_followed() -> None:
    assert len(FOLLOWED) > 100


@pytest.mark.parametrize(
    ("mistake", "text", "length"),
    [one for _, *one in FOLLOWED],
    ids=[f"{case}-{one.place.line}-{one.place.column}" for case, one, *_ in FOLLOWED],
)
def test_a_hint_that_is_followed_leads_to_no_mistake_in_its_place(
    mistake: Diagnostic, text: str, length: int, copy: Path
) -> None:
    """A layer that is known now may need fields, which nobody could say before."""
    (copy / "followed.yaml").write_text(text, "utf-8")
    left = broken("followed", copy)
    place = mistake.place
    columns = range(place.column, place.column + length)
    here = [one.message for one in left if one.place.line == place.line and one.place.column in columns]
    assert [one for one in here if ": needs " not in one] == []


NAMES = sorted(
    {name for case in CASES for one in BEFORE[case] for name in re.findall(r"`name: ([^`…]+)`", one.message)}
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_proposed_is_one(name: str, tmp_path: Path) -> None:
    assert params(tmp_path, f"{{name: {name}, relu: {{}}}}") == 0


VALUES = ("64", "0.1", "true", "same", "swish", "'10'", "[64, 3]", "[2, 2]", "[64, 1024]", "[0, 2, 1]", "$w")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("kind", KINDS)
def test_fields_that_are_proposed_for_a_bare_value_can_hold_it(kind: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    head = "archcost: 1\nname: net\ninput: [64, 16, 16]\nvars: {w: 64}\nlayers:\n"
    path.write_text(f"{head}  - {kind}: {value}\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    match = re.search(r", such as (\{.*\})$", caught.value.diagnostics[0].message)
    if match is None:  # then nothing is proposed, but the fields are named
        assert re.search(r"it takes |write it bare|what it joins", caught.value.diagnostics[0].message)
        return
    path.write_text(f"{head}  - {kind}: {match[1]}\n", "utf-8")
    try:
        load(path)
    except SpecError as error:
        said = [one.message for one in error.diagnostics]
        assert not [one for one in said if re.search(r"it must be|unknown|no field|beyond", one)]


OF_BLOCKS = {
    "std/bottleneck: 64": "{width: 64}",
    "std/bottleneck: relu": "{width: …}",
    "std/squeeze_excite: sigmoid": "{ratio: …}",
    "std/attention: true": "{heads: …}",
    "std/attention: $w": "{heads: $w}",
    "std/conv_norm_act: [64, 3]": "{out_channels: …}",
}


@pytest.mark.parametrize(("item", "proposal"), OF_BLOCKS.items())
def test_a_parameter_is_not_proposed_for_a_value_of_another_sort(
    item: str, proposal: str, tmp_path: Path
) -> None:
    said = message(tmp_path, item)
    assert said.endswith(f"its parameters are a mapping, such as {proposal}")


CONDITIONS = {
    "{relu, when: in_channels > 3}": "$(in_channels > 3)",
    "{relu, when: w == 64 and in_height != 3}": "$(w == 64 and in_height != 3)",
    "{relu, when: not big}": "$(not big)",
    "{repeat: w // 32, body: [relu]}": "$(w // 32)",
    "{repeat: {i: w // 32}, body: [{conv: {out_channels: $(i + 1), kernel_size: 1}}]}": "$(w // 32)",
}


@pytest.mark.parametrize(("item", "instead"), CONDITIONS.items())
def test_an_expression_without_its_dollar_is_answered_with_it(
    item: str, instead: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    head = "archcost: 1\nname: net\ninput: [64, 16, 16]\nvars: {w: 64, big: true}\nlayers:\n"
    path.write_text(f"{head}  - {item}\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    (mistake,) = caught.value.diagnostics
    assert mistake.message.endswith(f"; write {instead}")
    text = path.read_text("utf-8").replace(instead[2:-1], instead)
    path.write_text(text, "utf-8")
    load(path)


def test_what_is_wrong_without_its_quotes_too_is_not_proposed(tmp_path: Path) -> None:
    assert message(tmp_path, "conv: {out_channels: '8', kernel_size: 1}").endswith(", without quotes")
    assert message(tmp_path, "conv: {out_channels: '8.5', kernel_size: 1}").endswith("a whole number")
    assert message(tmp_path, "conv: {out_channels: '-8', kernel_size: 1}").endswith("a whole number")


HABITS = {
    "conv: {out_channels: None, kernel_size: 3}": "",
    "conv: {out_channels: 3x3, kernel_size: 3}": "",
    "conv: {out_channels: '1,024', kernel_size: 3}": "; write 1024",
    "conv: {out_channels: 8, kernel_size: 3x3}": "; write [3, 3]",
    "conv: {out_channels: 8, kernel_size: 3, groups: None}": "; leave it out",
    "conv: {out_channels: 8, kernel_size: 3, stride: yes}": "",
    "conv: {out_channels: 8, kernel_size: 3, bias: no}": "; write false",
    "conv: {out_channels: 8, kernel_size: 3, bias: 1k}": "",
    "conv: {out_channels: 8, kernel_size: [3, 3k]}": "; write 3000",
    "dropout: {p: 50%}": "; write 0.5",
    "dropout: {p: 150%}": "",
}
"""A value as other languages write it, and what is proposed: nothing that the field cannot hold."""


@pytest.mark.parametrize(("item", "tail"), HABITS.items())
def test_a_value_of_another_language_is_translated_if_the_field_can_hold_it(
    item: str, tail: str, tmp_path: Path
) -> None:
    said = message(tmp_path, item)
    assert said.endswith(tail)
    assert tail or not re.search(r"; write |; leave it out", said)


@pytest.mark.parametrize(
    ("given", "tail"), {"yes": "", "3k": "; write 3000", "None": "; leave it out"}.items()
)
def test_a_setting_is_translated_if_the_variable_is_of_that_sort(
    given: str, tail: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcost: 1\nname: net\nvars: {w: 8}\ninput: [64, 16, 16]\nlayers:\n"
        "  - conv: {out_channels: $w, kernel_size: 1}\n",
        "utf-8",
    )
    with pytest.raises(UsageError) as caught:
        load(path, set={"w": given})
    assert str(caught.value) == f"--set w={given}: '{given}' is a word, and w is 8 in the spec{tail}"
    with pytest.raises(UsageError) as caught:
        load(path, set={"w": "9" * 5_000})
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("name", ["0", "12", "0.high"])
def test_a_number_is_not_proposed_as_a_name(name: str, tmp_path: Path) -> None:
    said = message(tmp_path, f"{{tanh, from: '{name}'}}")
    assert said.endswith("items are read by name, not by number: give the item a `name`")


def test_whoever_reads_an_item_whose_name_is_none_makes_no_mistake(tmp_path: Path) -> None:
    said = message(tmp_path, "{relu, name: 0}\n  - {tanh, from: '0'}")
    assert said == "name 0 is a number; a name has at least one letter"


def test_texts_are_looked_at_up_to_three_hundred_characters() -> None:
    call, shape = ("nn.ReLU(" + " " * 291 + ")", "(3," + " " * 295 + "3)")
    assert (len(call), len(shape)) == (300, 300)
    assert foreign_layers.layer(call) == "write `relu`"
    assert foreign_layers.layer(f"{call} ") is None
    assert foreign_values.instead(shape) == "; write [3, 3]"
    assert foreign_values.instead(shape.replace(" ", "  ", 1)) == ""


@pytest.mark.parametrize(
    "values",
    ["[64, 128]", "[[64, 3], [128, 4]]", '["on: off", eight]', "[$n, 2]", "\n      - 64\n      - [1, 2]"],
)
def test_a_repeat_of_bare_values_is_answered_with_what_can_be_pasted(values: str, tmp_path: Path) -> None:
    head = "archcost: 1\nname: net\nvars: {n: 1}\ninput: [3, 8, 8]\nlayers:\n"
    text = f"{head}  - repeat: {values}\n    body: [relu]\n"
    path = tmp_path / "net.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SpecError) as caught:
        load(path)
    hint = caught.value.diagnostics[0].message.partition("; write ")[2]
    assert hint.startswith("{width: [")
    path.write_text(text.replace(values, hint), "utf-8")
    assert len(load(path)) == 2


def test_a_long_list_of_a_repeat_is_not_written_out(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {{repeat: {[*range(99)]}, body: [relu]}}\n"
    )
    with pytest.raises(SpecError, match=r"give them one, as \{width: \[64, 128\]\} does\n"):
        load(path)
