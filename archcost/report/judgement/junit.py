"""A judgement as JUnit XML, as Jenkins and GitLab read it: a suite per network, a case per question.

A complaint that does not fail the check is no failure: its case passes, and the text stands in its output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from archcost.escape import xml
from archcost.report.judgement.sentences import allowed, amounts, in_repository, subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcost.report.options import WriteOptions
    from archcost.results.judgement import CheckedSpec, Judgement, LimitResult, Violation


class Case(NamedTuple):
    """One question: what was complained about, and if nothing was, what the numbers are."""

    complaints: list[Violation]
    output: str = ""
    unknown: str = ""


def write(judgement: Judgement, options: WriteOptions) -> str:
    """The networks, then what is wrong with none of them."""
    root = Element("testsuites", name="archcost check")
    for spec in judgement.specs:
        file = in_repository(spec.path, options.root)
        _suite(root, spec.label, dict(_cases(spec, judgement.rules)), {"file": file} if file else {})
    if judgement.complaints:
        _suite(root, "archcost check", dict(_by_rule((), judgement.complaints)), {})
    root.attrib |= _sums(root)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(spec: CheckedSpec, rules: Iterable[str]) -> Iterator[tuple[str, Case]]:
    """What is limited, whatever the levels; then every rule."""
    told: dict[str | None, list[Violation]] = {limit.fingerprint: [] for limit in spec.limits}
    for one in spec.complaints:
        if one.fingerprint in told:
            told[one.fingerprint].append(one)
    limits: dict[str, list[LimitResult]] = {}
    for limit in spec.limits:
        limits.setdefault(subject(limit), []).append(limit)
    for name, several in limits.items():
        yield name, _limit(several, told)
    yield from _by_rule(rules, [one for one in spec.complaints if one.fingerprint not in told])


def _limit(limits: list[LimitResult], complaints: Mapping[str | None, list[Violation]]) -> Case:
    names = dict.fromkeys(limit.fingerprint for limit in limits)
    about = [one for name in names for one in complaints[name]]
    texts = [f"measured {amounts(limit)[0]}, allowed {allowed(limit)}" for limit in limits]
    unknown = [f"{limit.text} (set at {limit.set_at})" for limit in limits if limit.kept is None]
    return Case(about, "\n".join(texts), f"not judged: {', '.join(unknown)}" if unknown else "")


def _by_rule(rules: Iterable[str], complaints: Iterable[Violation]) -> Iterator[tuple[str, Case]]:
    found: dict[str, list[Violation]] = {rule: [] for rule in rules}
    for one in complaints:
        found.setdefault(one.rule, []).append(one)
    for rule, several in found.items():
        yield rule, Case(several)


def _suite(root: Element, name: str, cases: Mapping[str, Case], more: Mapping[str, str]) -> None:
    suite = SubElement(root, "testsuite", name=xml(name))
    for title, case in cases.items():
        attributes = {"classname": name, "name": title, **more, "time": "0"}
        _fill(SubElement(suite, "testcase", {key: xml(text) for key, text in attributes.items()}), case)
    suite.attrib |= {**_sums(suite), "skipped": str(len(suite.findall("testcase/skipped"))), "time": "0"}


def _sums(parent: Element) -> dict[str, str]:
    count = {"tests": "testcase", "failures": "failure"}
    return {name: str(sum(1 for _ in parent.iter(tag))) for name, tag in count.items()} | {"errors": "0"}


def _fill(element: Element, case: Case) -> None:
    """What failed; or what may stay; or what was said of it."""
    failed = [one for one in case.complaints if one.fails]
    said = [one for one in case.complaints if one.state == "open"]
    if failed:
        failure = SubElement(element, "failure", message=xml(failed[0].message), type=xml(failed[0].rule))
        failure.text = xml("\n".join(map(_text, failed)))
    elif case.complaints and not said:
        _skip(element, "\n".join(f"{one.state}: {one.because}" for one in case.complaints))
    elif case.unknown and not said:
        _skip(element, case.unknown)
    elif output := "\n".join(map(_text, said)) or case.output:
        SubElement(element, "system-out").text = xml(output)


def _skip(element: Element, why: str) -> None:
    """GitLab shows what the element contains, others its attribute."""
    SubElement(element, "skipped", message=xml(why.partition("\n")[0])).text = xml(why)


def _text(one: Violation) -> str:
    details = (f"  {label}: {text}" for label, text in one.details.items())
    return "\n".join([f"{one.file}:{one.line}:{one.column}: {one.level}: {one.message}", *details])
