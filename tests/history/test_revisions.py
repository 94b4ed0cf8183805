"""Specs as they were at a git revision, in scratch repositories of every sort."""

from __future__ import annotations

import gc
import glob
import io
import os
import shlex
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import archcost
import archcost.history.git
from archcost.errors import (
    AbsentError,
    GitError,
    NoGitError,
    NoRepositoryError,
    NotFetchedError,
    RevisionError,
    SpecError,
    UsageError,
)
from archcost.execute.tensors import Tensors
from archcost.history.revisions import revision
from tests.history.specs import HEAD, channels, conv, including, refusal, spec, unit
from tests.scratch_repository import GIT, Repo, run_git

# -- what is read ---------------------------------------------------------------------------------------


def test_a_spec_is_read_as_it_was_and_the_disk_as_it_is(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    repo.commit({"net.yaml": spec(5)})
    Path("net.yaml").write_text(spec(6))
    found = [channels(archcost.load("net.yaml", at=at)) for at in ("HEAD~1", "HEAD", None)]
    assert found == [4, 5, 6]


def test_what_it_includes_is_read_as_it_was_too(repo: Repo) -> None:
    files = {"specs/net.yaml": including("lib/a.yaml"), "specs/lib/a.yaml": "include: [deep/b.yaml]\n"}
    repo.commit({**files, "specs/lib/deep/b.yaml": unit(4)})
    repo.commit({"specs/lib/deep/b.yaml": unit(5)})
    assert channels(archcost.load("specs/net.yaml", at="HEAD~1")) == 4
    assert channels(archcost.load("specs/net.yaml", at="HEAD")) == 5


def test_an_include_that_is_gone_is_found_where_it_was(repo: Repo) -> None:
    repo.commit({"net.yaml": including("lib/a.yaml"), "lib/a.yaml": unit(4)})
    repo.commit({"net.yaml": spec(5), "lib/a.yaml": None})
    assert channels(archcost.load("net.yaml", at="HEAD~1")) == 4


def test_settings_apply_at_a_revision_as_on_the_disk(repo: Repo) -> None:
    text = HEAD + "vars: {c: 4}\nvariants: {wide: {c: 40}}\nlayers:\n  - " + conv(4).replace("4", "$c") + "\n"
    repo.commit({"net.yaml": text})
    wide = archcost.load("net.yaml", at="main", variant="wide", input="3x5x5")
    assert (channels(wide), wide.nodes[0].output) == (40, (40, 3, 3))
    assert channels(archcost.load("net.yaml", at="main", set={"c": 7})) == 7


def test_standard_blocks_come_from_the_package(repo: Repo) -> None:
    repo.commit({"net.yaml": HEAD + "layers:\n  - std/basic_block: {out_channels: 3}\n"})
    there, here = archcost.load("net.yaml", at="main"), archcost.load("net.yaml")
    assert [node.output for node in there] == [node.output for node in here]
    assert str(there.nodes[0].place).startswith("std/")


def test_weights_in_a_file_are_those_of_the_revision(repo: Repo) -> None:
    layer = "{conv: {out_channels: 1, kernel_size: 1}, weights: w.npz}"
    text = HEAD.replace("3, 8", "1, 8") + f"layers:\n  - {layer}\n"
    repo.commit({"net.yaml": text, "w.npz": archive(1)})
    repo.commit({"net.yaml": text, "w.npz": archive(2)})
    for at, expected in (("HEAD~1", 1), ("HEAD", 2)):
        network = archcost.load("net.yaml", at=at)
        assert Tensors.of_network(network).of(network.by_path["conv"])["bias"].tolist() == [expected]


def test_weights_that_the_revision_has_not_are_missed_there(repo: Repo) -> None:
    layer = "{conv: {out_channels: 1, kernel_size: 1}, weights: lib/w.npz}"
    repo.commit({"net.yaml": HEAD + f"layers:\n  - {layer}\n", "lib/v.npz": b"", "lib/w.npz/x": b""})
    with pytest.raises(SpecError, match=r"^main:net.yaml:5:56: weights 'w.npz': this is no file\n"):
        Tensors.of_network(archcost.load("net.yaml", at="main"))
    repo.commit({"lib/w.npz/x": None})
    with pytest.raises(SpecError, match=r"no such file \(did you mean 'v.npz'\?\)"):
        Tensors.of_network(archcost.load("net.yaml", at="main"))


def archive(bias: float) -> bytes:
    made = io.BytesIO()
    np.savez(made, bias=np.array([bias]))
    return made.getvalue()


def test_repositories_with_longer_hashes_are_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "long", "--object-format=sha256")
    commit = repo.commit({"lib/a.yaml": unit(4), "net.yaml": including("lib/a.yaml")})
    assert len(commit) == 64
    assert channels(archcost.load(repo.folder / "net.yaml", at=commit)) == 4


