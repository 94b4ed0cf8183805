"""The canonical style by example: each name says what happens, then the text before and after."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from archcost.errors import SpecError
from archcost.formatting import formatted

ROOT = Path(__file__).parents[2]
STYLED = [
    *sorted((ROOT / "specs").glob("**/*.yaml")),
    *sorted((ROOT / "archcost" / "blocks").glob("*.yaml")),
]


def style(text: str) -> str:
    """A text formatted; formatting the result must change nothing more."""
    once = formatted(text.encode(), "net.yaml")
    assert formatted(once, "net.yaml") == once
    return once.decode()


LONG = ", ".join(f"field_{n}: {n}" for n in range(12))
LINES = "\n".join(f"    field_{n}: {n}" for n in range(12))
NUMBERS = ", ".join(map(str, range(1000, 1030)))

TABLE = {
    "indentation is two spaces, and lists are indented under their key": (
        """
        layers:
        -   conv:
                out_channels: 64
        -   relu
        """,
        """
        layers:
          - conv:
              out_channels: 64
          - relu
        """,
    ),
    "an item that begins below its dash moves beside it": (
        """
        layers:
          -
            conv: {out_channels: 64}
            name: c
        """,
        """
        layers:
          - conv: {out_channels: 64}
            name: c
        """,
    ),
    "spaces are the same everywhere": (
        """
        layers   :
          - conv:   {out_channels: 64,kernel_size :   [ 3,3 ]   , }
          -  {relu , from:  [a ,b]}
        """,
        """
        layers:
          - conv: {out_channels: 64, kernel_size: [3, 3]}
          - {relu, from: [a, b]}
        """,
    ),
    "one blank line stays where there were some, and none at either end": (
        """


        a: 1



        b:

          - c


          # d

        """,
        """
        a: 1

        b:

          - c

          # d
        """,
    ),
    "comments stand by what they stood by": (
        """
        # about the file

        # about a
        a:    #beside a
          # about b
              - b   # beside b
              # below b
          # below the list of a
        # about c
        c: 1
           # at the end
        """,
        """
        # about the file

        # about a
        a: # beside a
          # about b
          - b # beside b
          # below b
        # below the list of a
        # about c
        c: 1
        # at the end
        """,
    ),
    "a comment between a dash and its item stays there": (
        """
        - #  why
          conv: {}
        """,
        """
        - #  why
          conv: {}
        """,
    ),
    "a comment between a key and its value stays there": (
        """
        connections:    # table 1
                # by columns
                    [1,2]
        """,
        """
        connections: # table 1
          # by columns
          [1, 2]
        """,
    ),
    "a comment of signs alone gets no space": ("a: 1 ####\n#\n#!b\n", "a: 1 ####\n#\n#!b\n"),
    "brackets with comments keep their rows": (
        """
        a: [1,# one
          2,   # two
              3]
        b: {
         # above
         x:   1,
              # below
        }
        """,
        """
        a: [1, # one
            2, # two
            3]
        b: {
          # above
          x: 1
          # below
        }
        """,
    ),
    "a list of values that the author broke keeps its rows": (
        """
        table: [[1, 0],
          [0,1]]
        """,
        """
        table: [[1, 0],
                [0, 1]]
        """,
    ),
    "a mapping that was broken goes on one line if it fits": (
        """
        layers: [conv: {out_channels: 64,
                        kernel_size: 3}]
        """,
        """
        layers: [{conv: {out_channels: 64, kernel_size: 3}}]
        """,
    ),
    "a mapping too long for a line goes to block style": (
        f"- conv: {{{LONG}}}\n",
        f"- conv:\n{LINES}\n",
    ),
    "an item too long for a line goes to block style only as deep as needed": (
        f"- {{conv: {{{LONG[:112]}}}, name: c, from: [a, b]}}   # why\n",
        f"- # why\n  conv: {{{LONG[:112]}}}\n  name: c\n  from: [a, b]\n",
    ),
    "a word alone in a mapping that goes to block style gets its colon": (
        f"- {{relu, from: [{NUMBERS[:100]}], expect: {{params: 0}}, when: $(a_condition)}}\n",
        f"- relu:\n  from: [{NUMBERS[:100]}]\n  expect: {{params: 0}}\n  when: $(a_condition)\n",
    ),
    "a list of mappings too long for a line gets a line for each": (
        "repeat: [" + ", ".join(f"{{width: {n}, depth: 3}}" for n in range(8)) + "]\n",
        "repeat:\n" + "".join(f"  - {{width: {n}, depth: 3}}\n" for n in range(8)),
    ),
    "a list of values too long for a line is filled": (
        f"depths: [{NUMBERS}]\n",
        "depths: ["
        + ", ".join(map(str, range(1000, 1020)))
        + ",\n         "
        + ", ".join(map(str, range(1020, 1030)))
        + "]\n",
    ),
    "a block style that would fit on a line stays": (
        "conv:\n  out_channels: 64\n",
        "conv:\n  out_channels: 64\n",
    ),
    "numbers stay as they are written": (
        "a: [010, 0x1F, 0o17, 1e3, 0.10, .5, 5., +3, -0, 1.0, 1_000, 3:4, 2001-12-14]\n",
        "a: [010, 0x1F, 0o17, 1e3, 0.10, .5, 5., +3, -0, 1.0, 1_000, 3:4, 2001-12-14]\n",
    ),
    "truth is written small, except as a key": ("True: [True, FALSE, yes]\n", "True: [true, false, yes]\n"),
    "nothing stays as it is written": ("- ~\n- null\n-\n- a:\n", "- ~\n- null\n-\n- a:\n"),
    "quotes around a plain word go": (
        """
        'name': "net"
        a: ['$width', "std/aspp", 'r-1.x']
        """,
        """
        name: net
        a: [$width, std/aspp, r-1.x]
        """,
    ),
    "quotes that a word or an expression may need stay": (
        """a: ["010", "true", "yes", "", "a b", "3x3", "$(a, b)", "null", "off", "1e3"]\n""",
        """a: ["010", "true", "yes", "", "a b", "3x3", "$(a, b)", "null", "off", "1e3"]\n""",
    ),
    "single quotes become double ones unless something had to be escaped": (
        r"""a: ['3x3', '$(act == ''relu'')', 'a\b', 'say "x"', "\t"]""" + "\n",
        r"""a: ["3x3", "$(act == 'relu')", 'a\b', 'say "x"', "\t"]""" + "\n",
    ),
    "texts of several lines keep their lines": (
        """
        note: >-
              one
              two

                 three
        keep: |+     #why
         x


        plain: one
         two
        quoted: "one
               two \\

          three"
        """,
        """
        note: >-
          one
          two

             three
        keep: |+ # why
          x


        plain: one
          two
        quoted: "one
          two \\

          three"
        """,
    ),
    "a text with its indentation in numbers keeps it": (
        """
        a:
            b: |2
                 x
              y
        """,
        """
        a:
          b: |2
               x
            y
        """,
    ),
    "a text that ends with the file does not get a line break": ("a: |\n   x", "a: |-\n  x\n"),
    "the sections of a spec stand in their order": (
        """
        # about the file
        archcost: 1
        # the items
        layers: [relu]
        outputs: [x]
        input: [3] # a vector
        name: net
        """,
        """
        # about the file
        archcost: 1
        name: net
        input: [3] # a vector
        # the items
        layers: [relu]
        outputs: [x]
        """,
    ),
    "the sections of any other file stay where they are": (
        "name: a\nbudgets: []\n",
        "name: a\nbudgets: []\n",
    ),
    "what stands beside a kind has an order before it and one behind it": (
        """
        archcost: 1
        blocks:
          b:
            body:
              - {expect: {params: 0}, when: $x, from: a, name: c, relu}
              - conv: {}
                when: $x
                from: a
                name: d
            params: {b: required, a: $b}
            note: a block
        """,
        """
        archcost: 1
        blocks:
          b:
            note: a block
            params: {b: required, a: $b}
            body:
              - {name: c, from: a, when: $x, relu, expect: {params: 0}}
              - conv: {}
                name: d
                from: a
                when: $x
        """,
    ),
    "a structure begins with its name, and with its body ends": (
        """
        archcost: 1
        layers:
          - repeat: 2
            body:
              - residual: [relu]
                merge: add
                # the way around
                shortcut: {body: [], when: $x}
                name: unit
            from: a
            dense: concat
            name: stage
        """,
        """
        archcost: 1
        layers:
          - name: stage
            from: a
            repeat: 2
            dense: concat
            body:
              - name: unit
                residual: [relu]
                # the way around
                shortcut: {when: $x, body: []}
                merge: add
        """,
    ),
    "fields, parameters and branches stay in the author's order": (
        """
        archcost: 1
        layers:
          - branches: {name: [relu], body: [], from: []}
            merge: concat
          - conv: {when: 1, name: 2, body: 3}
          - std/aspp: {repeat: 1, archcost: 2, name: 3}
        """,
        """
        archcost: 1
        layers:
          - branches: {name: [relu], body: [], from: []}
            merge: concat
          - conv: {when: 1, name: 2, body: 3}
          - std/aspp: {repeat: 1, archcost: 2, name: 3}
        """,
    ),
    "nothing moves beside a word that is not known": (
        "archcost: 1\nlayer: []\nname: a\n",
        "archcost: 1\nlayer: []\nname: a\n",
    ),
    "the lines down to --- stay, and those behind ... too": (
        "# a\n\n\n#b\n---   #c\n# d\na:  1\n...\n# e\n",
        "# a\n\n# b\n--- # c\n# d\na: 1\n# e\n",
    ),
    "explicit keys become plain ones": ("? a\n: b\n? c # d\n: e\n", "a: b\nc: # d\n  e\n"),
    "tabs between values become spaces": ("a:\t1\t# c\n", "a: 1 # c\n"),
    "letters of all scripts stay": ("näme: 'größe 模型' # élan\n", 'näme: "größe 模型" # élan\n'),
    "a file in brackets stays as it is": ('{"archcost":1,\n"name":"a"}', '{"archcost":1,\n"name":"a"}'),
    "a file with one value stays as it is": ("  'a'  # b", "  'a'  # b"),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_style_by_example(case: str) -> None:
    before, after = (dedent(text.removeprefix("\n")) for text in TABLE[case])
    assert style(before) == after


@pytest.mark.parametrize("path", STYLED, ids=lambda path: path.stem)
def test_the_zoo_and_the_standard_blocks_are_in_the_style(path: Path) -> None:
    assert style(path.read_text(encoding="utf-8")) == path.read_text(encoding="utf-8")


def test_line_breaks_of_windows_stay() -> None:
    assert formatted(b"a:  1\r\n#b\r\nc: |\r\n   d\r\n", "a") == b"a: 1\r\n# b\r\nc: |\r\n  d\r\n"


def test_the_first_line_break_decides_for_all() -> None:
    assert formatted(b"a: 1\nb: 2\r\n", "a") == b"a: 1\nb: 2\n"
    assert formatted(b"a: 1\r\nb: 2\n", "a") == b"a: 1\r\nb: 2\r\n"


def test_a_byte_order_mark_stays() -> None:
    assert formatted(b"\xef\xbb\xbfa:  1", "a") == b"\xef\xbb\xbfa: 1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "this [ is not closed"),
        ("a: &x 1", "anchors (&x) are not used"),
        ("? a\n  b\n: c", "a key over several lines"),
        ("a: 1\na: 2", "'a' is given twice"),
        ("", "the file is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_usual_words(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        style(text)
    assert message in str(caught.value)
