"""Which files and variants a configuration means: none is left out unseen, none is read that is not ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gate.check.gatekeeper import GROWTH, SPEC, VARIANTS, Gatekeeper

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGE_VARIANT = VARIANTS.replace("width: 16", "width: 160")
LIBRARY = "archcost: 1\nname: blocks\nblocks:\n  twice: {body: [relu, relu]}\n"
BUDGET = "budgets:\n  - max_params: 5k\n"


def labels(keeper: Gatekeeper, *arguments: str) -> list[str]:
    found = keeper.check(*arguments)
    assert found.code == 0, found
    return [spec["label"] for spec in found.report["specs"]]


# -- variants ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specs", "read"),
    [
        ("[net.yaml]", ["net.yaml", "net.yaml (wide)", "net.yaml (slim)"]),
        ("['*.yaml']", ["net.yaml", "net.yaml (wide)", "net.yaml (slim)"]),
        (
            "[net.yaml, {path: net.yaml, variant: slim}]",
            ["net.yaml", "net.yaml (wide)", "net.yaml (slim)"],
        ),
        (
            "[{path: net.yaml, input: 3x4x4}]",
            ["net.yaml (input 3x4x4)", "net.yaml (wide, input 3x4x4)", "net.yaml (slim, input 3x4x4)"],
        ),
        ("[{path: net.yaml, variant: wide}]", ["net.yaml (wide)"]),
        ("[{path: net.yaml, variant: ['', wide]}]", ["net.yaml", "net.yaml (wide)"]),
    ],
)
@pytest.mark.parametrize("key", ["", "variants: all\n"])
def test_a_spec_that_is_listed_is_checked_in_each_of_its_variants(
    specs: str, read: list[str], key: str, keeper: Gatekeeper
) -> None:
    keeper.main({"net.yaml": VARIANTS, "archcost.yaml": f"specs: {specs}\n{key}{BUDGET}"})
    assert labels(keeper) == read
    if specs == "[net.yaml]":
        assert labels(keeper, "net.yaml") == read


def test_a_variant_is_found_however_its_letters_are_written(keeper: Gatekeeper) -> None:
    text = VARIANTS.replace("variants:", '"v\\x61riants":')
    keeper.main({"net.yaml": text, "archcost.yaml": f"specs: [net.yaml]\n{BUDGET}"})
    assert labels(keeper) == ["net.yaml", "net.yaml (wide)", "net.yaml (slim)"]


@pytest.mark.parametrize("against", [[], ["--against", "main"]])
def test_a_variant_that_grows_fails_though_specs_names_only_the_file(
    against: Sequence[str], keeper: Gatekeeper
) -> None:
    keeper.main({"specs/net.yaml": VARIANTS, "archcost.yaml": GROWTH})
    keeper.change({"specs/net.yaml": LARGE_VARIANT})
    found = keeper.check(*against)
    assert found.failing == {"budget"}
    assert found.about("budget")[0].startswith("wide: MACs are 1.751 M")


@pytest.mark.parametrize(
    ("specs", "missing"),
    [
        ("variants: listed\nspecs: [net.yaml]\n", "its variants wide, slim are not checked"),
        ("specs: [{path: net.yaml, variant: [wide, '']}]\n", "its variant slim is not checked"),
    ],
)
def test_variants_that_nobody_checks_are_named(specs: str, missing: str, keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": VARIANTS, "archcost.yaml": specs + BUDGET})
    found = keeper.check()
    assert found.code == 0
    assert [text.partition(";")[0] for text in found.about("unchecked-variant")] == [missing]
    assert keeper.check("--fail-level", "warn").failing == {"unchecked-variant"}


def test_variants_of_a_spec_that_only_the_command_line_names_are_named(keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": VARIANTS})
    found = keeper.check("net.yaml", "--max-params", "5k")
    assert [text.partition(";")[0] for text in found.about("unchecked-variant")] == [
        "its variants wide, slim are not checked"
    ]
    assert keeper.check("net.yaml", "--max-params", "5k", "--variant", "wide", "--variant", "slim").code == 0


@pytest.mark.parametrize("order", [["wide", "slim"], ["slim", "wide"]])
def test_several_variants_are_all_checked(order: list[str], keeper: Gatekeeper) -> None:
    keeper.main({"net.yaml": LARGE_VARIANT})
    variants = [word for name in order for word in ("--variant", name)]
    found = keeper.check("net.yaml", "--max-params", "5k", *variants)
    assert [spec["variant"] for spec in found.report["specs"]] == order
    assert found.failing == {"budget"}
    unknown = keeper.run("net.yaml", "--max-params", "5k", "--variant", "nosuch", *variants)
    assert (unknown.code, unknown.out) == (2, "")
    assert "--variant nosuch: net.yaml has no such variant" in unknown.err


# -- what is no spec --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specs", "read"),
    [
        ("**/*.yaml", ["specs/deep/b.yaml", "specs/net.yaml"]),
        ("specs/**/*.yaml", ["specs/deep/b.yaml", "specs/net.yaml"]),
        ("specs/*.yaml", ["specs/net.yaml"]),
    ],
)
def test_configurations_and_files_of_blocks_are_no_specs(
    specs: str, read: list[str], keeper: Gatekeeper
) -> None:
    net = SPEC.replace("layers:", "include: [blocks/a.yaml]\nlayers:")
    keeper.main(
        {
            "archcost.yaml": f"specs: ['{specs}']\n{BUDGET}",
            "specs/net.yaml": net,
            "specs/blocks/a.yaml": LIBRARY,
            "specs/deep/b.yaml": SPEC,
            "specs/deep/archcost.yaml": "specs: [b.yaml]\n",
        }
    )
    assert labels(keeper) == read
    # A file that is named is a spec, whatever it holds.
    named = keeper.run("specs/blocks/a.yaml", "--max-params", "1")
    assert named.code == 2


@pytest.mark.parametrize(
    ("exclude", "read"),
    [
        ("specs/old/", ["specs/net.yaml", "specs/x.yaml"]),
        ("[specs/old/, x.yaml]", ["specs/net.yaml"]),
        ("'**/x.yaml'", ["specs/net.yaml", "specs/old/net.yaml"]),
    ],
)
def test_what_is_excluded_is_not_checked(exclude: str, read: list[str], keeper: Gatekeeper) -> None:
    keeper.main(
        {
            "archcost.yaml": f"specs: ['specs/**/*.yaml']\nexclude: {exclude}\n{BUDGET}",
            "specs/net.yaml": SPEC,
            "specs/old/net.yaml": SPEC,
            "specs/x.yaml": SPEC,
        }
    )
    assert labels(keeper) == read
    assert labels(keeper, "specs/x.yaml") == ["specs/x.yaml"]


def test_a_pattern_whose_files_are_all_excluded_is_nothing_to_check(keeper: Gatekeeper) -> None:
    config = f"specs: ['specs/*.yaml']\nexclude: specs/\n{BUDGET}"
    keeper.main({"archcost.yaml": config, "specs/net.yaml": SPEC})
    found = keeper.run()
    assert (found.code, found.out) == (3, "")
    assert "'specs/*.yaml' matches no spec" in found.err


def test_a_typo_in_a_spec_does_not_make_it_a_file_of_blocks(keeper: Gatekeeper) -> None:
    broken = SPEC.replace("layers:", "layer:").replace("input:", "blocks: {a: {body: [relu]}}\ninput:")
    keeper.main({"archcost.yaml": f"specs: ['specs/*.yaml']\n{BUDGET}", "specs/net.yaml": broken})
    assert keeper.run().code == 2


# -- what is not ours -------------------------------------------------------------------------------------

OUTSIDE = "s3cret: [\n"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside of the repository."""
    file = tmp_path / "outside" / "secret.yaml"
    file.parent.mkdir()
    file.write_text(OUTSIDE, "utf-8")
    return file


