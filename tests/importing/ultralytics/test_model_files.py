"""Model files of Ultralytics: parameters and MACs as its own parser has them, and refusals with places.

The numbers are those of `parse_model` of ultralytics 8.4.190 under PyTorch 2.13, not fused, in evaluation:
the sum over `parameters()`, and half of what `torch.utils.flop_counter` counts for an input of 3x128x128.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archcost import SpecError, UsageError, analyze, load
from archcost.errors import ModelFileError
from archcost.formatting import formatted
from archcost.importing.imported import imported
from archcost.spec.load import load_text
from tests.scratch_repository import Repo, bare_machine

FILES = Path(__file__).parents[2] / "data" / "ultralytics"

MEASURED = {
    "yolov3-tiny": (12_173_248, 380_048_384),
    "yolov3-spp": (104_803_744, 5_667_771_392),
    "yolov5#n": (2_654_816, 154_498_048),
    "yolov5#s": (9_153_152, 479_908_864),
    "yolov5#m": (25_111_456, 1_284_117_504),
    "yolov5#l": (53_225_024, 2_699_777_024),
    "yolov5#x": (97_276_448, 4_927_857_664),
    "yolov6#n": (4_500_080, 258_536_448),
    "yolov6#s": (16_452_192, 887_583_744),
    "yolov6#m": (52_020_496, 3_211_293_696),
    "yolov6#l": (110_926_464, 7_802_377_216),
    "yolov6#x": (173_061_616, 12_169_851_904),
    "yolov8#n": (3_157_200, 174_879_744),
    "yolov8#s": (11_166_560, 572_052_480),
    "yolov8#m": (25_902_640, 1_578_734_592),
    "yolov8#l": (43_691_520, 3_302_970_368),
    "yolov8#x": (68_229_648, 5_156_086_784),
    "yolov8-ghost#n": (1_865_316, 113_961_984),
    "yolov8-ghost#s": (5_960_072, 324_387_840),
    "yolov8-ghost#m": (10_336_312, 647_553_024),
    "yolov8-ghost#l": (14_277_872, 1_064_123_392),
    "yolov8-ghost#x": (22_229_308, 1_652_688_384),
    "yolov8-seg#n": (3_409_968, 240_055_296),
    "yolov8-seg#s": (11_821_056, 801_723_392),
    "yolov8-seg#m": (27_285_968, 2_090_763_264),
    "yolov8-seg#l": (45_997_728, 4_207_858_688),
    "yolov8-seg#x": (71_827_888, 6_567_138_304),
    "yolov8-obb#n": (3_228_867, 179_788_032),
    "yolov8-obb#s": (11_452_739, 591_674_880),
    "yolov8-obb#m": (26_463_235, 1_621_549_824),
    "yolov8-obb#l": (44_540_355, 3_376_719_872),
    "yolov8-obb#x": (69_555_651, 5_271_313_664),
    "yolov9e": (58_206_592, 3_833_287_680),
    "yolov9s": (7_318_368, 544_494_592),
    "yolov10x#x": (31_808_960, 3_412_455_424),
    "yolo11-cls#n": (2_812_104, 64_720_896),
    "yolo11-cls#s": (6_724_008, 240_883_712),
    "yolo11-cls#m": (11_634_216, 786_536_448),
    "yolo11-cls#l": (14_115_624, 987_998_208),
    "yolo11-cls#x": (29_637_064, 2_208_020_480),
    "yolo11-pose#n": (2_908_507, 151_570_208),
    "yolo11-pose#s": (9_948_811, 464_496_160),
    "yolo11-pose#m": (20_973_273, 1_434_554_368),
    "yolo11-pose#l": (26_230_745, 1_813_225_472),
    "yolo11-pose#x": (58_889_881, 4_065_904_128),
    "yolo12#n": (2_602_288, 130_544_896),
    "yolo12#s": (9_284_096, 429_087_744),
    "yolo12#m": (20_199_168, 1_351_549_952),
    "yolo12#l": (26_450_784, 1_782_793_216),
    "yolo12#x": (59_210_784, 3_988_257_792),
    "yolo26#n": (2_572_280, 119_265_792),
    "yolo26#s": (10_009_784, 450_789_376),
    "yolo26#m": (21_896_248, 1_495_506_944),
    "yolo26#l": (26_299_704, 1_860_546_560),
    "yolo26#x": (58_993_368, 4_167_567_360),
}


LARGE = ("yolov8-ghost#x", "yolo11-cls#m", "yolo12#l", "yolo26#l")
"""Scales that change modules, or round otherwise than the smallest one."""
SOME = [name for name in MEASURED if name.endswith("#n") or "#" not in name or name in LARGE]


@pytest.mark.parametrize("name", SOME)
def test_parameters_and_macs_are_those_of_ultralytics(name: str) -> None:
    file, _, scale = name.partition("#")
    is_named = re.search(r"v?\d+[nslmx]$", file)
    path = FILES / f"{file}.yaml"
    totals = analyze(load(path, variant=None if is_named else scale or None, input="3x128x128")).totals
    assert (totals.params, totals.macs) == MEASURED[name]


ANCHORS = "anchors: [[10, 13, 16, 30, 33, 23], [30, 61, 62, 45, 59, 119], [116, 90, 156, 198, 373, 326]]\n"
PUBLISHED = {
    ("0.33", "0.25"): 1_872_157,
    ("0.33", "0.50"): 7_235_389,
    ("0.67", "0.75"): 21_190_557,
    ("1.0", "1.0"): 46_563_709,
    ("1.33", "1.25"): 86_749_405,
}
"""Depth and width of YOLOv5 n, s, m, l and x -> the parameters that its repository's training prints."""


