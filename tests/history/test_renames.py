"""What specs were called at a revision: as git sees renamings, committed or not; links are not followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcost.history.renames import Renames
from archcost.history.revisions import revision

if TYPE_CHECKING:
    from tests.scratch_repository import Repo

TEXT = "".join(f"- line {i} of a spec\n" for i in range(100))
LARGEST = 4 * 1024 * 1024
"""Bytes: nothing larger is compared."""


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository of two specs and a text, in which we are."""
    repo.commit({"net.yaml": TEXT, "nets/deep.yml": TEXT.upper(), "notes.txt": TEXT.title()})
    return repo


def names(old: str, new: str, *asked: str) -> tuple[str | None, str | None]:
    """What the new name was at the base, and what the old one is now."""
    with revision("main") as base:
        found = Renames(base, asked)
        return found.before(new), found.after(old)


def moved(old: str, new: str, text: str | None = None) -> None:
    path = Path(new)
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(old).rename(path)
    if text is not None:
        path.write_text(text)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(
    ("old", "new"), [("net.yaml", "other.yml"), ("nets/deep.yml", "elsewhere/very/deep.yaml")]
)
def test_a_file_that_moved_is_known_by_both_names(old: str, new: str, committed: bool, repo: Repo) -> None:
    moved(old, new, Path(old).read_text() + "- and one more\n")
    if committed:
        repo.git("switch", "--quiet", "--create", "change")
        repo.save()
    assert names(old, new) == (old, new)


def test_names_are_those_from_where_we_are(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    moved("net.yaml", "nets/net.yaml")
    monkeypatch.chdir(repo.folder / "nets")
    assert names("../net.yaml", "net.yaml") == ("../net.yaml", "net.yaml")
    assert names(str(repo.folder / "net.yaml"), "net.yaml") == ("../net.yaml", "net.yaml")


@pytest.mark.usefixtures("repo")
def test_what_is_where_it_was_moved_nowhere() -> None:
    Path("net.yaml").write_text(TEXT + "- and one more\n")
    assert names("net.yaml", "net.yaml") == (None, None)
    Path("copy.yaml").write_text(TEXT)  # the first one is there still
    assert names("net.yaml", "copy.yaml") == (None, None)
    Path("net.yaml").unlink()
    Path("copy.yaml").unlink()
    assert names("net.yaml", "copy.yaml") == (None, None)


@pytest.mark.usefixtures("repo")
def test_a_file_with_another_text_is_another_file() -> None:
    moved("net.yaml", "other.yaml", TEXT.swapcase())
    assert names("net.yaml", "other.yaml") == (None, None)


@pytest.mark.usefixtures("repo")
def test_a_file_of_another_sort_is_looked_for_if_it_is_asked_about() -> None:
    moved("notes.txt", "remarks.txt")
    assert names("notes.txt", "remarks.txt") == (None, None)
    assert names("notes.txt", "remarks.txt", "remarks.txt") == ("notes.txt", "remarks.txt")


def test_a_file_that_git_ignores_is_looked_for_if_it_is_asked_about(repo: Repo) -> None:
    repo.commit({".gitignore": "build/\n"})
    moved("net.yaml", "build/net.yaml")
    assert names("net.yaml", "build/net.yaml") == (None, None)
    assert names("net.yaml", "build/net.yaml", "build/net.yaml") == ("net.yaml", "build/net.yaml")


def test_no_file_outside_of_the_repository_was_called_anything(repo: Repo) -> None:
    outside = repo.folder.parent / "net.yaml"
    moved("net.yaml", str(outside))
    assert names("net.yaml", str(outside), str(outside)) == (None, None)


@pytest.mark.usefixtures("repo")
def test_a_link_is_not_followed() -> None:
    moved("net.yaml", "notes.bin")
    Path("link.yaml").symlink_to("notes.bin")
    assert names("net.yaml", "link.yaml") == (None, None)


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("grows", [False, True], ids=["at the base", "now"])
def test_files_are_compared_up_to_a_size(more: int, grows: bool, repo: Repo) -> None:
    whole = "- the same again\n" * (LARGEST // 17)
    large = whole + "#" * (LARGEST - len(whole) + more)
    repo.commit({"net.yaml": large[: -more - 1] if grows else large})
    moved("net.yaml", "other.yaml", large if grows else large[: -more - 1])
    found = names("net.yaml", "other.yaml")
    assert found == ((None, None) if more else ("net.yaml", "other.yaml"))
