"""Whoever reads a result can have it in every format, and finds the same in each of them."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import click
import pytest

from archcost.cli.program import COMMANDS, program
from archcost.report.formats import FORMATS, RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

NO_RESULT = {
    "export": "it writes a model",
    "fmt": "it writes specs",
    "import": "it writes a spec",
    "schema": "it prints JSON Schemas, which are JSON",
}
"""Commands without a result that one would read in several formats, and why."""

LACKS = {
    ("explain", "csv"): "a derivation is no table",
    ("check", "table"): "it has `text`, as a compiler words it",
}
"""Formats that a command does not have, and why."""

TABLES = [name for name in COMMANDS if name not in NO_RESULT]
PAGE = Path(__file__).parents[2] / "docs" / "output.md"


def options(name: str) -> dict[str, click.Parameter]:
    command = program.get_command(click.Context(program), name)
    assert command
    return {name: option for option in command.params for name in option.opts}


def formats(name: str) -> set[str]:
    """What `--format` takes, as completion offers it."""
    option = options(name)["--format"]
    found = option.type.shell_complete(click.Context(program), option, "")
    return {item.value for item in found}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_had_in_every_format(name: str) -> None:
    lacks = {form for command, form in LACKS if command == name}
    assert {*FORMATS} - lacks <= formats(name)
    assert not lacks & formats(name)


@pytest.mark.parametrize("name", TABLES)
def test_the_page_says_which_formats_a_command_has(name: str) -> None:
    head, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text("utf-8").splitlines()
        if line.startswith("| ") and ("`table`" in line or f"`{name}`" in line)
    ][:2]
    told = {name.strip("`"): cell for name, cell in zip(head[1:], rows[0][1:], strict=True)}
    others = {*re.findall(r"`(\w+)`", " ".join(told.values()))}
    assert formats(name) == others | {form for form, cell in told.items() if cell == "yes"}


@pytest.mark.parametrize("form", {**FORMATS, **dict.fromkeys(RESULTS["judgement"])})
def test_the_page_says_what_a_format_is_for(form: str) -> None:
    assert re.search(rf"(?m)^- .*\*\*{form}\*\*", PAGE.read_text("utf-8"))


RUNS = {
    "analyze": ("analyze zoo:lenet5", {"c1", "s2", "output"}),
    "check": ("check zoo:lenet5 --max-macs 1", {"budget", "max_macs"}),
    "compare": ("compare zoo:lenet5 zoo:vgg16", {"lenet5", "vgg16"}),
    "diff": ("diff zoo:resnet50 zoo:resnet50_v1", {"stride", "bottleneck"}),
    "expand": ("expand zoo:lenet5", {"c1", "s2", "output"}),
    "explain": ("explain zoo:lenet5 c3", {"c3", "connections"}),
    "rates": ("rates --kernel 3 --field 25 --layers 3", {"1", "3", "8", "25"}),
    "rf": ("rf zoo:lenet5", {"c1", "s2", "c5"}),
    "verify": ("verify zoo:lenet5 --samples 0", {"c1", "s2", "output"}),
    "zoo": ("zoo", {"resnet50", "vgg16"}),
}
"""A command, and words that its result is about."""


def cells(text: str, delimiter: str = ",") -> str:
    return " ".join(cell for row in csv.reader(StringIO(text), delimiter=delimiter) for cell in row)


READ: dict[str, Callable[[str], str]] = {
    "table": str,
    "text": str,
    "json": lambda text: json.dumps(json.loads(text)),
    "csv": cells,
    "markdown": lambda text: re.sub(r"[`\\]", "", text),
    "github": lambda text: " ".join(re.findall(r"(?m)^::error file=.*", text) or [text]),
    "sarif": lambda text: json.dumps(json.loads(text)),
    "junit": lambda text: " ".join(" ".join(one.attrib.values()) for one in ET.fromstring(text).iter()),  # noqa: S314 - our own
}
"""Format -> what a reader of it finds. A new format is in here."""


@pytest.mark.parametrize(("name", "form"), [(n, f) for n, f in product(TABLES, READ) if f in formats(n)])
def test_who_reads_a_format_finds_what_the_result_is_about(name: str, form: str, run: Run) -> None:
    line, about = RUNS[name]
    done = run(*line.split(), "--format", form)
    assert done.returncode == (name == "check"), done.stderr
    assert about <= {*re.findall(r"[\w]+", READ[form](done.stdout))}


@pytest.mark.parametrize("name", TABLES)
def test_every_format_is_read(name: str) -> None:
    assert formats(name) <= {*READ}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_fits_where_it_shall(name: str) -> None:
    assert "--width" in options(name)
    assert "--output" in options(name)


@pytest.mark.parametrize("name", NO_RESULT)
def test_what_has_no_result_has_no_format(name: str) -> None:
    assert "--format" not in options(name)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def entries(run: Run, key: str, *args: str) -> list[dict[str, Any]]:
    return json.loads(run(*args, "--format", "json").stdout)[key]


def times(values: list[object]) -> str:
    return "x".join(map(str, values))


def test_the_csv_of_fields_is_the_json(run: Run) -> None:
    args = ("rf", "two_inputs.yaml", "--effective")
    found = rows(run(*args, "--format", "csv").stdout)
    pairs = [
        (node, name) for node in entries(run, "specs", *args)[0]["nodes"] for name in node["receptive_fields"]
    ]
    assert len(found) == len(pairs) > 2
    for row, (node, name) in zip(found, pairs, strict=True):
        field = node["receptive_fields"][name]
        assert (row["path"], row["input"], row["kind"]) == (node["path"], name, node["kind"])
        assert (row["size"], row["stride"]) == (times(field["size"]), times(field["stride"]))
        assert (float(row["coverage"]), int(row["holes"])) == (field["coverage"], field["holes"])
        assert row["effective_field"] == times(node["effective_fields"][name]["size"])


def test_the_csv_of_a_proof_is_the_json(run: Run) -> None:
    args = ("verify", "tiny.yaml", "two_inputs.yaml", "--samples", "1")
    found = rows(run(*args, "--format", "csv").stdout)
    nodes = [node for spec in entries(run, "specs", *args) for node in spec["nodes"]]
    assert len(found) == len(nodes) > 20
    for row, node in zip(found, nodes, strict=True):
        assert (row["path"], row["status"], row["agrees"]) == (
            node["path"],
            node["status"],
            str(node["agrees"]),
        )
        assert row["output"] == times(node["measured_shape"])
        for name, pair in {"params": node["params"], **node["counts"]}.items():
            assert (int(row[name]), int(row[f"predicted_{name}"])) == (pair["measured"], pair["predicted"])


def test_the_csv_of_rates_is_the_json(run: Run) -> None:
    args = ("rates", "--kernel", "3", "--field", "63", "--layers", "5")
    found = rows(run(*args, "--format", "csv").stdout)
    stacks = entries(run, "answers", *args)[0]["stacks"]
    assert [row["rates"].split() for row in found] == [[str(rate) for rate in one["rates"]] for one in stacks]
    assert [int(row["field"]) for row in found] == [one["field"] for one in stacks]
    words = {True: "holds", False: "fails", None: ""}
    for row, one in zip(found, stacks, strict=True):
        assert [row[name] for name in ("distance", "factor", "sawtooth")] == [
            words[r["holds"]] for r in one["rules"]
        ]


def test_the_csv_of_the_zoo_is_the_json(run: Run) -> None:
    found = rows(run("zoo", "--format", "csv").stdout)
    assert found == [{k: v or "" for k, v in row.items()} for row in entries(run, "networks", "zoo")]


@pytest.mark.parametrize("name", ["rf", "verify", "explain"])
def test_markdown_has_the_numbers_of_the_table(name: str, run: Run) -> None:
    args = (name, "tiny.yaml") + (("--samples", "1") if name == "verify" else ())
    table, markdown = (run(*args, "--format", form) for form in ("table", "markdown"))
    assert table.returncode == markdown.returncode == 0
    body = table.stdout.partition("---")[2].splitlines()[1:]
    lines = [line.split() for line in body if line and not line.startswith(("-", " "))]
    marked = markdown.stdout.replace("`", "").replace("*", "").replace("|", " ")
    rendered = [line.split() for line in marked.splitlines()]
    for words in lines[:6]:
        assert any(words == other or words == other[1:] for other in rendered), words


def test_a_picture_is_for_no_other_format(run: Run) -> None:
    for form in ("json", "csv", "markdown"):
        done = run("rf", "tiny.yaml", "--output", "field.svg", "--format", form)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"--format {form} does not go into a picture" in done.stderr
