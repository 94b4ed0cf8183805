"""Builds, checks and tags the version that archcost/__init__.py names.

Its notes are its section of CHANGELOG.md. Leaves `dist/` with the sdist, the wheel and `notes.md`, and the
tag `vVERSION`; nothing is pushed. Run it in the tests' environment; it needs no network. Whatever is wrong
ends it with 1, before the tag.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.metadata import Metadata

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"


class Refused(Exception):  # noqa: N818 - it ends the release, and is no error of ours
    """Why there is no release."""


def main() -> int:
    """All of it, in order."""
    try:
        version = ready()
        notes = notes_of(version)
        wheel = build(version)
        check_metadata(wheel, version)
        check_sdist(version, wheel)
        check_command(wheel, version)
    except Refused as why:
        print(f"not released: {why}", file=sys.stderr)
        return 1
    (DIST / "notes.md").write_text(notes, "utf-8")
    run("git", "tag", "--annotate", f"v{version}", "--cleanup=whitespace", "--file", str(DIST / "notes.md"))
    print(f"tagged v{version}; to publish it, push the tag")
    return 0


def run(*command: str, folder: Path = ROOT, **environment: str) -> str:
    """What a command prints.

    Raises:
        Refused: it fails.
    """
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def ready() -> str:
    """The version, if everything is committed and it has no tag."""
    found = re.search(
        r'^__version__ = "(.*)"$', (ROOT / "archcost/__init__.py").read_text("utf-8"), re.MULTILINE
    )
    version = found[1] if found else ""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise Refused(f"archcost/__init__.py names no version like 1.2.3, but '{version}'")
    if changed := run("git", "status", "--porcelain"):
        raise Refused(f"there are changes that are not committed:\n{changed}")
    if run("git", "tag", "--list", f"v{version}"):
        raise Refused(f"v{version} is tagged already")
    return version


def notes_of(version: str) -> str:
    """The section of a version, without headings that have no lines."""
    sections = re.split(r"(?m)^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"))[1:]
    texts = {head.strip(): body for head, _, body in (section.partition("\n") for section in sections)}
    if "- " in texts.get("Unreleased", ""):
        raise Refused(f"CHANGELOG.md has lines under ## Unreleased; put them under ## {version}")
    if "- " not in texts.get(version, ""):
        raise Refused(f"CHANGELOG.md has no lines under ## {version}")
    parts = [part.strip() for part in re.split(r"(?m)^(?=### )", texts[version])]
    return "\n\n".join(part for part in parts if part and not re.fullmatch(r"### .*", part)) + "\n"


def build(version: str) -> Path:
    """`dist/` with the sdist and the wheel; the wheel."""
    for old in DIST.glob("*"):
        old.unlink()
    run(sys.executable, "-m", "hatchling", "build")
    return DIST / f"archcost-{version}-py3-none-any.whl"


def check_metadata(wheel: Path, version: str) -> None:
    """What an index would refuse, or show wrongly."""
    with zipfile.ZipFile(wheel) as opened:
        text = opened.read(f"archcost-{version}.dist-info/METADATA")
    try:
        metadata = Metadata.from_email(text)
    except ExceptionGroup as errors:
        raise Refused("\n".join(map(str, errors.exceptions))) from None
    if str(metadata.version) != version:
        raise Refused(f"the wheel says it is {metadata.version}")
    if metadata.description_content_type != "text/markdown" or not metadata.description:
        raise Refused("the wheel has no README to show")


def check_sdist(version: str, wheel: Path) -> None:
    """Whoever builds from the sdist gets the same wheel, byte by byte."""
    with TemporaryDirectory() as scratch, tarfile.open(DIST / f"archcost-{version}.tar.gz") as opened:
        opened.extractall(scratch, filter="data")
        source = Path(scratch, f"archcost-{version}")
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", folder=source)
        (again,) = source.glob("dist/*.whl")
        if again.name != wheel.name or again.read_bytes() != wheel.read_bytes():
            raise Refused("the wheel of the sdist is another one")


def check_command(wheel: Path, version: str) -> None:
    """The wheel, installed and alone, runs; what it needs is there already."""
    with TemporaryDirectory() as scratch:
        pip = (sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--no-index", "--no-deps")
        run(*pip, "--target", scratch, str(wheel))

        def alone(*command: str) -> str:
            return run(*command, folder=Path(scratch), PYTHONPATH=scratch)

        where = Path(alone(sys.executable, "-c", "import archcost; print(archcost.__file__)").strip())
        if not where.is_relative_to(Path(scratch).resolve()):
            raise Refused(f"what runs is not the wheel, but {where}")
        command = str(Path(scratch, "bin", "archcost"))
        if version not in (said := alone(command, "--version")):
            raise Refused(f"archcost --version says {said}")
        alone(command, "analyze", "zoo:resnet18")


if __name__ == "__main__":
    sys.exit(main())
