"""Names that nothing uses, and `--set` of such."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.results.report import Finding

    Found = Callable[..., list[Finding]]

HEAD = "archcost: 1\nname: net\ninput: [3, 8, 8]\n"
PAIR = "from: [input, input]"
TWICE = "layers: [{unit: , from: [input, input]}]"
CONV = "conv: {out_channels: $width, kernel_size: 1}"


def block(default: str) -> str:
    """A block with a parameter of that default."""
    body = "[{conv: {out_channels: $p, kernel_size: 1}}]"
    return f"blocks: {{b: {{params: {{p: {default}}}, body: {body}}}}}\n"


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """What the rule finds in a spec; a file it includes is written beside it."""

    def findings(spec: str, **files: str) -> list[Finding]:
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(f"archcost: 1\n{dedent(text)}")
        path = tmp_path / "net.yaml"
        path.write_text(HEAD + dedent(spec))
        every = archcost.analyze(archcost.load(path)).findings
        return [one for one in every if one.rule == "unused-name"]

    return findings


def said(findings: list[Finding]) -> list[str]:
    return [f"{one.level} {one.message}" for one in findings]


@pytest.mark.parametrize(
    ("spec", "message", "line", "column"),
    [
        (
            "vars: {width: 8}\nlayers: [relu]",
            "warn variable 'width': nothing reads it, so it changes nothing; write $width where it belongs",
            4,
            8,
        ),
        (
            "blocks:\n  unit: {params: {stride: 2}, body: [relu]}\nlayers: [unit]",
            "warn block 'unit': nothing reads its parameter 'stride'; write $stride where it belongs",
            5,
            19,
        ),
        (
            "layers:\n  - repeat: {rate: [1, 2]}\n    body: [relu]",
            "warn repeat: nothing reads its variable 'rate'; write $rate where it belongs",
            5,
            14,
        ),
        (
            "layers:\n  - repeat: [{a: 1}, {a: 2}]\n    body: [relu]",
            "warn repeat: nothing reads its variable 'a'; write $a where it belongs",
            5,
            15,
        ),
        (
            "layers:\n  - repeat: {i: 2}\n    body: [relu]",
            "info repeat: nothing reads its variable 'i'; a plain count does without a name",
            5,
            14,
        ),
        (
            "layers:\n  - repeat: {i: 2, j: 2}\n    body: [{dropout: {p: $(i/4)}}]",
            "warn repeat: nothing reads its variable 'j'; write $j where it belongs",
            5,
            20,
        ),
        (
            "layers:\n  - {conv: {out_channels: 8, kernel_size: 1}, share: head}",
            "warn share 'head': no other item has these weights; give another the same word, or drop it",
            5,
            54,
        ),
        (
            f"blocks:\n  unit: {{inputs: [a, b], body: [{{relu: , from: a}}]}}\n{TWICE}",
            "warn block 'unit': nothing reads its input 'b'; let an item read it (`from`), or do without it",
            5,
            22,
        ),
        ("blocks:\n  unit: {body: [relu]}\nlayers: [relu]", "info block 'unit': nothing calls it", 5, 3),
        (
            f"layers:\n  - {{repeat: 2, carry: [a, b], {PAIR}, body: [{{name: a, relu: , from: a}}]}}",
            "warn carry: nothing reads 'b'; let an item of the body read it (`from`), or do without it",
            5,
            28,
        ),
        (
            "layers: [{relu: , push: skips}, tanh]",
            "warn push 'skips': nothing pops it; let an item read it, `from: pop(skips)`, or drop it",
            4,
            25,
        ),
        (
            "layers:\n  - {repeat: 3, body: [{relu: , push: s}]}\n  - {add: , from: [previous, pop(s)]}",
            "warn push 's': 2 of 3 are never popped; a pop takes the last, so others than meant may be read",
            5,
            39,
        ),
    ],
)
def test_what_is_said_and_where(found: Found, spec: str, message: str, line: int, column: int) -> None:
    (finding,) = found(spec)
    assert said([finding]) == [message]
    assert (finding.line, finding.column, finding.node) == (line, column, None)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(f"vars: {{width: 8}}\nlayers: [{{{CONV}}}]", id="a field"),
        pytest.param("vars: {on: false}\nlayers: [{relu: , when: $on}]", id="a condition that does not hold"),
        pytest.param(
            "vars: {n: 0}\nlayers: [relu, {repeat: $n, body: [relu]}]", id="how often a repeat runs"
        ),
        pytest.param(
            f"vars: {{width: 8, n: 0}}\nlayers: [relu, {{repeat: $n, body: [{CONV}]}}]",
            id="a repeat of nothing",
        ),
        pytest.param(
            f"vars: {{width: 8, w: 4}}\nvariants: {{v: {{width: $w}}}}\nlayers: [{{{CONV}}}]",
            id="another variant",
        ),
        pytest.param(f"vars: {{w: 4, width: $(2*w)}}\nlayers: [{{{CONV}}}]", id="another variable"),
        pytest.param(
            "vars: {n: [1, 2]}\nlayers: [{repeat: {i: $n}, body: [{dropout: {p: $(i/4)}}]}]", id="a list"
        ),
        pytest.param(f"vars: {{n: 3}}\n{block('$n')}layers: [b]", id="a default"),
        pytest.param(
            f"vars: {{n: 3}}\n{block('$n')}layers: [{{b: {{p: 2}}}}]", id="a default that a call overrides"
        ),
        pytest.param(f"vars: {{n: 3}}\n{block('1')}layers: [{{b: {{p: $n}}}}]", id="an argument"),
        pytest.param("vars: {n: 3}\nlayers: [{std/squeeze_excite: {ratio: $n}}]", id="a standard block"),
        pytest.param("vars: {n: 3}\nlayers: [{relu: , expect: {params: $(n - 3)}}]", id="an expectation"),
        pytest.param(
            "vars: {n: 0}\nlayers: [{branches: {a: [], b: []}, merge: {concat: {axis: $n}}}]", id="a merge"
        ),
        pytest.param(
            "vars: {on: true}\nlayers: [{branches: {a: [], b: {when: $on, body: [relu]}}, merge: add}]",
            id="a branch",
        ),
        pytest.param(
            "vars: {n: 0.5}\nlayers: [{conv: {out_channels: 1, kernel_size: 1, bias: false}, "
            "weights: {weight: [[[[$n]], [[1]], [[1]]]]}}]",
            id="weights",
        ),
        pytest.param("layers: [{name: unread, relu: }]", id="a name for the reader"),
        *(
            pytest.param(f"blocks:\n  unit: {{inputs: [a, b], {body}}}\n{TWICE}", id=body)
            for body in (
                "body: [add]",
                "body: [{add: , from: input}]",
                "body: [{add: , from: [b, a]}]",
                "body: [{upsample: {like: b}, from: a}]",
                "outputs: [b, act], body: [{name: act, relu: , from: a}]",
                "body: [{name: x, relu: , from: a}, {branches: {l: [], r: [{relu: , from: b}]}, merge: add}]",
            )
        ),
        pytest.param(
            "layers: [{repeat: 2, body: [{conv: {out_channels: 3, kernel_size: 1}, share: w}]}]",
            id="weights that all iterations share",
        ),
        pytest.param(
            "vars: {n: 1}\nlayers: [{repeat: $n, body: [{layer_norm: , share: w}]}]",
            id="weights that iterations share with another count",
        ),
        pytest.param(
            "blocks: {b: {body: [{conv: {out_channels: 3, kernel_size: 1}, share: w}]}}\nlayers: [b, b]",
            id="weights that two calls share",
        ),
        pytest.param(
            "blocks:\n  b: {body: [{conv: {out_channels: 3, kernel_size: 1}, share: w}]}\n  c: {body: [b]}\n"
            "layers: [c, {repeat: 1, body: [c]}]",
            id="weights that two calls share, further in",
        ),
        pytest.param(
            "blocks: {b: {inputs: [x, y], params: {p: $(in_channels(y))}, "
            "body: [{relu: , from: x}, {conv: {out_channels: $p, kernel_size: 1}}]}}\n"
            f"layers: [{{b: , {PAIR}}}]",
            id="an input whose size is asked for",
        ),
        pytest.param(
            "vars: {up: false}\nlayers: [{relu: , push: s}, {add: , from: [previous, pop(s)], when: $up}]",
            id="a pop that is left out",
        ),
        pytest.param(
            "blocks: {b: {inputs: [x, y], body: [{concat: , from: [previous, x]}]}}\n"
            f"layers: [{{b: , {PAIR}}}]",
            id="inputs that the first item reads as previous",
        ),
        pytest.param(
            "layers:\n  - {repeat: 2, carry: [a, b], from: [input, input], "
            "body: [{add: , from: [previous, a]}, {identity: , name: a}]}",
            id="carried names that the first item reads as previous",
        ),
    ],
)
def test_what_counts_as_a_use(found: Found, spec: str) -> None:
    assert found(spec) == []


def test_an_input_reads_variables(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("archcost: 1\nname: net\nvars: {size: 4}\ninput: [3, $size]\nlayers: [relu]\n")
    assert archcost.load(path).unused == ()


def test_a_parameter_hides_a_variable_of_its_name(found: Found) -> None:
    spec = f"vars: {{width: 8}}\nblocks: {{b: {{params: {{width: 4}}, body: [{{{CONV}}}]}}}}\n"
    (finding,) = found(spec + "layers: [b]")
    assert (finding.line, finding.message.partition(":")[0]) == (4, "variable 'width'")


def test_of_names_in_a_row_the_last_is_reported(found: Found) -> None:
    spec = """\
        vars: {a: 2, b: $(2*a), c: 3}
        blocks:
          inner: {params: {p: 1}, body: [relu]}
          outer: {params: {q: 1}, body: [{inner: {p: $q}}]}
          never: {params: {z: 1}, body: [{conv: {out_channels: $c, kernel_size: 1}}]}
        layers: [{outer: {q: $b}}]
        """
    assert [message.partition(";")[0] for message in said(found(spec))] == [
        "warn block 'inner': nothing reads its parameter 'p'",
        "info block 'never': nothing calls it",
    ]


def test_of_a_file_one_block_that_is_called_is_enough(found: Found) -> None:
    files = {
        "used": "blocks: {a: {body: [relu]}, b: {params: {z: 1}, body: [relu]}}\n",
        "left": "blocks: {c: {body: [relu]}}\n",
        "through": "include: [deep.yaml]\n",
        "deep": "blocks: {d: {body: [e]}, e: {body: [relu]}}\n",
        "idle": "include: [idler.yaml]\n",
        "idler": "blocks: {f: {body: [a]}}\n",
        "again": "include: [used.yaml]\nblocks: {g: {body: [relu]}}\n",
    }
    spec = "include: [used.yaml, left.yaml, through.yaml, idle.yaml, again.yaml]\nlayers: [a, d]\n"
    assert said(found(spec, **files)) == [
        f"info include '{file}.yaml': nothing calls a block of it" for file in ("left", "idle", "again")
    ]


def test_a_parameter_of_an_included_block_is_reported_in_its_file(found: Found) -> None:
    (finding,) = found(
        "include: [lib.yaml]\nlayers: [a]\n", lib="blocks: {a: {params: {z: 1}, body: [relu]}}\n"
    )
    assert (finding.file.rpartition("/")[2], finding.line, finding.column) == ("lib.yaml", 2, 23)


# -- settings that change nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "name", "some"),
    [
        (f"vars: {{width: 8, other: 1}}\nlayers: [{{{CONV}}}]", "other", "; layers depend on width"),
        ("vars: {a: 1, b: $(a + 1)}\nlayers: [relu]", "a", ""),
        ("vars: {a: 1}\nblocks: {b: {body: [{dropout: {p: $a}}]}}\nlayers: [relu]", "a", ""),
        ("vars: {a: 1}\nblocks: {b: {params: {p: 1}, body: [relu]}}\nlayers: [{b: {p: $a}}]", "a", ""),
    ],
)
def test_a_setting_that_changes_nothing_is_refused(tmp_path: Path, spec: str, name: str, some: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + spec)
    with pytest.raises(UsageError) as caught:
        archcost.load(path, set={name: 2})
    assert str(caught.value) == f"--set {name}: no layer depends on '{name}', so it changes nothing{some}"


@pytest.mark.parametrize(
    "spec",
    [
        f"vars: {{a: 1, width: 8}}\nvariants: {{v: {{width: $a}}}}\nlayers: [{{{CONV}}}]",
        "vars: {a: 1}\nlayers: [{relu: , when: $(a > 5)}]",
        "vars: {a: 1}\nlayers: [{repeat: 0, body: [{conv: {out_channels: $a, kernel_size: 1}}]}, relu]",
    ],
)
def test_a_setting_that_may_change_something_is_not(tmp_path: Path, spec: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + spec)
    assert archcost.load(path, set={"a": 2}).variables["a"] == 2


@pytest.mark.parametrize(
    "body",
    [
        "[{name: a, add, from: [a, b]}]",
        "[{add: }, {name: a, relu: }]",  # the first item reads all that arrives
        "[{name: a, relu: , from: a}, {repeat: 2, body: [{name: c, upsample: {like: b}, from: a}]}]",
    ],
)
def test_a_carried_name_that_an_item_reads_is_used(found: Found, body: str) -> None:
    layers = f"layers:\n  - {{repeat: 2, from: [input, input], carry: [a, b], body: {body}}}"
    assert found(layers) == []


def test_a_carried_name_that_is_read_outside_is_used(found: Found) -> None:
    layers = """
        layers:
          - name: stage
            repeat: 2
            from: [input, input]
            carry: [a, b]
            body:
              - {name: a, relu: , from: a}
              - {name: b, sigmoid: , from: a}
          - {add, from: [stage.a, stage.b]}
        """
    assert found(layers) == []
    (finding,) = found(layers.replace(", stage.b", ", stage.a"))
    assert said([finding])[0].startswith("warn carry: nothing reads 'b'")
