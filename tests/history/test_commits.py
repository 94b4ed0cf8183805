"""Which commit is meant, and what is said where there is none."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from itertools import count
from pathlib import Path

import pytest

import archcost
from archcost.errors import (
    AmbiguousRevisionError,
    NoRepositoryError,
    NotFetchedError,
    NothingBeforeError,
    UnknownRevisionError,
)
from archcost.history.revisions import revision
from tests.history.specs import channels, refusal, spec
from tests.scratch_repository import Repo, run_git

# -- what names a commit --------------------------------------------------------------------------------


REFS = (
    "v1",
    "light",
    "refs/tags/v1",
    "old",
    "HEAD~1",
    "HEAD^",
    "@~1",
    "main~1",
    "main^{/a step}~1",
    "topic~2",
)


def test_whatever_git_takes_for_a_commit_names_one(repo: Repo) -> None:
    first = repo.commit({"net.yaml": spec(4)})
    repo.git("tag", "--annotate", "--message=one", "v1")
    repo.git("tag", "light")
    repo.git("branch", "old")
    repo.commit({"net.yaml": spec(5)})
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit({"net.yaml": spec(6)})
    repo.git("switch", "--quiet", "main")
    root = Path(os.path.realpath(repo.folder))
    for ref in (*REFS, first[:4], first[:7], first):
        found = revision(ref)
        assert (found.ref, found.commit, found.root) == (ref, first, root)


def test_a_detached_head_is_a_head_like_any(repo: Repo) -> None:
    first = repo.commit({"net.yaml": spec(4)})
    repo.commit({"net.yaml": spec(5)})
    repo.git("switch", "--quiet", "--detach", "HEAD~1")
    assert revision("HEAD").commit == first
    assert revision("main...").commit == first
    assert channels(archcost.load("net.yaml", at="main")) == 5


# -- there is no such commit ----------------------------------------------------------------------------


ODD_REFS = ("", "-", "--upload-pack=touch x", "-n1", "a..b", "a...b", "...", "..b", "a\nb", "a\0b", "a....")


def test_what_cannot_name_a_commit_is_never_handed_to_git(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    for ref in ODD_REFS:
        assert refusal(UnknownRevisionError, "net.yaml", ref) == (
            f"{ref!r} names no git revision; name a branch, a tag or a commit, or REF... for the merge base"
        )


def test_what_names_no_commit_is_unknown(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    repo.git("tag", "text", repo.git("rev-parse", "main:net.yaml"))
    for ref in ("^main", "main:net.yaml", "main^{tree}", ":/x", "text", "main main", "f" * 40, "@{u}"):
        assert refusal(UnknownRevisionError, "net.yaml", ref).startswith(f"{ref}: the git repository ")


def test_a_slip_gets_a_suggestion(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    repo.git("tag", "v1.0")
    root = os.path.realpath(repo.folder)
    for ref, near in {"mian": "main", "v1": "v1.0", "release/main": "main"}.items():
        assert refusal(UnknownRevisionError, "net.yaml", ref) == (
            f"{ref}: the git repository {root} has no such revision (did you mean '{near}'?)"
        )
    for ref in ("zzz", "HEAD~9", "main~9"):
        assert refusal(UnknownRevisionError, "net.yaml", ref) == (
            f"{ref}: the git repository {root} has no such revision; "
            "`git branch --all` and `git tag` list those it has"
        )


def test_in_a_fork_the_other_remote_is_suggested(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"net.yaml": spec(4)})
    run_git(tmp_path, "clone", "--quiet", "--origin", "upstream", "repo", "fork")
    run_git(tmp_path / "fork", "branch", "--quiet", "--move", "topic")
    path = str(tmp_path / "fork" / "net.yaml")
    assert refusal(UnknownRevisionError, path, "origin/main").endswith("(did you mean 'upstream/main'?)")
    assert channels(archcost.load(path, at="upstream/main")) == 4


@pytest.mark.usefixtures("repo")
def test_a_repository_without_commits_has_no_head() -> None:
    assert refusal(NothingBeforeError, "net.yaml", "HEAD").endswith(
        "has no such revision: it has no commit yet"
    )


def test_histories_that_never_met_have_no_merge_base(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    repo.git("switch", "--quiet", "--orphan", "island")
    repo.commit({"net.yaml": spec(5)})
    assert refusal(UnknownRevisionError, "net.yaml", "main...") == (
        "main...: main and HEAD have no commit in common; name one revision instead"
    )


def test_a_branch_and_a_tag_of_one_name_are_ambiguous(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    repo.git("tag", "main")
    repo.git("config", "core.warnAmbiguousRefs", "false")
    repo.commit({"net.yaml": spec(5)})
    for ref in ("main", "main~0", "main..."):
        word = ref.removesuffix("...")
        assert refusal(AmbiguousRevisionError, "net.yaml", ref) == (
            f"{word} is ambiguous: there are refs/heads/main and refs/tags/main; name one of them in full"
        )
    assert channels(archcost.load("net.yaml", at="refs/heads/main")) == 5
    assert channels(archcost.load("net.yaml", at="refs/tags/main")) == 4


def test_a_hash_that_is_too_short_is_ambiguous(repo: Repo) -> None:
    commit = repo.commit({"net.yaml": spec(4)})
    texts = like_each_other(repo.git("rev-parse", f"{commit}^{{tree}}"))
    both = [repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text) for text in texts]
    start = both[0][:4]
    message = refusal(AmbiguousRevisionError, "net.yaml", start)
    assert message.startswith(f"{start} is ambiguous: there are {start}")
    assert message.endswith(" commit; name one of them in full")
    assert [revision(one).commit for one in both] == both


def like_each_other(tree: str) -> tuple[bytes, bytes]:
    """Two commits whose hashes begin alike."""
    seen: dict[str, bytes] = {}
    who = "nobody <nobody@example.org> 1577836800 +0000"
    for number in count():
        text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\n{number}\n".encode()
        name = hashlib.sha1(b"commit %d\0%s" % (len(text), text), usedforsecurity=False).hexdigest()
        if name[:4] in seen:
            return seen[name[:4]], text
        seen[name[:4]] = text
    raise AssertionError


# -- there is no repository -----------------------------------------------------------------------------


def test_there_may_be_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "net.yaml").write_text(spec(4))
    assert refusal(NoRepositoryError, str(tmp_path / "net.yaml"), "main") == (
        f"{tmp_path} is in no git repository, so there are no revisions; run in a clone, or compare files"
    )


def test_a_repository_that_git_refuses_is_refused_in_its_words(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"net.yaml": spec(4)})
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    message = refusal(NoRepositoryError, "net.yaml", "main")
    assert message.startswith(
        f"git does not open the repository of {repo.folder}: detected dubious ownership"
    )
    assert f"git config --global --add safe.directory {repo.folder}" in message


def test_a_damaged_or_bare_repository_is_refused(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"net.yaml": spec(4)})
    run_git(tmp_path, "clone", "--quiet", "--bare", "repo", "bare")
    assert "must be run in a work tree" in refusal(
        NoRepositoryError, str(tmp_path / "bare" / "net.yaml"), "main"
    )
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert "/nowhere/at/all" in refusal(NoRepositoryError, str(tmp_path / "lost" / "net.yaml"), "main")


def test_the_working_folder_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert refusal(NoRepositoryError, "net.yaml", "main") == "net.yaml: the working folder is gone"


# -- shallow clones -------------------------------------------------------------------------------------


@pytest.fixture
def shallow(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of depth 1 of a branch, as CI makes them; it is where we are."""
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo.commit({"net.yaml": spec(4)})
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit({"net.yaml": spec(5)})
    run_git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=topic", f"file://{repo.folder}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    return tmp_path / "shallow"