@pytest.mark.parametrize(
    "pattern", ["{0}", "{0.parent}/*.yaml", "../outside/secret.yaml", "../outside/*", "../**"]
)
def test_a_configuration_lists_files_of_its_own_repository(
    pattern: str, secret: Path, keeper: Gatekeeper
) -> None:
    keeper.main({"archcost.yaml": f"specs:\n  - '{pattern.format(secret)}'\n{BUDGET}"})
    found = keeper.run()
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("archcost.yaml:2:5: ")
    assert "is outside of" in found.err
    assert "s3cret" not in found.err


@pytest.mark.parametrize("specs", ["link.yaml", "*.yaml", "inside/link.yaml"])
@pytest.mark.parametrize("folder", [True, False])
def test_a_link_out_of_the_repository_is_not_read(
    specs: str, folder: bool, secret: Path, keeper: Gatekeeper
) -> None:
    if folder:
        Path("inside").symlink_to(secret.parent)
        specs = "inside/*.yaml"
    else:
        Path("inside").mkdir()
        Path("link.yaml").symlink_to(secret)
        Path("inside/link.yaml").symlink_to("../link.yaml")
    keeper.main({"archcost.yaml": f"specs: ['{specs}']\n{BUDGET}"})
    for arguments in ((), (specs, "--max-macs", "1"), ("--against", "main")):
        found = keeper.run(*arguments)
        assert (found.code, found.out) == (2, "")
        assert "is a link that leads out of" in found.err
        assert "s3cret" not in found.err


@pytest.mark.parametrize("name", ["archcost.yaml", "known.txt"])
def test_a_configuration_and_a_baseline_are_no_links_out_of_it(
    name: str, secret: Path, keeper: Gatekeeper
) -> None:
    keeper.main({"archcost.yaml": f"specs: [net.yaml]\nbaseline: known.txt\n{BUDGET}", "net.yaml": SPEC})
    Path(name).unlink(missing_ok=True)
    Path(name).symlink_to(secret)
    found = keeper.run()
    assert (found.code, found.out) == (2, "")
    assert found.err.strip().endswith("keep the file itself there")
    assert "s3cret" not in found.err


def test_links_inside_of_the_repository_are_followed(keeper: Gatekeeper) -> None:
    Path("link.yaml").symlink_to("net.yaml")
    keeper.main({"archcost.yaml": f"specs: [link.yaml]\n{BUDGET}", "net.yaml": SPEC})
    assert labels(keeper) == ["link.yaml"]


def test_a_configuration_below_the_repository_lists_files_beside_it(keeper: Gatekeeper) -> None:
    config = f"specs: ['../nets/*.yaml']\n{BUDGET}"
    keeper.main({"ci/archcost.yaml": config, "nets/net.yaml": SPEC})
    assert labels(keeper, "--config", "ci/archcost.yaml") == ["../nets/net.yaml"]