@pytest.mark.parametrize(
    ("depth", "width", "anchors"),
    [*((*size, ANCHORS) for size in PUBLISHED), ("0.33", "0.50", "anchors: 3\n")],
)
def test_a_file_with_anchors_has_the_head_of_yolov5s_repository(depth: str, width: str, anchors: str) -> None:
    rows = (FILES / "yolov5.yaml").read_text().partition("backbone:")[2].replace("[nc]", "[nc, anchors]")
    head = f"nc: 80\ndepth_multiple: {depth}\nwidth_multiple: {width}\n{anchors}"
    Path("yolov5s.yaml").write_text(f"{head}backbone:{rows}")
    found = imported(Path("yolov5s.yaml"))
    assert found.parameters == PUBLISHED[depth, width]
    assert found.notes == ("the file states none",)
    assert [tensor.output for tensor in load("yolov5s.yaml").outputs.values()] == [
        (255, 80, 80),
        (255, 40, 40),
        (255, 20, 20),
    ]


@pytest.mark.parametrize("scale", "nm")
def test_it_costs_what_the_zoo_has_by_hand(scale: str) -> None:
    ours, zoos = analyze(load(FILES / "yolov8.yaml", variant=scale)), analyze(load(f"zoo:yolov8{scale}"))
    assert (ours.totals.params, ours.totals.macs) == (zoos.totals.params, zoos.totals.macs)


