"""Where nothing can be judged there is no result, in any format; what is wrong is annotated all the same."""

from __future__ import annotations

import pytest

from tests.gate.check.gatekeeper import GROWTH, SPEC, Gatekeeper

WRONG = SPEC.replace("  - conv: {out_channels: $width,", "  - conv: {out_chanels: $width,")
"""A letter is missing in line 6, column 12."""


@pytest.mark.parametrize("form", ["text", "json", "markdown", "csv", "sarif", "junit", "github"])
def test_a_spec_that_is_wrong_leaves_standard_output_empty_and_says_where(
    form: str, keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": WRONG, "archcost.yaml": GROWTH})
    found = keeper.run("--format", form, "--format", "json:result.json")
    assert (found.code, found.out) == (2, "")
    assert (
        "specs/net.yaml:6:12: conv: unknown field 'out_chanels' (did you mean 'out_channels'?)" in found.err
    )
    assert not (keeper.repository.folder / "result.json").exists()
    annotation = "::error file=specs/net.yaml,line=6,col=12,title=archcost::conv: unknown field 'out_chanels'"
    assert [line.startswith(annotation) for line in found.err.splitlines()].count(True) == (form == "github")


def test_every_mistake_is_annotated_once_also_of_the_configuration(keeper: Gatekeeper) -> None:
    config = GROWTH.replace("max_macs", "max_mac") + "fail_level: warning\n"
    keeper.main({"specs/net.yaml": SPEC, "archcost.yaml": config})
    commands = [line for line in keeper.run("--format", "github").err.splitlines() if line.startswith("::")]
    assert [line.partition(",title=")[0] for line in commands] == [
        "::error file=archcost.yaml,line=4,col=5",
        "::error file=archcost.yaml,line=5,col=13",
    ]


def test_many_mistakes_are_as_many_annotations_as_github_shows(keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC + "  - rleu\n" * 30, "archcost.yaml": GROWTH})
    commands = [line for line in keeper.run("--format", "github").err.splitlines() if line.startswith("::")]
    assert len(commands) == 10
    assert commands[-1] == "::error title=archcost::and 21 more: see the log"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["specs/none*.yaml"], 3, "'specs/none*.yaml' matches no file"),
        (["specs/net.yaml", "--max-macs", "many"], 2, "--max-macs many: 'many' is no amount"),
    ],
)
def test_what_is_wrong_nowhere_is_annotated_without_a_place(
    arguments: list[str], code: int, message: str, keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": SPEC})
    found = keeper.run(*arguments, "--format", "github")
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(f"::error title=archcost::{message}")


@pytest.mark.parametrize(
    "form", [["--format", "github"], ["--format=github"], ["-f", "github:log.txt"], ["-fgithub"]]
)
def test_a_command_that_cannot_be_read_is_annotated_if_its_words_ask_for_it(
    form: list[str], keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": SPEC})
    for wrong, message in {
        "--max-mac=1": "No such option '--max-mac'",
        "--fail-level=bad": "Invalid value for '--fail-level': 'bad' is not one of",
        "--format=text:": "Invalid value for '--format' / '-f': 'text:' lacks its file",
    }.items():
        for arguments in ([*form, wrong], [wrong, *form]):
            found = keeper.run("specs/net.yaml", *arguments)
            assert (found.code, found.out) == (2, "")
            annotation, *said = found.err.splitlines()
            assert annotation.startswith(f"::error title=archcost::{message}")
            assert any(line.startswith(f"Error: {message}") for line in said)


@pytest.mark.parametrize(
    "words", [["--format", "json"], ["github"], ["--format", "json:github"], ["-o", "github"]]
)
def test_and_not_if_they_do_not(words: list[str], keeper: Gatekeeper) -> None:
    keeper.main({"specs/net.yaml": SPEC})
    found = keeper.run("specs/net.yaml", *words, "--max-mac=1")
    assert (found.code, found.out, "::error" in found.err) == (2, "", False)


def test_a_name_is_no_annotation_of_its_own(keeper: Gatekeeper) -> None:
    hostile = SPEC.replace(
        "- conv: {out_channels: $width", '- "x\\n::error file=a::pwn": {out_channels: $width'
    )
    keeper.main({"specs/a,line=9.yaml": hostile, "archcost.yaml": GROWTH})
    commands = [
        line for line in keeper.run("--format", "github").err.splitlines() if line.lstrip().startswith("::")
    ]
    (command,) = commands
    assert command.startswith("::error file=specs/a%2Cline=9.yaml,line=6,col=5,title=archcost::")