def test_packed_and_deep_history_is_read(repo: Repo) -> None:
    first = repo.commit({"net.yaml": spec(4)})
    for width in range(5, 9):
        repo.commit({"net.yaml": spec(width)})
    repo.git("gc", "--quiet")
    assert channels(archcost.load("net.yaml", at=first)) == 4


# -- how it is named ------------------------------------------------------------------------------------


def test_places_are_named_as_git_names_them_and_the_network_as_the_user_does(repo: Repo) -> None:
    repo.commit({"specs/net.yaml": including("lib/a.yaml"), "specs/lib/a.yaml": unit(4)})
    os.chdir("specs")
    network = archcost.load("../specs/net.yaml", at="main")
    assert network.path == "../specs/net.yaml"
    assert str(network.nodes[0].place) == "main:specs/lib/a.yaml:2:18"


def test_a_spec_at_the_top_has_its_includes_below_it(repo: Repo) -> None:
    repo.git("branch", "--move", "team/main")
    repo.commit(
        {"net.yaml": including("lib/a.yaml"), "lib/a.yaml": "include: [b.yaml]\n", "lib/b.yaml": unit(4)}
    )
    network = archcost.load("net.yaml", at="team/main")
    assert str(network.nodes[0].place) == "team/main:lib/b.yaml:2:18"


def test_an_invalid_base_is_a_mistake_in_a_spec_with_its_place(repo: Repo) -> None:
    repo.commit({"specs/net.yaml": spec(4).replace("kernel_size", "kernel_sice")})
    repo.commit({"specs/net.yaml": spec(4)})
    assert refusal(SpecError, "specs/net.yaml", "HEAD~1") == (
        "HEAD~1:specs/net.yaml:5:30: conv: unknown field 'kernel_sice' (did you mean 'kernel_size'?)\n"
        "    5 |   - {conv: {out_channels: 4, kernel_sice: 3}}\n"
        "      |                              ^^^^^^^^^^^"
    )


def test_a_merge_base_is_named_by_its_hash(repo: Repo) -> None:
    base = repo.commit({"net.yaml": spec(4)})
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit({"net.yaml": spec(5)})
    repo.git("switch", "--quiet", "main")
    repo.commit({"net.yaml": spec(6)})
    repo.git("switch", "--quiet", "topic")
    network = archcost.load("net.yaml", at="main...")
    assert channels(network) == 4
    assert str(network.nodes[0].place) == f"{base[:12]}:net.yaml:5:6"
    assert channels(archcost.load("net.yaml", at="main")) == 6


# -- where the repository is ----------------------------------------------------------------------------


def test_paths_are_those_of_the_working_tree_wherever_one_stands(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"a/specs/net.yaml": spec(4), "b/x": ""})
    link = tmp_path / "link"
    link.symlink_to(repo.folder)
    within = tmp_path / "within"
    within.symlink_to(repo.folder / "a" / "specs")
    standing = {
        "a": "specs/net.yaml",
        "a/specs": "net.yaml",
        "b": "../a/specs/net.yaml",
        "..": "repo/a/specs/net.yaml",
        "../link/a": "specs/net.yaml",
        ".": f"{link}/a/specs/net.yaml",
        "a/..": f"{within}/net.yaml",
        "/": f"{repo.folder}/a/specs/net.yaml",
    }
    for folder, path in standing.items():
        monkeypatch.chdir(repo.folder / folder)
        network = archcost.load(path, at="main")
        assert str(network.nodes[0].place) == "main:a/specs/net.yaml:5:6"


def test_a_spec_whose_folder_is_gone_is_found_where_it_was(repo: Repo) -> None:
    repo.commit({"old/deep/net.yaml": spec(4)})
    repo.commit({"old/deep/net.yaml": None})
    shutil.rmtree("old")
    assert channels(archcost.load("old/deep/net.yaml", at="HEAD~1")) == 4


