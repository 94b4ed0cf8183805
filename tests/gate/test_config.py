"""Configurations: what they mean, where they are found, and what is said about those that are wrong.

`broken/NAME.yaml` and `broken/NAME.toml` are configurations, `broken/NAME.txt` is the whole message each must
give. `pytest tests/gate/test_config.py --renew` rewrites the messages; they are prose, so read the diff.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcost.config.config_file import Budgets, ConfigFile, SpecPattern, Waiver
from archcost.config.configuration import Config
from archcost.config.file_values import SETTABLE
from archcost.config.patterns import matches_block, matches_spec
from archcost.config.read import find_config, read_config
from archcost.errors import SpecError, UsageError
from archcost.findings import RULES
from archcost.results.judgement import GATE_RULES
from archcost.source import Place, Source

if TYPE_CHECKING:
    from random import Random

    from archcost.config.configuration import Budget

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.name for path in BROKEN.iterdir() if path.suffix != ".txt")


@pytest.mark.parametrize("case", CASES)
def test_a_broken_configuration_says_what_is_wrong(
    case: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(SpecError) as caught:
        read_config(Path(case))
    for one in caught.value.diagnostics:
        assert 1 <= one.place.column <= len(one.place.text()) + 1
    expected = Path(case).with_suffix(".txt")
    if request.config.getoption("--renew"):
        expected.write_text(f"{caught.value}\n", "utf-8")
    assert f"{caught.value}\n" == expected.read_text("utf-8")


def test_every_broken_configuration_has_a_message_and_every_message_a_configuration() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == sorted(Path(case).stem for case in CASES)


# -- what it means ------------------------------------------------------------------------------------------

SAMPLE = Path(__file__).with_name("sample.yaml").read_text("utf-8")
SAMPLE_IN_TOML = Path(__file__).with_name("sample.toml").read_text("utf-8")


def config(text: str, name: str = "archcost.yaml") -> Config:
    """A configuration that stands in the working folder."""
    Path(name).write_text(text, "utf-8")
    return read_config(Path(name))


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


elsewhere = pytest.mark.usefixtures("_elsewhere")


def test_without_a_file_nothing_is_configured() -> None:
    none = read_config(None)
    assert (none.file, none.specs, none.budgets, none.waivers, none.rules) == (None, (), (), (), {})
    assert (none.fail_level, none.dtype, none.baseline, none.against) == ("error", "float32", None, None)


@elsewhere
def test_a_configuration_says_what_is_checked_and_how() -> None:
    sample = config(SAMPLE)
    assert sample.file == "archcost.yaml"
    assert [(one.path, one.variant, one.set, one.input) for one in sample.specs] == [
        ("specs/*.yaml", (), {}, None),
        ("net.yaml", ("wide",), {"classes": "10", "rate": "0.5", "depths": ["3", "4"]}, "3x64x64"),
    ]
    assert (sample.against, sample.fail_level, sample.dtype) == ("origin/main", "warn", "float16")
    assert sample.baseline == Path("known/complaints.txt")
    assert sample.rules == {"gridding": "warn", "even-kernel-shift": "off"}


@elsewhere
def test_every_limit_is_a_budget_of_its_own() -> None:
    assert [said(budget) for budget in config(SAMPLE).budgets] == [
        "max_macs 4.2G error",
        "max_params 4M warn of specs/mobilenet*.yaml",
        "max_params 4.3M error of specs/mobilenet*.yaml",
        "max_params +5% error of specs/mobilenet*.yaml",
        "max_peak 8MB error of specs/mobilenet*.yaml",
        "min_field 331 error axis 0 of a.yaml zoo:resnet*",
        "min_field 63 error axis 1 of a.yaml zoo:resnet*",
        "min_field 31 error axis 0",
        "min_field 63 error axis 1",
        "min_field -16 error",
        "max_macs +0 error block stage.2",
        "max_params 20M error kind conv",
    ]


def said(budget: Budget) -> str:
    """A budget in a line."""
    axis = f" axis {budget.axis.index}" if budget.axis else ""
    part = f" block {budget.block}" if budget.block else f" kind {budget.kind}" if budget.kind else ""
    match = f" of {' '.join(budget.match)}" if budget.match else ""
    return f"{budget.key} {budget.limit.text} {budget.level}{axis}{part}{match}"


@elsewhere
def test_a_budget_knows_where_it_is_written() -> None:
    assert [budget.set_at for budget in config(SAMPLE).budgets][:4] == [
        "archcost.yaml:10:15",
        "archcost.yaml:12:24",
        "archcost.yaml:12:36",
        "archcost.yaml:12:42",
    ]


@elsewhere
def test_a_waiver_says_who_agreed_to_what_until_when() -> None:
    budget, rule = config(SAMPLE).waivers
    assert (budget.budget, budget.rule, budget.match) == ("max_params", None, ("specs/vgg16.yaml",))
    assert budget.limit is not None
    assert budget.limit.against(None) == 140_000_000
    assert (budget.owner, budget.expires) == ("@vision", dt.date(2026, 12, 31))
    assert str(budget.place) == "archcost.yaml:20:5"
    assert (rule.rule, rule.node, rule.limit, rule.reason) == ("gridding", "context", None, "known")


@elsewhere
def test_toml_says_the_same_as_yaml() -> None:
    yaml, toml = config(SAMPLE), config(SAMPLE_IN_TOML, "pyproject.toml")
    assert [said(budget) for budget in toml.budgets] == [said(budget) for budget in yaml.budgets]
    assert [without_places(one) for one in toml.specs] == [without_places(one) for one in yaml.specs]
    assert [without_places(one) for one in toml.waivers] == [without_places(one) for one in yaml.waivers]
    for name in ("against", "fail_level", "dtype", "baseline", "rules"):
        assert getattr(toml, name) == getattr(yaml, name)
    assert toml.budgets[3].set_at == "pyproject.toml:21:46"


NOWHERE = Place(Source(""))


def without_places(entry: SpecPattern | Waiver) -> SpecPattern | Waiver:
    elsewhere: dict[str, object] = {"place": NOWHERE, "written": ()}
    if isinstance(entry, Waiver) and entry.limit:
        elsewhere["limit"] = replace(entry.limit, place=None)
    return entry.model_copy(update=elsewhere)


@elsewhere
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3x64x64", "3x64x64"),
        ("[3, 64, 64]", (3, 64, 64)),
        ("784", "784"),
        ("'left=3x64x64,right=3x8x8'", "left=3x64x64,right=3x8x8"),
        ("{left: 3x64x64, right: [3, 8, 8]}", {"left": "3x64x64", "right": (3, 8, 8)}),
    ],
)
def test_an_input_is_written_like_the_flag_or_like_a_spec(text: str, meant: object) -> None:
    (spec,) = config(f"specs: {{path: net.yaml, input: {text}}}").specs
    assert spec.input == meant


@elsewhere
def test_a_lone_spec_or_pattern_needs_no_list() -> None:
    alone = config("specs: net.yaml\nbudgets:\n  - {match: net.yaml, max_macs: 3}\n")
    assert [spec.path for spec in alone.specs] == ["net.yaml"]
    assert alone.budgets[0].match == ("net.yaml",)


@elsewhere
def test_a_warning_may_come_before_an_error_in_whatever_unit() -> None:
    peak, macs = "max_peak: {warn: 8MB, error: 9MB}", "max_macs: {warn: [1M, +1%], error: 2M}"
    text = f"{{{peak}, {macs}, min_field: {{warn: 9, error: 5}}}}"
    assert len(config(f"budgets:\n  - {text}\n").budgets) == 7


@elsewhere
def test_paths_are_relative_to_the_configuration() -> None:
    Path("deep").mkdir()
    inside = config("specs: [nets/../*.yaml, zoo:vgg16]\nbaseline: ./known.txt\n", "deep/archcost.yaml")
    assert [inside.path_of(spec.path) for spec in inside.specs] == ["deep/*.yaml", "zoo:vgg16"]
    assert inside.baseline == Path("deep/known.txt")


# -- whom it is about ---------------------------------------------------------------------------------------

SPECS = {
    "a name is found in any folder": ("net.yaml", "nets/deep/net.yaml", True),
    "a name is a whole name": ("net.yaml", "nets/my_net.yaml", False),
    "a star stays within a name": ("nets/*.yaml", "nets/deep/net.yaml", False),
    "a star stands for part of a name": ("nets/mobile*.yaml", "nets/mobilenet.yaml", True),
    "a question mark is one letter": ("nets/net?.yaml", "nets/net1.yaml", True),
    "brackets are one of several letters": ("nets/net[12].yaml", "nets/net3.yaml", False),
    "two stars are any folders": ("nets/**/net.yaml", "nets/a/b/net.yaml", True),
    "two stars may be no folder": ("nets/**/net.yaml", "nets/net.yaml", True),
    "two stars at the end are everything below": ("nets/**", "nets/a/net.yaml", True),
    "a slash at the end is everything below": ("nets/", "nets/a/net.yaml", True),
    "a folder is not what is below it": ("nets", "nets/net.yaml", False),
    "a slash in front is the folder of the configuration": ("/net.yaml", "net.yaml", True),
    "a slash in front is no other folder": ("/net.yaml", "nets/net.yaml", False),
    "a point in front changes nothing": ("./nets/net.yaml", "nets/net.yaml", True),
    "the spec may be named in a roundabout way": ("nets/net.yaml", "other/../nets/./net.yaml", True),
    "letters have their case": ("Net.yaml", "net.yaml", False),
    "folders outside are named by points": ("../net.yaml", "../net.yaml", True),
    "a network of the zoo": ("zoo:resnet*", "zoo:resnet50", True),
    "another network of the zoo": ("zoo:resnet*", "zoo:vgg16", False),
    "a pattern of files is not about the zoo": ("*", "zoo:vgg16", False),
    "a pattern of the zoo is not about files": ("zoo:*", "net.yaml", False),
    "standard input is no file": ("*", "-", False),
    "standard input by its name": ("-", "-", True),
    "everything": ("**", "nets/net.yaml", True),
}


@elsewhere
@pytest.mark.parametrize(("pattern", "spec", "matches"), SPECS.values(), ids=SPECS)
def test_a_pattern_means_specs(pattern: str, spec: str, matches: bool) -> None:
    assert matches_spec(pattern, spec, Path()) == matches


@elsewhere
def test_patterns_are_relative_to_the_configuration_wherever_one_stands() -> None:
    assert matches_spec("nets/*.yaml", "../nets/net.yaml", Path(".."))
    assert not matches_spec("nets/*.yaml", "nets/net.yaml", Path(".."))
    assert matches_spec("nets/*.yaml", str(Path("nets/net.yaml").absolute()), Path())


@given(
    st.lists(st.sampled_from(["a", "b", "**", "*"]), min_size=1, max_size=6),
    st.lists(st.sampled_from("ab"), min_size=1, max_size=6),
)
def test_two_stars_are_any_number_of_names(pattern: list[str], names: list[str]) -> None:
    """A regular expression over the names says the same."""
    parts = {"**": "(?:[ab]/)*", "*": "[ab]/"}
    expression = "".join(parts.get(one, f"{one}/") for one in pattern)
    fits = re.fullmatch(expression, "".join(f"{name}/" for name in names)) is not None
    assert matches_block(".".join(pattern), ".".join(names)) == fits


def test_a_pattern_of_many_stars_is_judged_at_once() -> None:
    assert not matches_block(".".join(["**", "a"] * 2000 + ["b"]), ".".join(["a"] * 4000))
    assert not matches_spec("*a" * 40 + "b", "a" * 200, Path())


@elsewhere
def test_a_budget_without_patterns_is_for_every_spec() -> None:
    every, some = config("budgets:\n  - max_macs: 3\n  - {match: [a.yaml, b.yaml], max_macs: 3}\n").budgets
    here = Config()
    assert all(here.applies(every, spec) for spec in ("c.yaml", "-", "zoo:vgg16"))
    assert [here.applies(some, spec) for spec in ("a.yaml", "x/b.yaml", "c.yaml", "-")] == [
        True,
        True,
        False,
        False,
    ]


WAIVER = "reason: known, owner: '@vision', expires: 2026-12-31"


@elsewhere
def test_a_waiver_is_for_the_budgets_of_its_key_and_its_part() -> None:
    text = f"""\