@pytest.mark.parametrize("file", sorted(FILES.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_text_is_in_the_style_of_fmt(file: Path) -> None:
    found = imported(file)
    assert formatted(found.text.encode(), "net.yaml").decode() == found.text
    assert len(found.origin.rows) == found.lines


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("yolov8.yaml").write_bytes((FILES / "yolov8.yaml").read_bytes())


def test_places_are_rows_of_the_file() -> None:
    report = analyze(load("yolov8.yaml"))
    lines = Path("yolov8.yaml").read_text().splitlines()
    assert "SPPF" in lines[report.node("layer_9.unit.conv").line - 1]
    assert "Conv, [64, 3, 2]" in lines[report.node("layer_0.conv").line - 1]
    blocks = {"std/detect", "std/conv_norm_act"}
    assert {row.file for row in report.nodes} == {"yolov8.yaml", *blocks}
    assert {row.path[:8] for row in report.nodes if row.file in blocks} == {"layer_22"}


def test_a_name_says_a_scale() -> None:
    for name, variant, params in (("yolov8.yaml", None, 3_157_200), ("yolov8s.yaml", "s", 11_166_560)):
        network = load(name)
        assert (network.variant, analyze(network).totals.params) == (variant, params)
    Path("yolov8m.yaml").write_bytes((FILES / "yolov8.yaml").read_bytes())
    assert load("yolov8m.yaml").variant == "m"
    for name in ("yolov8s.yaml", "yolov8m.yaml"):
        with pytest.raises(UsageError, match="already is the variant"):
            load(name, variant="x")


def test_scales_are_variants_and_factors_variables() -> None:
    networks = [load("yolov8.yaml", variant=scale) for scale in "ns"]
    assert [analyze(network).totals.params for network in networks] == [3_157_200, 11_166_560]
    assert networks[0].variants == ("n", "s", "m", "l", "x")
    assert analyze(load("yolov8.yaml", set={"classes": 20})).totals.params == 3_014_748
    with pytest.raises(UsageError, match="no such variant"):
        load("yolov8.yaml", variant="q")


def test_a_revision_has_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare_machine(monkeypatch)
    Repo(tmp_path).save()
    text = Path("yolov8.yaml").read_text()
    Path("yolov8.yaml").write_text(text.replace("nc: 80", "nc: 20"))
    counts = [analyze(load("yolov8.yaml", at=at)).totals.params for at in ("HEAD", None)]
    assert counts == [3_157_200, 3_014_748]


ROWS = "  - [-1, 1, Conv, [64, 3, 2]]\n"
REFUSED = {
    "head: []": (r"^net\.yaml:2:11: backbone must be a list", "nc: 3\nbackbone: 3\nhead: []\n"),
    "module": (
        r"^net\.yaml:4:5: row 1, Swin: this module is not followed; known are",
        f"nc: 1\nbackbone:\n{ROWS}  - [-1, 1, Swin, [64]]\nhead: []\n",
    ),
    "later row": (
        r"^net\.yaml:3:5: row 1 reads 4, and reads only rows before it",
        f"backbone:\n{ROWS}  - [4, 1, Conv, [64]]\nhead: []\n",
    ),
    "argument": (
        r"^net\.yaml:2:5: row 0, Conv: k: a whole number from 1",
        "backbone:\n  - [-1, 1, Conv, [64, big]]\nhead: []\n",
    ),
    "too many": (
        r"^net\.yaml:2:5: row 0, ADown: it has 1 arguments more than",
        "backbone:\n  - [-1, 1, ADown, [64, 3]]\nhead: []\n",
    ),
    "shape of a row": (
        r"^net\.yaml:2:5: row 0 must be \[from, repeats, module, args\]",
        "backbone:\n  - [-1, 1, Conv]\nhead: []\n",
    ),
    "key": (r"^net\.yaml:1:8: 'depth' is not followed", f"depth: 3\nbackbone:\n{ROWS}head: []\n"),
    "activation": (
        r"^net\.yaml:1:13: the activation nn\.Sin\(\) is not followed",
        f"activation: nn.Sin()\nbackbone:\n{ROWS}head: []\n",
    ),
    "rounding": (
        r"^net\.yaml:3:5: row 0, Conv: .* is rounded to",
        "width_multiple: 0.07\nbackbone:\n  - [-1, 1, Conv, [800, 3, 2]]\nhead: []\n",
    ),
    "shapes": (
        r"^net\.yaml:4:3: its layers do not fit together: ",
        f"backbone:\n{ROWS}{ROWS}  - [[0, 1], 1, Concat, [1]]\nhead: []\n",
    ),
    "anchors": (
        r"^net\.yaml:6:5: row 1, Detect: it reads 1 maps, and has anchors for 2",
        f"nc: 1\nanchors: [[1, 2], [3, 4]]\nbackbone:\n{ROWS}head:\n  - [[-1], 1, Detect, [nc, anchors]]\n",
    ),
    "yaml": (r"^net\.yaml:3:1: ", "nc: 1\nbackbone:\n\t- 3\nhead: []\n"),
}


@pytest.mark.parametrize(("said", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_followed_is_said_with_its_place(said: str, text: str) -> None:
    Path("net.yaml").write_text(text)
    with pytest.raises(ModelFileError, match=said):
        imported(Path("net.yaml"))
    with pytest.raises(SpecError, match=said):
        load("net.yaml")


def test_a_spec_is_no_model_file() -> None:
    Path("net.yaml").write_text("archcost: 1\nbackbone: 3\nhead: 4\n")
    with pytest.raises(SpecError, match="unknown key 'backbone'"):
        load("net.yaml")


def test_where_no_file_is_named_it_is_called_what_it_is() -> None:
    with pytest.raises(SpecError, match=r"^<stdin>:1:1: this is a model of Ultralytics; a spec has"):
        load_text(Path("yolov8.yaml").read_text(), "<stdin>")