def test_worktrees_share_revisions_and_have_a_head_of_their_own(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"net.yaml": spec(4)})
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    repo.commit({"net.yaml": spec(5)})
    assert channels(archcost.load(tmp_path / "side" / "net.yaml", at="HEAD")) == 4
    assert channels(archcost.load(tmp_path / "side" / "net.yaml", at="main")) == 5


def test_the_repository_is_that_of_the_spec_also_inside_a_hook_of_another(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"net.yaml": spec(4)})
    other = Repo(tmp_path / "other")
    other.commit({"net.yaml": spec(5)})
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    monkeypatch.setenv("GIT_TRACE", "1")
    assert channels(archcost.load("net.yaml", at="main")) == 4


def test_one_revision_is_asked_about_many_specs_and_after_its_end(repo: Repo) -> None:
    repo.commit({f"{i}.yaml": spec(i) for i in range(1, 9)})
    with revision("main") as base:
        assert [channels(archcost.load(f"{i}.yaml", at=base)) for i in range(1, 9)] == [*range(1, 9)]
    assert channels(archcost.load("3.yaml", at=base)) == 3
    base.close()


# -- odd names ------------------------------------------------------------------------------------------


NAMES = (
    "with space",
    " both ends ",
    "größe-模型-🙂",
    'it\'s "quoted"',
    "new\nline",
    "tab\tand\\backslash",
    "-rf",
    "--upload-pack=x",
    "[a]*?",
    ":(glob)x",
    "HEAD:x",
    "a...b",
    "$(touch x)`touch y`;&|",
    "%s{0}",
    "#x",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_path_may_have_any_name(name: str, repo: Repo) -> None:
    repo.git("config", "core.quotePath", "true")
    text = HEAD + f"include:\n  - {yaml_text(f'{name}/{name}.yaml')}\nlayers:\n  - unit\n"
    repo.commit({f"{name}/net.yaml": text, f"{name}/{name}/{name}.yaml": unit(4)})
    before = sorted(repo.folder.iterdir())
    assert channels(archcost.load(f"{name}/net.yaml", at="main")) == 4
    assert revision("main").glob("*/*.yaml") == [f"{name}/net.yaml"]
    assert sorted(repo.folder.iterdir()) == before


def yaml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def test_a_name_that_is_no_text_is_a_name(repo: Repo) -> None:
    made = repo.git("hash-object", "-w", "--stdin", stdin=spec(4).encode())
    commit = repo.commit_tree(b"100644 \xff.yaml\0" + bytes.fromhex(made))
    assert channels(archcost.load(os.fsdecode(b"\xff.yaml"), at=commit)) == 4


def test_a_repository_may_stand_at_any_path(tmp_path: Path) -> None:
    for name in NAMES:
        repo = Repo(tmp_path / name)
        repo.commit({"net.yaml": spec(4)})
        assert channels(archcost.load(repo.folder / "net.yaml", at="main")) == 4


# -- links ----------------------------------------------------------------------------------------------


def test_links_are_those_of_the_revision(repo: Repo) -> None:
    repo.commit({"v1/net.yaml": spec(4), "v2/net.yaml": spec(5), "lib/a.yaml": ""})
    Path("current").symlink_to("v1")
    Path("net.yaml").symlink_to("current/net.yaml")
    repo.save()
    Path("current").unlink()
    Path("current").symlink_to("v2")
    for path in ("current/net.yaml", "net.yaml"):
        network = archcost.load(path, at="main")
        assert channels(network) == 4
        assert network.nodes[0].place.source.name == f"main:{path}"
        assert channels(archcost.load(path)) == 5


def test_what_a_linked_spec_includes_is_beside_the_link(repo: Repo) -> None:
    repo.commit({"a/net.yaml": including("b.yaml"), "a/b.yaml": unit(4), "c/b.yaml": unit(5)})
    Path("c/net.yaml").symlink_to("../a/net.yaml")
    repo.save()
    assert channels(archcost.load("c/net.yaml", at="main")) == channels(archcost.load("c/net.yaml")) == 5


@pytest.mark.parametrize("target", ["../outside.yaml", "ABSOLUTE", "../repo/../outside.yaml"])
def test_a_link_out_of_the_repository_is_not_followed(target: str, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(spec(4))
    outside = os.path.realpath(tmp_path / "outside.yaml")
    Path("net.yaml").symlink_to(target.replace("ABSOLUTE", outside))
    repo.save()
    assert channels(archcost.load("net.yaml")) == 4
    assert refusal(SpecError, "net.yaml", "main") == (
        f"main:net.yaml:1:1: a link leads out of the repository, to {outside}"
    )
    assert revision("main").glob("*.yaml") == []


def test_an_include_may_not_leave_its_folder_by_a_link(repo: Repo) -> None:
    repo.commit({"specs/net.yaml": including("link.yaml"), "secret.yaml": unit(4)})
    Path("specs/link.yaml").symlink_to("../secret.yaml")
    repo.save()
    assert refusal(SpecError, "specs/net.yaml", "main").splitlines()[0] == (
        "main:specs/net.yaml:4:11: include 'link.yaml' leaves the folder of this file; "
        "it may only go below it"
    )


def test_links_that_lead_nowhere_end(repo: Repo) -> None:
    Path("net.yaml").symlink_to("other.yaml")
    Path("other.yaml").symlink_to("net.yaml")
    Path("gone.yaml").symlink_to("nothing.yaml")
    Path("in.yaml").symlink_to("in.yaml/in.yaml")
    repo.save()
    why = "main:net.yaml:1:1: cannot be read: too many levels of symbolic links"
    assert refusal(SpecError, "net.yaml", "main") == why
    assert refusal(SpecError, "in.yaml", "main") == why.replace("net", "in")
    assert "no such file" in refusal(AbsentError, "gone.yaml", "main")


def test_paths_through_links_lead_where_they_lead_on_the_disk(repo: Repo) -> None:
    repo.commit({"a/b/f": "1", "a/f": "2", "f": "3", "a/b/c/f": "4"})
    links = {
        "up": "..",
        "a/up": "..",
        "a/b/up": "../..",
        "l": "a/b",
        "a/l": "b/c/../l",
        "a/b/l": "./c//",
        "x": "a/./l",
    }
    for link, target in links.items():
        Path(link).symlink_to(target)
    repo.save()
    root = Path(os.path.realpath(repo.folder))
    with revision("main") as base:
        for parts in product(("a", "b", "l", "up", "..", "f", "x"), repeat=3):
            path = root.joinpath(*parts)
            real = Path(os.path.realpath(path))
            assert not real.is_relative_to(root) or base.real(path) == real, parts


# -- files that are refused -----------------------------------------------------------------------------


def test_a_file_over_the_limit_is_refused_and_others_are_read_after_it(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4), "large.yaml": "#" * 9_000_000})
    with revision("main") as base:
        with pytest.raises(SpecError) as error:
            archcost.load("large.yaml", at=base)
        assert str(error.value) == (
            "main:large.yaml:1:1: the file has 9,000,000 bytes, more than 4,194,304 (the limit `file_bytes`)"
        )
        assert channels(archcost.load("net.yaml", at=base)) == 4


