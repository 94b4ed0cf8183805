"""`archcost compare`: what its options do, and how it refuses."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import archcost
from archcost.schemas import schema
from tests.cli.program import SPECS, python
from tests.cli.program import archcost as program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

FORMATS = ["table", "json", "csv", "markdown"]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def labels(run: Run, *args: str) -> list[str]:
    done = run("compare", *args, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return [row["label"] for row in rows(done.stdout)]


# -- which networks ---------------------------------------------------------------------------------------


def test_variants_come_after_the_spec_as_it_is(run: Run) -> None:
    assert labels(run, "tiny.yaml", "--variants") == ["tiny", "wide"]


def test_specs_without_variants_stand_beside_those_that_have_some(run: Run) -> None:
    assert labels(run, "tiny.yaml", "hdc.yaml", "--variants") == ["tiny", "tiny (wide)", "hdc"]


def test_several_settings_make_all_combinations_the_last_fastest(run: Run) -> None:
    found = labels(run, "tiny.yaml", "--set", "width=8,16", "--set", "act=relu,gelu,silu")
    assert found == [f"width={width}, act={act}" for width in (8, 16) for act in ("relu", "gelu", "silu")]


def test_variants_and_settings_multiply(run: Run) -> None:
    found = labels(run, "zoo:plain_3x3", "--variants", "--set", "channels=64,128")
    assert len(found) == 18
    assert found[:3] == ["plain_3x3 channels=64", "plain_3x3 channels=128", "bottleneck channels=64"]


def test_a_setting_with_one_value_is_in_no_name(run: Run) -> None:
    assert labels(run, "tiny.yaml", "--set", "width=8,16", "--set", "act=gelu") == ["width=8", "width=16"]


def test_lists_are_single_values(run: Run) -> None:
    done = run("compare", "zoo:resnet50", "--set", "depths=[1,1,1,1],[2,2,2,2]", "--format", "json")
    assert [row["vars"]["depths"] for row in json.loads(done.stdout)["networks"]] == [[1] * 4, [2] * 4]


def test_fractions_are_values(run: Run) -> None:
    assert labels(run, "zoo:mobilenet_v2", "--set", "width=0.5,1.0") == ["width=0.5", "width=1.0"]


def test_the_same_spec_and_the_same_value_twice_are_one_network(run: Run) -> None:
    assert labels(run, "tiny.yaml", "tiny.yaml", "--set", "width=8,8") == ["tiny"]


def test_networks_of_the_same_name_are_told_apart_by_their_files(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text((SPECS / "tiny.yaml").read_text())
    assert labels(run, "tiny.yaml", "hdc.yaml", str(copy)) == ["tiny.yaml", "hdc", str(copy)]


def test_one_network_is_a_table_of_one_row_without_marks_and_factors(run: Run) -> None:
    done = run("compare", "tiny.yaml", "--quiet")
    assert done.returncode == 0
    assert "×" not in done.stdout.replace("17×17", "")
    assert "Pareto" not in done.stdout


def test_standard_input_stands_beside_files() -> None:
    done = program("compare", "-", "hdc.yaml", "-f", "csv", stdin=(SPECS / "tiny.yaml").read_text())
    assert [row["spec"] for row in rows(done.stdout)] == ["-", "hdc.yaml"]


# -- what is shown ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_how_many_findings_a_network_has(form: str, run: Run) -> None:
    done = run("compare", "tiny.yaml", "hdc.yaml", "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    match form:
        case "json":
            counts = [
                sum(one["count"] for one in row["findings"] if one["level"] == "error")
                for row in json.loads(done.stdout)["networks"]
            ]
            assert counts == [1, 3]
        case "csv":
            assert [(row["errors"], row["warnings"]) for row in rows(done.stdout)] == [("1", "0"), ("3", "1")]
        case _:
            assert "3 errors, 1 warning" in done.stdout


@pytest.mark.parametrize("extra", [[], ["--quiet"], ["--quiet", "--columns", "macs"], ["-f", "markdown"]])
def test_different_inputs_are_said_in_any_case(extra: list[str], run: Run) -> None:
    done = run("compare", "tiny.yaml", "hdc.yaml", *extra)
    assert "inputs differ: input 3×33×33 (tiny); input 4×64×64 (hdc)\n" in done.stdout


def test_between_a_sequence_and_an_image_there_are_no_factors(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tokens.yaml"
    path.write_text("archcost: 1\nname: tokens\ninput: [8, 16]\nlayers: [relu]\n")
    related = run("compare", "tiny.yaml", "hdc.yaml", "--columns", "params").stdout
    assert "relative to tiny" in related
    assert "0.213×" in related
    apart = run("compare", "tiny.yaml", str(path), "--columns", "params").stdout
    assert "relative to" not in apart
    assert "1×" not in apart
    assert "(tokens). Not all have as many axes, so there are no factors\n" in apart


def test_inputs_of_other_names_but_the_same_shape_do_not_differ(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("archcost: 1\nname: net\ninput: {image: [3, 33, 33]}\nlayers: [relu]\n")
    assert "inputs differ" not in run("compare", "tiny.yaml", str(path)).stdout


@pytest.mark.parametrize("extra", [[], ["--quiet"], ["-f", "markdown"]])
def test_what_was_declared_is_said_in_any_case(extra: list[str], run: Run) -> None:
    assert "lookup: shape: 10, params: 40, macs: 40 (a table" in run("compare", "tiny.yaml", *extra).stdout


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_sorting_puts_the_best_first_whether_less_or_more_is_better(form: str, run: Run) -> None:
    def order(measure: str) -> list[str]:
        text = run("compare", *specs, "--sort", measure, "--format", form, "--quiet").stdout
        return re.findall(r"^(?:[|*])? *(lenet5|vgg16|resnet18)\b", text, re.MULTILINE)

    specs = ["zoo:vgg16", "zoo:lenet5", "zoo:resnet18"]
    assert order("params") == ["lenet5", "resnet18", "vgg16"]
    assert order("field") == ["resnet18", "vgg16", "lenet5"]


def test_a_network_without_the_measure_is_sorted_last(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "vector.yaml"
    path.write_text("archcost: 1\nname: vector\ninput: [4]\nlayers: [linear: {out_features: 5}]\n")
    assert labels(run, str(path), "hdc.yaml", "--sort", "field") == ["hdc", "vector"]
    assert labels(run, str(path), "hdc.yaml", "--sort", "coverage") == ["hdc", "vector"]


def test_json_does_not_depend_on_how_it_is_to_look(run: Run) -> None:
    plain = run("compare", "tiny.yaml", "--variants", "-f", "json").stdout
    looks = ["--sort", "field", "--columns", "macs", "--units", "raw", "--dtype", "int8", "--quiet"]
    assert run("compare", "tiny.yaml", "--variants", "-f", "json", *looks).stdout == plain


def test_bytes_follow_the_data_type(run: Run) -> None:
    columns = ["--columns", "weights,activations,peak,best_peak", "--units", "raw", "--quiet"]
    by_dtype = {
        dtype: [int(word) for word in text.split() if word.isdigit()]
        for dtype in ("int8", "float16", "float64")
        for text in [run("compare", "zoo:bottleneck", *columns, "--dtype", dtype).stdout]
    }
    assert by_dtype["int8"] == [69632, 301056, 250880, 250880]
    assert by_dtype["float16"] == [2 * number for number in by_dtype["int8"]]
    assert by_dtype["float64"] == [8 * number for number in by_dtype["int8"]]


def test_csv_has_the_columns_that_were_chosen_weights_in_bytes(run: Run) -> None:
    (row,) = rows(run("compare", "zoo:bottleneck", "--columns", "weights,macs", "-f", "csv").stdout)
    assert (row["weights"], row["macs"]) == ("278528", "54591488")
    assert "params" not in row


def test_what_makes_a_network_optimal_can_be_chosen(run: Run) -> None:
    done = run("compare", "zoo:plain_3x3", "--variants", "--pareto", "macs", "-f", "csv")
    assert [row["label"] for row in rows(done.stdout) if row["pareto_optimal"] == "True"] == [
        "depthwise_separable"
    ]


def test_a_network_that_sees_everything_is_compared_by_what_it_saw_before(run: Run) -> None:
    (row,) = rows(run("compare", "zoo:resnet50", "-f", "csv").stdout)
    assert row["field"] == "427"


def test_the_blocks_of_a_table_add_up_to_its_total(run: Run) -> None:
    done = run("compare", "zoo:plain_3x3", "--variants", "--depth", "1", "--units", "raw", "--quiet")
    table = done.stdout.partition("MACs by block")[2].partition("\n\n")[0].splitlines()[2:]
    *blocks, _, total = [line.split()[1:] for line in table]
    for column, whole in enumerate(total):
        assert sum(int(row[column]) for row in blocks if row[column] != "-") == int(whole)


@pytest.mark.parametrize("columns", ["macs,field", "field"])
def test_blocks_are_shown_for_the_counts_among_the_columns_or_the_usual_ones(columns: str, run: Run) -> None:
    shown = run("compare", "tiny.yaml", "--depth", "1", "--columns", columns).stdout
    assert "MACs by block" in shown
    assert ("params by block" in shown) == ("macs" not in columns)


@pytest.mark.parametrize("extra", [[], ["--depth", "2"]])
@pytest.mark.parametrize(
    "specs", [["tiny.yaml", "two_inputs.yaml", "hdc.yaml"], ["zoo:wavenet"], ["zoo:text_cnn"]], ids=" ".join
)
def test_the_json_satisfies_its_schema(extra: list[str], specs: list[str], run: Run) -> None:
    document = json.loads(run("compare", *specs, *extra, "--format", "json").stdout)
    validator: Any = Draft202012Validator(schema("compare"))
    assert [error.message for error in validator.iter_errors(document)] == []
    assert (document["blocks"] is None) == (not extra)
    document["networks"][0]["measures"]["macs"] = "many"
    assert list(validator.iter_errors(document))


def test_the_json_is_what_python_has(run: Run) -> None:
    document = json.loads(run("compare", "zoo:plain_3x3", "zoo:bottleneck", "-f", "json").stdout)
    found = archcost.compare([archcost.load("zoo:plain_3x3"), archcost.load("zoo:bottleneck")])
    assert {k: v for k, v in document.items() if k not in {"schema", "tool"}} == found.to_dict()
    assert document["schema"] == "archcost-compare/1"


def test_it_loads_no_numpy() -> None:
    compare = "main(['compare', 'zoo:plain_3x3', '--variants', '--output', '/dev/null'])"
    code = f"import sys; from archcost.cli import main; {compare}; print('numpy' in sys.modules)"
    assert python("-c", code).stdout == "False\n"


def test_what_a_rounded_factor_would_hide_is_said_in_full(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    layer = "{linear: {out_features: $w, bias: false}}"
    path.write_text(f"archcost: 1\nname: net\nvars: {{w: 1}}\ninput: [4]\nlayers: [{layer}]\n")
    done = run("compare", str(path), "--set", "w=1000,1001,3000", "--pareto", "params,exponentials,macs")
    assert "w=1001 is beaten by w=1000: it has 4 more parameters and MACs.\n" in done.stdout
    assert "w=3000 is beaten by w=1000: it has 3 times the parameters and MACs.\n" in done.stdout


HOLES = """
archcost: 1
name: net
vars: {rates: [1, 2, 3], width: 8}
variants:
  holes: {rates: [2, 4, 4], width: 4}
  wide: {rates: [2, 4, 4]}
  narrow: {width: 4}