budgets:
  - {{max_macs: 3, max_params: 3}}
  - {{block: stage.*, max_macs: 3}}
  - {{kind: conv, max_macs: 3}}
waivers:
  - {{budget: max_macs, limit: 4, {WAIVER}}}
  - {{budget: max_macs, block: stage.2, limit: 4, {WAIVER}}}
  - {{budget: max_macs, kind: conv, limit: 4, {WAIVER}}}
"""
    read = config(text)
    cases = [(read.budgets[0], None), (read.budgets[1], None), (read.budgets[2], "stage.2")]
    cases += [(read.budgets[2], "stage.3"), (read.budgets[3], None)]
    found = [[waiver.waives_budget(budget, block) for budget, block in cases] for waiver in read.waivers]
    assert found == [
        [True, False, False, False, False],
        [False, False, True, False, False],
        [False, False, False, False, True],
    ]


@elsewhere
def test_a_waiver_of_a_rule_is_for_a_node_and_what_is_below_it() -> None:
    text = f"waivers:\n  - {{rule: gridding, node: context.*, {WAIVER}}}\n  - {{rule: gridding, {WAIVER}}}\n"
    below, everywhere = config(text).waivers
    nodes = ("context", "context.conv", "context.a.conv", "contexts.conv", None)
    assert [below.waives_finding("gridding", node) for node in nodes] == [False, True, True, False, False]
    assert [everywhere.waives_finding("gridding", node) for node in nodes] == [True] * 5
    assert not everywhere.waives_finding("lattice", "context")


# -- where it is found --------------------------------------------------------------------------------------


def tree(*files: str) -> None:
    """Files, with a configuration in those that can hold one; a path that ends in a slash is a folder."""
    for file in files:
        path = Path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.write_text("[tool.archcost]\n" if path.suffix == ".toml" else "dtype: float32\n", "utf-8")


FOUND = {
    "in the working folder": (["archcost.yaml"], "", "archcost.yaml"),
    "by its shorter name": (["archcost.yml"], "", "archcost.yml"),
    "in a pyproject.toml": (["pyproject.toml"], "", "pyproject.toml"),
    "in a folder above": (["archcost.yaml", "a/b/"], "a/b", "../../archcost.yaml"),
    "the nearest of several": (["archcost.yaml", "a/pyproject.toml", "a/b/"], "a/b", "../pyproject.toml"),
    "in the folder of the repository": ([".git/", "archcost.yaml", "a/"], "a", "../archcost.yaml"),
    "not above the repository": (["archcost.yaml", "a/.git/", "a/b/"], "a/b", None),
    "not above a worktree": (["archcost.yaml", "a/.git", "a/b/"], "a/b", None),
    "nowhere": ([".git/"], "", None),
}


@elsewhere
@pytest.mark.parametrize(("files", "folder", "found"), FOUND.values(), ids=FOUND)
def test_a_configuration_is_found(
    files: list[str], folder: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(*files)
    monkeypatch.chdir(Path(folder))
    path = find_config(Path())
    assert path == (Path(found) if found else None)
    if path:
        assert read_config(path).file == found


@elsewhere
def test_a_pyproject_without_our_table_holds_no_configuration() -> None:
    tree(".git/", "archcost.yaml")
    Path("pyproject.toml").write_text("[project]\nname = 'archcost'\n[tool.ruff]\n", "utf-8")
    assert find_config(Path()) == Path("archcost.yaml")


@elsewhere
def test_a_broken_pyproject_is_read_to_say_what_is_wrong_if_it_speaks_of_us() -> None:
    tree(".git/")
    Path("pyproject.toml").write_text("[tool.ruff]\nx = \n", "utf-8")
    assert find_config(Path()) is None
    Path("pyproject.toml").write_text("[tool.archcost]\nx = \n", "utf-8")
    assert find_config(Path()) == Path("pyproject.toml")


@elsewhere
@pytest.mark.parametrize(
    ("folder", "where"), [("", "in this folder"), ("a", "in .."), ("a/b", "in ../..")], ids=str
)
def test_two_configurations_in_a_folder_are_one_too_many(
    folder: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree("archcost.yaml", "pyproject.toml", "a/b/")
    monkeypatch.chdir(Path(folder))
    with pytest.raises(UsageError) as caught:
        find_config(Path())
    assert str(caught.value) == (
        f"archcost.yaml and pyproject.toml ({where}) both hold a configuration; "
        "keep one of them, or name it with --config"
    )


@elsewhere
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("gone.yaml", "gone.yaml:1:1: no such file"),
        ("archcots.yaml", "archcots.yaml:1:1: no such file (did you mean 'archcost.yaml'?)"),
        ("a", "a:1:1: this is a folder; name the file inside it"),
    ],
)
def test_a_configuration_that_cannot_be_read_says_why(name: str, complaint: str) -> None:
    tree("archcost.yaml", "a/")
    with pytest.raises(SpecError) as caught:
        read_config(Path(name))
    assert str(caught.value) == complaint


LEVELS_ELSEWHERE = {
    "no": "off",
    "'no'": "off",
    "none": "off",
    "disabled": "off",
    "false": "off",
    "warning": "warn",
    "errors": "error",
    "inof": "info",
    "never-mind": None,
    "yes": None,
}


@pytest.mark.parametrize(("word", "level"), LEVELS_ELSEWHERE.items())
def test_a_level_by_another_word_is_translated_and_not_guessed(
    word: str, level: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "archcost.yaml"
    file.write_text(f"rules: {{gridding: {word}}}\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        read_config(file)
    (mistake,) = caught.value.diagnostics
    near = f" (did you mean '{level}'?)" if level else ""
    assert mistake.message.endswith(f"{near}; it must be off, info, warn or error")
    assert ("did you mean" in mistake.message) == (level is not None)


def test_the_page_has_every_key_and_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    own = [name for name in SETTABLE if name not in RULES]
    keys = [key for model in (ConfigFile, SpecPattern, Budgets, Waiver) for key in model.known()]
    for word in (*keys, *own):
        assert re.search(rf"`{word}`|\b{word}: ", page), word
    for name in own:
        level, meaning = GATE_RULES[name]
        assert f"| `{name}` | {level} | {meaning} |" in page


# -- damage -------------------------------------------------------------------------------------------------

PIECES = (
    *(
        "",
        "-",
        "+5%",
        "5%",
        "0",
        "-1",
        "1e9",
        "~",
        "true",
        "[]",
        "{}",
        "[[1]]",
        "{a: 1}",
        "'",
        '"',
        "x",
        "- ",
    ),
    *("# ", ": ", "2026-02-30", "zoo:*", "gridding", "max_macs", "stage.*", "\n", "\t", "nan", "é", "[["),
    *("]]", "=", "\u200b", "\x00", "***", "!", "inf", "1979-05-27T07:32:00Z"),
)
"""What a token is replaced by, if not by another token."""


def damaged(text: str, random: Random) -> str:
    """The text after a few tokens of it were lost, doubled, swapped or replaced."""
    tokens = re.findall(r"\w+|\s+|.", text)
    for _ in range(random.randint(1, 4)):
        i, j = random.randrange(len(tokens)), random.randrange(len(tokens))
        tokens[i] = random.choice([tokens[j], random.choice(PIECES), tokens[i] * 2])
    return "".join(tokens)


@settings(max_examples=200)
@given(st.randoms(use_true_random=False))
@pytest.mark.parametrize(
    ("name", "text"), [("a.yaml", SAMPLE), ("a.toml", SAMPLE_IN_TOML)], ids=["yaml", "toml"]
)
def test_a_damaged_configuration_is_read_or_refused(
    name: str, text: str, tmp_path: Path, random: Random
) -> None:
    is_read_or_refused(tmp_path / name, damaged(text, random).encode())


@given(st.binary(max_size=60))
@pytest.mark.parametrize("name", ["a.yaml", "a.toml"])
def test_whatever_stands_in_a_file_is_read_or_refused(name: str, tmp_path: Path, data: bytes) -> None:
    is_read_or_refused(tmp_path / name, b"[tool.archcost]\n" * (name == "a.toml") + data)


def is_read_or_refused(file: Path, data: bytes) -> None:
    """A configuration of its file, or mistakes that stand in it, in our own words."""
    file.write_bytes(data)
    try:
        found = read_config(file)
    except SpecError as error:
        for one in error.diagnostics or pytest.fail("an error without a mistake"):
            assert one.place.source.name == str(file)
            assert 1 <= one.place.line <= max(1, len(one.place.source.lines))
            assert 1 <= one.place.column <= len(one.place.text()) + 1
            assert one.message
            assert not re.search(r"Error\b|Traceback|<class|\bNone\b|object at", one.message)
    else:
        assert found.folder == file.parent
        assert all(one.place is not None and one.place.text() for one in found.budgets)