def test_a_file_at_the_limit_is_read(repo: Repo) -> None:
    text = spec(4)
    repo.commit({"net.yaml": text})
    limits = archcost.Limits(file_bytes=len(text))
    assert channels(archcost.load("net.yaml", at="main", limits=limits)) == 4
    with pytest.raises(SpecError, match="the limit `file_bytes`"):
        archcost.load("net.yaml", at="main", limits=archcost.Limits(file_bytes=len(text) - 1))


def test_folders_and_pointers_say_what_they_are(repo: Repo) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    repo.commit({"net.yaml": pointer, "by.yaml": including("net.yaml"), "specs/net.yaml": spec(4)})
    lfs = "a Git LFS pointer stands in its place, and nothing is fetched; keep this file out of LFS"
    assert refusal(SpecError, "net.yaml", "main") == f"main:net.yaml:1:1: {lfs}"
    assert refusal(SpecError, "by.yaml", "main").startswith(f"main:by.yaml:4:11: include 'net.yaml': {lfs}\n")
    assert refusal(SpecError, "specs", "main") == "main:specs:1:1: this is a folder; name the spec inside it"
    assert refusal(SpecError, ".", "main").startswith("main:.:1:1: this is a folder")
    assert refusal(SpecError, "n\0.yaml", "main").endswith("cannot be read: a path has no NUL bytes")
    assert "cannot be read" in refusal(SpecError, "\ud800.yaml", "main")
    assert refusal(SpecError, "a/" * 3000, "main").endswith("cannot be read: file name too long")


