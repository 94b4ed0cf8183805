"""Which commit of which git repository is meant."""

from __future__ import annotations

import os
import re
from pathlib import Path

from archcost.errors import (
    AmbiguousRevisionError,
    NoRepositoryError,
    NotFetchedError,
    NothingBeforeError,
    UnknownRevisionError,
)
from archcost.history.git import git
from archcost.words.suggest import nearest


def default_branch(near: str | Path = ".") -> str | None:
    """The branch that changes are for, in full; None if this clone does not know it.

    That is where the `HEAD` of `origin` points to, else its `main` or `master`; in a repository that has no
    remote, its own. A clone that a machine made often has none of them.

    Raises:
        RevisionError: there is no repository, or no git.
    """
    root = root_of(near)
    place = "refs/remotes/origin/" if git(root, "remote").out else "refs/heads/"
    head = git(root, "symbolic-ref", "--quiet", f"{place}HEAD").out
    ways = [*([head] if head else []), f"{place}main", f"{place}master"]
    known = git(root, "for-each-ref", "--format=%(refname)", *ways).out.splitlines()
    return next((name for name in ways if name in known), None)


_NOTHING = re.compile("0{40}|0{64}")
"""What hooks and CI name as the commit before the first push of a branch."""


def folder_near(path: Path) -> Path:
    """The folder that git can run in: the path, or the nearest one above it that is there."""
    path = absolute(path)
    return next(one for one in (path, *path.parents) if _is_folder(one))


def absolute(path: str | Path) -> Path:
    """The whole path, with its links: below a repository's top, they are those of the revision."""
    try:
        return Path(os.path.abspath(path))  # noqa: PTH100 - see above
    except FileNotFoundError:
        raise NoRepositoryError(f"{path}: the working folder is gone") from None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def root_of(near: str | Path) -> Path:
    """The top of the working tree that a file or folder lies in, which need not be there any more.

    Raises:
        NoRepositoryError: it lies in none, or git refuses.
    """
    folder = folder_near(Path(near))
    found = git(folder, "rev-parse", "--show-toplevel")
    if found.code == 0 and found.out:
        return Path(os.path.realpath(found.out))
    if "not a git repository (or any" in found.err:
        raise NoRepositoryError(
            f"{folder} is in no git repository, so there are no revisions; run in a clone, or compare files"
        )
    raise NoRepositoryError(f"git does not open the repository of {folder}: {found.why}")


def commit_of(root: Path, ref: str) -> str:
    """The full hash of the commit that a revision is, as `archcost.history.revisions.revision` takes it.

    Raises:
        RevisionError: it is none, or several.
    """
    name, dots, rest = ref.partition("...")
    if _NOTHING.fullmatch(name):
        raise NothingBeforeError(f"{ref} is what git calls a commit that is not: nothing was there before")
    if rest or not name or name.startswith("-") or not name.isprintable() or ".." in name:
        raise UnknownRevisionError(
            f"{ref!r} names no git revision; name a branch, a tag or a commit, or REF... for the merge base"
        )
    commit = _commit(root, name)
    return _merge_base(root, name, commit) if dots else commit


def _commit(root: Path, name: str) -> str:
    """The full hash of the commit that a name stands for.

    Raises:
        RevisionError: of none, or of several.
    """
    found = git(root, "rev-parse", "--verify", f"{name}^{{commit}}")
    if "is ambiguous" in found.err:
        raise AmbiguousRevisionError(f"{name} is ambiguous{_candidates(root, name, found.err)}")
    if found.code == 0 and re.fullmatch(r"[0-9a-f]{40,64}", found.out):
        return found.out
    raise _unknown(root, name)


def _candidates(root: Path, name: str, err: str) -> str:
    """Which things have the name, as the end of a message."""
    full = [f"refs/{kind}{_plain(name)}" for kind in ("", "heads/", "tags/", "remotes/")]
    refs = [ref for ref in _refs(root, "%(refname)") if ref in full]
    hashes = re.findall(r"^hint: +([0-9a-f]+ commit)", err, re.MULTILINE)
    found = refs or hashes
    return f": there are {' and '.join(found)}; name one of them in full" if found else "; name it in full"


def _plain(name: str) -> str:
    """The branch, tag or hash that a name begins with, without `~1` and the like."""
    return re.split(r"[~^:]|@\{", name)[0]


def _refs(root: Path, form: str) -> list[str]:
    return git(root, "for-each-ref", f"--format={form}").out.splitlines()


def _merge_base(root: Path, name: str, commit: str) -> str:
    head = _commit(root, "HEAD")
    found = git(root, "merge-base", commit, head)
    if found.code == 0 and found.out:
        return found.out.splitlines()[0]
    why = f"{name}...: {name} and HEAD have no commit in common"
    if _is_shallow(root):
        raise NotFetchedError(f"{why} in this clone, which is shallow; {_FETCH_ALL}")
    raise UnknownRevisionError(f"{why}; name one revision instead")


def _is_shallow(root: Path) -> bool:
    return git(root, "rev-parse", "--is-shallow-repository").out == "true"


def _unknown(root: Path, name: str) -> UnknownRevisionError:
    """What to say of a name that no commit has."""
    what = f"{name}: the git repository {root} has no such revision"
    known = _refs(root, "%(refname:short)")
    has_commit = git(root, "rev-parse", "--verify", "--quiet", "HEAD").code == 0
    if not has_commit and (name.startswith("HEAD") or not known):
        return NothingBeforeError(f"{what}: it has no commit yet")
    if re.fullmatch(r"(HEAD|@)([~^]1?)", name) and _is_first(root):
        return NothingBeforeError(f"{what}: its HEAD is the first commit")
    same = _namesake(_plain(name), known)
    if _is_shallow(root):
        near = f" (did you mean '{same}'?)" if same else ""
        return NotFetchedError(f"{what}{near}; this clone is shallow: {_how_to_fetch(root, name)}")
    near = same or (None if _plain(name) in {"HEAD", *known} else nearest(name, known))
    more = f" (did you mean '{near}'?)" if near else "; `git branch --all` and `git tag` list those it has"
    return UnknownRevisionError(f"{what}{more}")


def _is_first(root: Path) -> bool:
    """Whether HEAD has nothing before it, here or elsewhere."""
    return not _is_shallow(root) and git(root, "rev-list", "--count", "--max-count=2", "HEAD").out == "1"


def _namesake(name: str, known: list[str]) -> str | None:
    """The branch of the same name at another remote, or at none."""
    last = name.rpartition("/")[2]
    if name in known or last == "HEAD":
        return None
    return next((ref for ref in known if ref.rpartition("/")[2] == last), None)


def _how_to_fetch(root: Path, name: str) -> str:
    remotes = git(root, "remote").out.splitlines()
    if not remotes or not re.fullmatch(r"\w[\w./-]*", name):
        return _FETCH_ALL
    remote = next((one for one in remotes if name.startswith(f"{one}/")), remotes[0])
    if re.fullmatch(r"[0-9a-f]{40,64}", name):
        return f"`git fetch --depth=1 {remote} {name}` fetches it; {_OR_ALL}"
    branch = name.removeprefix(f"{remote}/")
    fetch = f"`git fetch --depth=1 {remote} {branch}:refs/remotes/{remote}/{branch}`"
    return f"{fetch} fetches the branch {branch} as {remote}/{branch}; {_OR_ALL}"


_OR_ALL = "in GitHub's checkout action, `fetch-depth: 0` fetches everything"
_FETCH_ALL = f"fetch its history with `git fetch --unshallow`; {_OR_ALL}"