def follow(message: str) -> None:
    """Do what the message says: run the command in it."""
    command = re.search(r"`(git fetch [^`]+)`", message)
    assert command
    run_git(Path.cwd(), "--literal-pathspecs", *shlex.split(command[1])[1:])


def test_in_a_shallow_clone_an_unknown_branch_says_how_to_fetch_it(shallow: Path) -> None:
    message = refusal(NotFetchedError, "net.yaml", "origin/main")
    assert message == (
        f"origin/main: the git repository {os.path.realpath(shallow)} has no such revision; "
        "this clone is shallow: "
        "`git fetch --depth=1 origin main:refs/remotes/origin/main` fetches the branch main as origin/main; "
        "in GitHub's checkout action, `fetch-depth: 0` fetches everything"
    )
    follow(message)
    assert channels(archcost.load("net.yaml", at="origin/main")) == 4


@pytest.mark.usefixtures("shallow")
def test_in_a_shallow_clone_a_branch_without_its_remote_is_fetched_as_one_of_it() -> None:
    message = refusal(NotFetchedError, "net.yaml", "main")
    assert " fetches the branch main as origin/main; " in message
    follow(message)
    assert refusal(NotFetchedError, "net.yaml", "main").count("(did you mean 'origin/main'?)") == 1


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("ref", ["HEAD~1", "HEAD^", "topic~1"])
def test_in_a_shallow_clone_earlier_commits_need_the_history(ref: str) -> None:
    message = refusal(NotFetchedError, "net.yaml", ref)
    assert message.endswith(
        "has no such revision; this clone is shallow: fetch its history with `git fetch --unshallow`; "
        "in GitHub's checkout action, `fetch-depth: 0` fetches everything"
    )
    follow(message)
    assert channels(archcost.load("net.yaml", at=ref)) == 4


@pytest.mark.usefixtures("shallow")
def test_in_a_shallow_clone_a_commit_is_fetched_by_its_hash(repo: Repo) -> None:
    commit = repo.git("rev-parse", "main")
    follow(refusal(NotFetchedError, "net.yaml", commit))
    assert channels(archcost.load("net.yaml", at=commit)) == 4


def test_in_a_shallow_clone_a_merge_base_may_be_out_of_sight(shallow: Path, repo: Repo) -> None:
    repo.git("switch", "--quiet", "main")
    repo.commit({"net.yaml": spec(6)})
    run_git(shallow, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    message = refusal(NotFetchedError, "net.yaml", "origin/main...")
    assert message == (
        "origin/main...: origin/main and HEAD have no commit in common in this clone, which is shallow; "
        "fetch its history with `git fetch --unshallow`; in GitHub's checkout action, "
        "`fetch-depth: 0` fetches everything"
    )
    run_git(shallow, "fetch", "--quiet", "--unshallow", "origin", "main")
    assert channels(archcost.load("net.yaml", at="origin/main...")) == 4