def test_a_submodule_says_that_it_is_one(repo: Repo, tmp_path: Path) -> None:
    part = Repo(tmp_path / "part")
    commit = part.commit({"net.yaml": spec(4)})
    repo.git("submodule", "--quiet", "add", str(part.folder), "zoo/part")
    repo.save()
    with revision("main", near=repo.folder) as base, pytest.raises(SpecError) as error:
        archcost.load("zoo/part/net.yaml", at=base)
    assert str(error.value) == (
        f"main:zoo/part/net.yaml:1:1: 'zoo/part' is a submodule (at {commit[:12]}); "
        "its files and revisions are in a repository of its own: run archcost inside it"
    )
    assert channels(archcost.load("zoo/part/net.yaml", at="main")) == 4  # by itself, it has its own revisions


def test_an_include_that_was_missing_there_is_a_mistake_of_the_base(repo: Repo) -> None:
    repo.commit({"net.yaml": including("lib/unit.yaml"), "lib/units.yaml": unit(4)})
    Path("lib/unit.yaml").write_text(unit(4))
    assert refusal(SpecError, "net.yaml", "main").splitlines()[0] == (
        "main:net.yaml:4:11: include 'lib/unit.yaml': no such file (did you mean 'lib/units.yaml'?)"
    )


@pytest.mark.parametrize("path", ["zoo:vgg16", "-"])
def test_what_is_no_file_has_no_revision(path: str, repo: Repo) -> None:
    repo.save()
    message = refusal(UsageError, path, "main")
    assert message.startswith(f"{path}: ")
    assert message.endswith("has no git revisions; name a file of a repository")
    with pytest.raises(UsageError), revision("main") as base:
        archcost.load(path, at=base)
    with pytest.raises(UsageError):
        revision("main", near=path)


def test_a_spec_that_is_new_is_an_error_of_its_own(repo: Repo) -> None:
    repo.commit({"specs/resnet50.yaml": spec(4)})
    Path("specs/resnet_50.yaml").write_text(spec(4))
    assert refusal(AbsentError, "specs/resnet_50.yaml", "main") == (
        "main:specs/resnet_50.yaml: no such file there: the spec is new, or had another name "
        "(did you mean 'specs/resnet50.yaml'?)"
    )
    assert refusal(AbsentError, "elsewhere/x.yaml", "main") == (
        "main:elsewhere/x.yaml: no such file there: the spec is new, or had another name"
    )


def test_a_spec_of_another_repository_has_no_such_revision(repo: Repo, tmp_path: Path) -> None:
    repo.save()
    (tmp_path / "net.yaml").write_text(spec(4))
    with revision("main") as base, pytest.raises(NoRepositoryError) as error:
        archcost.load("../net.yaml", at=base)
    assert str(error.value) == (
        f"../net.yaml is outside of the git repository {os.path.realpath(repo.folder)}, which main is of"
    )


# -- git, and what it leaves behind ---------------------------------------------------------------------


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in sorted(folder.rglob("*"))}


def test_reading_writes_nothing(repo: Repo) -> None:
    repo.commit({"net.yaml": including("lib/a.yaml"), "lib/a.yaml": unit(4)})
    repo.commit({"lib/a.yaml": unit(5)})
    Path("net.yaml").touch()  # git would like to renew its index
    before = snapshot(repo.folder)
    with revision("HEAD~1") as base:
        archcost.load("net.yaml", at=base)
        base.glob("**/*.yaml")
    with pytest.raises(RevisionError):
        revision("mian")
    assert snapshot(repo.folder) == before


def test_replacements_are_not_read(repo: Repo) -> None:
    first = repo.commit({"net.yaml": spec(4)})
    second = repo.commit({"net.yaml": spec(5)})
    repo.git("replace", first, second)
    assert channels(archcost.load("net.yaml", at=first)) == 4


