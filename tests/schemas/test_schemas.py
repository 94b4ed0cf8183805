"""The JSON Schemas: what we read and write satisfies them, what is wrong does not."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import archcost
from archcost.analysis.facts import Facts
from archcost.analysis.field_report import field_report
from archcost.layers import KINDS, find, words
from archcost.limits import DEFAULT
from archcost.report.formats import write
from archcost.schemas import SCHEMAS, schema
from archcost.spec.yaml_reader import MappingNode, SequenceNode, read

if TYPE_CHECKING:
    from archcost.spec.yaml_reader import Tree

ROOT = Path(__file__).parents[2]
SPECS = sorted([*(ROOT / "specs").glob("*.yaml"), *(ROOT / "tests" / "networks").glob("*.yaml")])


def complaints(name: str, document: object) -> list[str]:
    """What a schema has against a document."""
    validator: Any = Draft202012Validator(schema(name))
    return [error.message for error in validator.iter_errors(document)]


def data(tree: Tree) -> Any:  # noqa: ANN401 - whatever YAML can hold
    """A spec as an editor sees it: without places, its numbers as JSON has them."""
    if isinstance(tree, MappingNode):
        return {entry.key.text: data(entry.value) for entry in tree.entries}
    if isinstance(tree, SequenceNode):
        return [data(item) for item in tree.items]
    return float(tree.value) if isinstance(tree.value, Fraction) else tree.value


def spec_of(text: str) -> Any:  # noqa: ANN401 - likewise
    return data(read(text.encode(), "text", DEFAULT))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema(name: str) -> None:
    made = schema(name)
    Draft202012Validator.check_schema(made)
    assert json.loads(json.dumps(made, allow_nan=False)) == made


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_satisfies_the_schema(path: Path) -> None:
    assert complaints("spec", spec_of(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "item",
    [
        "relu",
        "{relu: null}",
        "{relu, name: act}",
        "std/squeeze_excite",
        "{my_block: {width: $w}}",
        "{conv: {out_channels: 64, kernel_size: 3}}",
        "{conv2d: {out_channels: $width, kernel_size: [1, 7], padding: [0, 3]}}",
        "{conv: {out_channels: $(width*2), kernel_size: [3, $k], padding: [[1, 2], [0, 1]]}}",
        "{conv: {out_channels: 64, kernel_size: 3, padding: same, bias: $bias}}",
        "{upsample: {scale_factor: 1.5, mode: nearest}}",
        "{upsample: {like: c3}}",
        "{name: gate, branches: {a: [], b: {when: $x, body: [relu]}}, merge: multiply}",
        "{residual: [relu], shortcut: [], merge: {concat: {axis: 1}}}",
        "{repeat: 3, body: [relu]}",
        "{repeat: {i: $n, width: [64, 128]}, body: [relu], collect: concat}",
        "{repeat: [{t: 1, c: 16}, {t: 6, c: 24}], body: [relu], dense: concat}",
        "{repeat: {i: 3}, carry: [high, low], body: [relu], from: [a, b.c]}",
        "{relu, expect: {shape: [64, 8, 8], stride: 4, receptive_field: [3, 5]}}",
        "{relu, expect: {params: 1.2M, macs: 118000, coverage: 1.0}}",
        "{add, from: [previous, pop(skips), a.b], push: sums}",
        "{relu, from: pop(skips)}",
        "{add, from: all(skips)}",
        "{relu, share: $cell}",
        "{concat: {axis: length}, from: [a, b]}",
        "{layer_norm: {axis: [channels, -1]}}",
        "{activation: {function: softmax, axis: $where}}",
        "{split: {parts: [q, k, v], axis: channels}}",
        "{rearrange: {pattern: c (y a) w -> c y (a w), sizes: {a: $k}}}",
        "{relu, share: [encoder, $layer, 3]}",
        "{relu, share: false}",
        "{conv: {out_channels: $(in_channels(a.b)), kernel_size: 1}, push: skips}",
        "{relu, when: $(in_channels != 64), note: why not, share: tower}",
        '{custom: {shape: [5], macs: $(2*3), reason: "a lookup"}}',
    ],
)
def test_an_item_of_the_language_satisfies_the_schema(item: str) -> None:
    spec = spec_of(f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {item}\n")
    assert complaints("spec", spec) == []


@pytest.mark.parametrize(
    ("item", "mended"),
    [
        ("3", "relu"),
        ("{conv: {out_channels: 64}}", "{conv: {out_channels: 64, kernel_size: 3}}"),
        (
            "{conv: {out_channels: 64, kernel_size: 3, kernal: 3}}",
            "{conv: {out_channels: 64, kernel_size: 3, groups: 3}}",
        ),
        ("{conv: {out_channels: 0, kernel_size: 3}}", "{conv: {out_channels: 1, kernel_size: 3}}"),
        (
            "{conv: {out_channels: 64, kernel_size: 3, padding: full}}",
            "{conv: {out_channels: 64, kernel_size: 3, padding: same}}",
        ),
        (
            "{conv: {out_channels: 64, kernel_size: 3, bias: 1}}",
            "{conv: {out_channels: 64, kernel_size: 3, bias: true}}",
        ),
        ("conv: 64", "conv: {out_channels: 64, kernel_size: 1}"),
        ("{relu, expect: {shapes: [3]}}", "{relu, expect: {shape: [3]}}"),
        ("{branches: [relu], merge: add}", "{branches: {a: [relu]}, merge: add}"),
        ("{branches: {a: []}, merge: relu}", "{branches: {a: []}, merge: add}"),
        ("{upsample: {mode: cubic, size: 4}}", "{upsample: {mode: bicubic, size: 4}}"),
        ("{repeat: 2, body: [relu], dense: {width: 8}}", "{repeat: 2, body: [relu], dense: concat}"),
        ("{repeat: 2, body: [relu], carry: a}", "{repeat: 2, body: [relu], carry: [a]}"),
        ("{relu, push: [a]}", "{relu, push: a}"),
        ("{relu, share: []}", "{relu, share: [a]}"),
        ("{softmax: {axis: lenght}}", "{softmax: {axis: length}}"),
        ("{relu, share: true}", "{relu, share: false}"),
        ("{relu, from: pop()}", "{relu, from: pop(a)}"),
        ("{residual: [relu], shortcut: identity}", "{residual: [relu], shortcut: [identity]}"),
        (
            "{conv_transpose: {out_channels: 8, kernel_size: 3, padding: causal}}",
            "{conv_transpose: {out_channels: 8, kernel_size: 3, padding: same}}",
        ),
    ],
)
def test_an_item_with_a_mistake_does_not_and_the_mistake_is_why(item: str, mended: str) -> None:
    text = "archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - relu\n  - {}\n"
    validator: Any = Draft202012Validator(schema("spec"))
    errors = list(validator.iter_errors(spec_of(text.replace("{}", item))))
    assert [list(error.absolute_path) for error in errors] == [["layers", 1]]
    assert complaints("spec", spec_of(text.replace("{}", mended))) == []


FREE = ["merge", "collect", "dense", "carry", "shortcut", "cost", "unit_2"]
"""Words that a block may have, some of which also stand beside a structure."""


@pytest.mark.parametrize("word", FREE)
def test_a_block_may_have_any_word_that_the_reader_lets_it_have(word: str, tmp_path: Path) -> None:
    """Called bare, with a parameter and with a name; the reader is asked first."""
    body = "body: [{conv: {out_channels: $out, kernel_size: 1}}]"
    text = (
        f"archcost: 1\nname: net\ninput: [3, 8, 8]\nblocks: {{{word}: {{params: {{out: 4}}, {body}}}}}\n"
        f"layers:\n  - {word}\n  - {word}: {{out: 8}}\n  - {{{word}: null, name: last}}\n"
    )
    path = tmp_path / "net.yaml"
    path.write_text(text)
    assert len(archcost.load(path).nodes) == 3
    assert complaints("spec", spec_of(text)) == []


@pytest.mark.parametrize("key", ["archcost", "name", "input", "layers"])
def test_a_spec_needs_its_four_keys(key: str) -> None:
    spec = {"archcost": 1, "name": "net", "input": [3], "layers": ["relu"]}
    assert complaints("spec", spec) == []
    del spec[key]
    assert complaints("spec", spec) == [f"'{key}' is a required property"]


def test_every_word_and_every_field_is_completed_with_its_description() -> None:
    made = schema("spec")["$defs"]
    (item,) = [part for part in made["items"]["items"]["anyOf"] if part.get("type") == "object"]
    assert set(words()) <= set(item["properties"])
    for word in KINDS:
        found = find(word)
        assert found is not None
        fields = made[word] if "properties" in made[word] else made[word]["anyOf"][0]
        assert set(fields["properties"]) == set(found[0].model_fields)
        assert fields["description"]
        assert all(field["description"] for field in fields["properties"].values())


@pytest.mark.parametrize(
    "names", [["lenet5"], ["resnet50", "efficientnet_b0", "deeplabv3_resnet50"]], ids=str
)
def test_real_reports_satisfy_the_schema(names: list[str]) -> None:
    reports = [archcost.analyze(archcost.load(f"zoo:{name}")) for name in names]
    document = json.loads(write("analysis", reports, "json"))
    assert complaints("report", document) == []
    document["specs"][0]["totals"]["macs"] = 1.5
    assert complaints("report", document) == ["1.5 is not of type 'integer'"]


def test_a_report_about_two_inputs_satisfies_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "archcost: 1\nname: two\ninput: {left: [3, 8, 8], right: [3, 8, 8]}\n"
        "layers:\n  - {add, from: [left, right], expect: {params: 1}}\n"
    )
    document = json.loads(write("analysis", [archcost.analyze(archcost.load(path))], "json"))
    assert len(document["specs"][0]["findings"]) == 1
    assert complaints("report", document) == []


@pytest.mark.parametrize("name", ["hdc_segmentation_gridding", "resnet18", "wavenet", "lenet5"])
@pytest.mark.parametrize("effective", [True, False])
def test_reports_of_fields_satisfy_the_schema(name: str, *, effective: bool) -> None:
    report = field_report(Facts.of(archcost.load(f"zoo:{name}")), effective=effective)
    assert complaints("rf", json.loads(write("fields", report, "json"))) == []


def test_explanations_satisfy_the_schema() -> None:
    net = archcost.load("zoo:lenet5")
    for path in [*net.by_path, "s2"]:
        document = json.loads(write("explanation", archcost.explain(net, path), "json"))
        assert complaints("explanation", document) == []