input: [4, 64, 64]
layers:
  - repeat: {r: $rates}
    body:
      - conv: {out_channels: $width, kernel_size: 3, padding: $r, dilation: $r}
"""


def test_what_is_wrong_with_a_winner_stands_in_its_sentence(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HOLES)
    done = run("compare", str(path), "--variants", "--pareto", "params,field")
    costs = "it has 3.30 times the parameters, and sees"
    less = "less (13×13, not 21×21)"
    assert (
        f"net is beaten by holes: {costs} {less}; but holes has findings: gridding (error).\n" in done.stdout
    )
    assert f"wide is beaten by holes: {costs} no more.\n" in done.stdout  # it has the same holes
    done = run("compare", str(path), "--variants", "--pareto", "params")
    assert "net is beaten by holes: it has 3.30 times the parameters; but holes" in done.stdout
    done = run("compare", str(path), "--variants")
    assert "net is beaten by narrow: it has 3.30 times the parameters" in done.stdout.replace("\n", " ")
    assert "narrow has findings" not in done.stdout


def test_what_is_not_known_of_a_field_is_not_said_to_be_read(run: Run) -> None:
    said = "Every position of it is read."
    assert said in run("compare", "zoo:plain_3x3").stdout
    assert said not in run("compare", "tiny.yaml").stdout  # its field is unknown, behind a `custom`


def test_the_same_findings_are_said_once(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text((SPECS / "hdc.yaml").read_text().replace("name: hdc", "name: copy"))
    said = "expectation (error ×2), gridding (error), lattice (warn)\n"
    assert f"findings:\n  all: {said}" in run("compare", "hdc.yaml", str(copy), "--quiet").stdout
    three = run("compare", "hdc.yaml", "tiny.yaml", str(copy), "--quiet").stdout
    assert f"findings:\n  hdc, copy: {said}  tiny: expectation (error)\n" in three


def test_multiplications_have_a_column_of_their_own_where_they_are_not_just_the_macs(run: Run) -> None:
    alike, other = (run("compare", f"zoo:{name}").stdout for name in ("bottleneck", "resnet18"))
    assert "Multiplications: those of the MACs, no others.\n" in alike
    assert "multiplications" not in alike
    assert "Multiplications: all of them, the MACs included.\n" in other
    assert re.search("MACs +multiplications", other)
    asked = run("compare", "zoo:bottleneck", "--columns", "multiplications").stdout
    assert re.search("network +multiplications", asked)


def test_the_usual_table_of_the_bottlenecks_fits_120_columns(run: Run) -> None:
    table = run("compare", "zoo:plain_3x3", "--variants", "--quiet").stdout.partition("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 120


TWO_LINES = "input: [3, 8, 8]\nlayers:\n  - {relu: , when: $(note != 'y')}\n"


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_a_name_or_a_value_of_two_lines_is_shown_on_one(form: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text('archcost: 1\nname: "two\\nlines"\nvars: {note: x}\n' + TWO_LINES)
    options = ["--columns", "input", "--quiet", "--format", form]
    assert "two lines" in run("compare", str(path), "tiny.yaml", *options).stdout
    assert "note=a b" in run("compare", str(path), "--set", "note=a\nb,c", *options).stdout


def test_names_with_commas_are_told_apart_in_a_sentence(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    layer = "conv_transpose: {out_channels: $w, kernel_size: $k, stride: 2}"
    path.write_text(f"archcost: 1\nname: net\nvars: {{w: 1, k: 2}}\ninput: [3, 8, 8]\nlayers:\n  - {layer}\n")
    done = run("compare", str(path), "--set", "w=1,2", "--set", "k=2,3", "-q")
    assert done.stdout.endswith("\nfindings:\n  w=1, k=3; w=2, k=3: checkerboard (warn)\n")


def test_no_cell_of_a_csv_is_a_formula(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("archcost: 1\nname: =1+1\nvars: {a: -0.5}\ninput: [3, 8, 8]\nlayers: [relu]\n")
    (layer,) = rows(run("analyze", str(path), "-f", "csv").stdout)
    assert layer["network"] == "'=1+1"
    (row,) = rows(run("compare", str(path), "-f", "csv").stdout)
    assert (row["label"], row["network"], row["vars.a"]) == ("'=1+1", "'=1+1", "-0.5")


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["hdc.yaml", "--variants"], "--variants: hdc.yaml has no variants"),
        (["hdc.yaml", "two_inputs.yaml", "--variants"], "--variants: these specs have no variants"),
        (["zoo:resnet101", "--variants"], "--variants: zoo:resnet101 is itself a variant; those of its spec"),
        (
            ["tiny.yaml", "--variants", "--variant", "wide"],
            "--variants takes all variants, --variant wide one",
        ),
        (["tiny.yaml", "--set", "width=8,"], "--set width=8,: between two commas, or beside one, a value"),
        (["tiny.yaml", "--set", "width=,8"], "--set width=,8: between two commas, or beside one, a value"),
        (["tiny.yaml", "--set", "width=8,[3"], "--set width=[3: "),
        (["tiny.yaml", "--set", "widht=8,16"], "--set widht: the spec has no variable 'widht'"),
        (["tiny.yaml", "--columns", "mcas"], "--columns: there is no column 'mcas' (did you mean 'macs'?)"),
        (["tiny.yaml", "--pareto", "mcas"], "--pareto: there is no measure 'mcas' (did you mean 'macs'?)"),
        (["tiny.yaml", "--sort", "mcas"], "--sort: there is no measure 'mcas' (did you mean 'macs'?)"),
        (["tiny.yaml", "--columns", "macs,,field"], "--columns 'macs,,field': a name is missing"),
        (["tiny.yaml", "--pareto", "macs,"], "--pareto 'macs,': a name is missing"),
        (["tiny.yaml", "hdc.yaml", "--set", "width=8"], "hdc.yaml: --set width: the spec has no variable"),
        (
            ["tiny.yaml", "--base", "tniy"],
            "base 'tniy': no network here is called that (did you mean 'tiny'?)",
        ),
        (["-", "--variants"], "--variants reads a spec several times, standard input (-) only once"),
        (["-", "--set", "width=1,2"], "--set width with several values reads a spec several times, standard"),
        (["-", "-"], "standard input (-) can be read only once"),
    ],
    ids=str,
)
def test_2_and_a_reason_for_a_wish_that_cannot_be_met(args: list[str], message: str, run: Run) -> None:
    done = run("compare", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"archcost: {message}")


@pytest.mark.parametrize("form", FORMATS)
def test_2_with_the_mistakes_of_all_networks_each_once(form: str, run: Run) -> None:
    done = run("compare", "broken.yaml", "tiny.yaml", "nowhere.yaml", "--set", "width=8,16", "-f", form)
    assert (done.returncode, done.stdout) == (2, "")
    places = [line.partition(": ")[0] for line in done.stderr.splitlines() if ".yaml:" in line]
    assert places == ["broken.yaml:5:29", "broken.yaml:7:5", "nowhere.yaml:1:1"]


def test_a_mistake_of_one_value_names_the_value(run: Run) -> None:
    done = run("compare", "zoo:plain_3x3", "--set", "groups=1,3,2")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].endswith("(with --set groups=3)")


def test_a_mistake_of_one_variant_names_the_variant(run: Run) -> None:
    done = run("compare", "zoo:plain_3x3", "--variants", "--set", "channels=5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "(with --variant grouped)" in done.stderr


@pytest.mark.parametrize("settings", [["width={}"], ["width={}", "act=relu,gelu"]])
def test_a_sweep_that_nobody_can_read_is_refused_at_once(settings: list[str], run: Run) -> None:
    many = ",".join(map(str, range(1, 100_001)))
    options = [word for text in settings for word in ("--set", text.format(many))]
    done = run("compare", "tiny.yaml", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"these are {100_000 * len(settings):,} networks, more than 1,000" in done.stderr
    assert "--set width alone has 100,000 values" in done.stderr


def test_3_when_a_pattern_matches_nothing(run: Run) -> None:
    done = run("compare", "tiny.yaml", "nothing/*.yaml")
    assert (done.returncode, done.stdout) == (3, "")