def fake_git(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that does what the script says; the real one is `$GIT`."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\nGIT={shlex.quote(GIT)}\n{script}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_one_process_reads_many_files_and_ends(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({f"{i}/net.yaml": spec(i) for i in range(1, 20)})
    log = tmp_path / "log"
    script = f'echo "$$ $*" >> {shlex.quote(str(log))}; exec "$GIT" "$@"'
    fake_git(tmp_path / "bin", script, monkeypatch)
    with revision("main") as base:
        for path in base.glob("*/net.yaml"):
            archcost.load(path, at=base)
    archcost.load("1/net.yaml", at="main")
    forgotten = revision("main")
    archcost.load("1/net.yaml", at=forgotten)
    del forgotten
    gc.collect()
    runs = [line.partition(" ") for line in log.read_text().splitlines()]
    assert sum("cat-file --batch" in run[2] for run in runs) == 3
    assert len(runs) == 9
    for number, _, _ in runs:
        # Another process may have the number by now, but no child of ours.
        with pytest.raises(ChildProcessError):
            os.waitpid(int(number), os.WNOHANG)


def test_a_git_that_hangs_is_given_up(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"net.yaml": spec(4)})
    monkeypatch.setattr(archcost.history.git, "PATIENCE", 0.3)
    fake_git(tmp_path / "bin", 'case "$*" in *cat-file*) exec sleep 60;; esac; exec "$GIT" "$@"', monkeypatch)
    assert refusal(GitError, "net.yaml", "main") == "git did not answer within 0.3 seconds"
    fake_git(tmp_path / "bin2", "exec sleep 60", monkeypatch)
    assert refusal(GitError, "net.yaml", "main") == "git did not answer within 0.3 seconds"


def test_a_git_that_fails_is_quoted(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"net.yaml": spec(4)})
    script = 'case "$*" in *cat-file*) echo "fatal: out of luck" >&2; exit 1;; esac; exec "$GIT" "$@"'
    fake_git(tmp_path / "bin", script, monkeypatch)
    assert refusal(GitError, "net.yaml", "main") == "git cannot read the repository: out of luck"
    (tmp_path / "bin" / "git").chmod(0o644)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert refusal(GitError, "net.yaml", "main") == "git cannot be run: permission denied"


def test_a_damaged_object_is_no_new_spec(repo: Repo) -> None:
    repo.commit({"net.yaml": spec(4)})
    name = repo.git("rev-parse", "main:net.yaml")
    loose = repo.folder / ".git" / "objects" / name[:2] / name[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"no zlib")
    with pytest.raises(RevisionError, match=r"damaged|git cannot read the repository") as error:
        archcost.load("net.yaml", at="main")
    assert not isinstance(error.value, AbsentError)


def test_trees_of_old_and_broken_programs(repo: Repo) -> None:
    repo.commit({"specs/net.yaml": spec(4)})
    inner = bytes.fromhex(repo.git("rev-parse", "main:specs"))
    padded = repo.commit_tree(b"040000 specs\0" + inner)
    assert channels(archcost.load("specs/net.yaml", at=padded)) == 4
    cut = repo.commit_tree(b"40000 specs\0" + inner + b"100644 x")
    assert refusal(GitError, "specs/net.yaml", cut).endswith("is damaged, or far too large")
    names = (b"..", b".", b"", b".git", b"a/b")
    odd = repo.commit_tree(b"".join(b"40000 " + name + b"\0" + inner for name in names))
    with revision(odd) as base:
        assert base.glob("**/*.yaml") == base.glob("*/*") == []


def test_in_a_partial_clone_nothing_is_fetched(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit({"net.yaml": spec(4)})
    repo.commit({"net.yaml": spec(5)})
    run_git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo.folder}", "partial")
    monkeypatch.chdir(tmp_path / "partial")
    before = snapshot(tmp_path / "partial")
    assert refusal(NotFetchedError, "net.yaml", "HEAD~1") == (
        "HEAD~1: this clone does not have all files of that revision (it is a partial one, or damaged), and "
        "archcost fetches nothing; `git fetch --refetch` or a full clone has them"
    )
    assert snapshot(tmp_path / "partial") == before
    assert channels(archcost.load("net.yaml", at="HEAD")) == 5


def test_the_settings_of_a_repository_run_no_command(repo: Repo, tmp_path: Path) -> None:
    commit = repo.commit({"net.yaml": spec(4)})
    blob = repo.git("rev-parse", "main:net.yaml")
    (repo.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    evil = f"touch {shlex.quote(str(tmp_path / 'ran'))} #"
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": str(tmp_path),
        "remote.origin.uploadPack": evil,
        "remote.other.promisor": "true",
        "remote.other.url": f"ext::sh -c {evil}",
        "protocol.allow": "always",
        "core.fsmonitor": evil,
        "core.sshCommand": evil,
        "core.pager": evil,
        "alias.cat-file": f"!{evil}",
        "alias.rev-parse": f"!{evil}",
    }
    for name, value in settings.items():
        repo.git("config", name, value)
    for ref in (commit, "f" * 40, "main...", "unknown"):
        with pytest.raises(RevisionError):
            archcost.load("net.yaml", at=ref)
    assert not (tmp_path / "ran").exists()


def test_there_may_be_no_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"net.yaml": spec(4)})
    monkeypatch.setenv("PATH", str(repo.folder))
    assert refusal(NoGitError, "net.yaml", "main") == (
        "revisions are read with the command `git`, and there is none here; install git"
    )


# -- patterns -------------------------------------------------------------------------------------------


PATTERNS = (
    "*.yaml",
    "*",
    "**",
    "**/*.yaml",
    "specs/*.yaml",
    "./specs/*.yaml",
    "specs/**",
    "**/deep/*",
    "**/**/*.yaml",
    "*/*/*",
    "specs/[ab].yaml",
    "specs/?.yaml",
    "specs/[!a].yaml",
    ".*",
    ".*/*.yaml",
    "**/.*",
    "specs/a.yaml",
    "no/*.yaml",
    "../repo/specs/*.yaml",
    "../*/specs/*.yaml",
    "specs/../*.yaml",
    "link/*.yaml",
    "SPECS/*.yaml",
    "[[]x].yaml",
    "../**/a.yaml",
    "specs/*",
    "specs//*.yaml",
    "*.YAML",
    "specs/*/",
    "{specs}/*.yaml",
    "up/*.yaml",
    "",
)


def test_patterns_match_as_on_the_disk(repo: Repo) -> None:
    names = (
        "net.yaml",
        "specs/a.yaml",
        "specs/b.yaml",
        "specs/b.txt",
        "specs/deep/c.yaml",
        "specs/deep/er/d.yaml",
    )
    odd = (".hidden.yaml", ".config/e.yaml", "[x].yaml", "specs/.f.yaml", "specs/ü n.yaml", "{specs}/g.yaml")
    repo.commit(dict.fromkeys((*names, *odd), "x"))
    Path("link").symlink_to("specs/deep")
    Path("link.yaml").symlink_to("specs/a.yaml")
    Path("gone.yaml").symlink_to("nothing")
    repo.save()
    with revision("main") as base:
        for pattern in (*PATTERNS, f"{os.path.realpath(repo.folder)}/*/a.yaml"):
            matched = glob.iglob(pattern, recursive=True)  # noqa: PTH207 - this is what is imitated
            found = {path for path in matched if Path(path).is_file()}
            if "**" in pattern:  # the disk follows links into folders here, and finds their files again
                found = {path for path in found if "link/" not in path}
            assert base.glob(pattern) == sorted(path.replace("//", "/") for path in found), pattern
        os.chdir("specs")
        assert base.glob("*.yaml") == ["a.yaml", "b.yaml", "ü n.yaml"]
        assert base.glob("*.yaml", repo.folder) == ["[x].yaml", "link.yaml", "net.yaml"]


def test_files_that_are_gone_are_matched(repo: Repo) -> None:
    repo.commit({"specs/a.yaml": spec(4), "old/b.yaml": spec(4)})
    repo.commit({"old/b.yaml": None})
    assert revision("HEAD~1").glob("*/*.yaml") == ["old/b.yaml", "specs/a.yaml"]
    assert revision("HEAD").glob("*/*.yaml") == ["specs/a.yaml"]


def test_a_pattern_of_many_stars_ends(repo: Repo) -> None:
    repo.commit({"/".join("a" * depth) + "/f": "" for depth in range(1, 25)})
    assert len(revision("main").glob("/".join(["**", "a"] * 12) + "/**/f")) == 13


# -- start-up -------------------------------------------------------------------------------------------


def test_the_disk_needs_no_git() -> None:
    code = """
import sys
from archcost.cli.program import run
run(["analyze", "zoo:lenet5", "--quiet"])
history = {"archcost.history.git", "archcost.history.revisions", "subprocess"}
print(sorted(history & set(sys.modules)), file=sys.stderr)
"""
    python = [sys.executable, "-c", code]
    done = subprocess.run(python, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our Python
    assert done.stderr.strip() == "[]"
