"""What each command takes: one function a command, and the table of them all. Light, as --help loads it."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from core.files import checkout

BENCHMARKS = checkout.REPOSITORY / "benchmarks"
MOTION_BENCH, LOOP_BENCH = "motion", "loop"


class About(NamedTuple):
    """A command's line in the help, and the function that adds its arguments to a parser."""

    summary: str
    add: Callable[[argparse.ArgumentParser], None]


def box(text: str) -> tuple[float, float, float, float]:
    """`X,Y,W,H` in pixels. X and Y may be negative. Raises argparse.ArgumentTypeError."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not X,Y,W,H, four numbers joined by commas") from None
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' has no area: W and H must be above zero")
    return x, y, width, height


def frame_range(text: str) -> tuple[int, int | None]:
    """`A:B`, half open; either side may be left out. Raises argparse.ArgumentTypeError."""
    match = re.fullmatch(r"(\d*):(\d*)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not A:B, the first frame and the one after the last")
    start, stop = int(match[1] or 0), int(match[2]) if match[2] else None
    if stop is not None and stop <= start:
        raise argparse.ArgumentTypeError(f"'{text}' contains no frame: B must be above A")
    return start, stop


def window_offsets(text: str) -> tuple[int, ...]:
    """Supporting frames as offsets from the key frame: `-2,-1,1,2`. Raises argparse.ArgumentTypeError."""
    try:
        offsets = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of offsets such as -2,-1,1,2") from None
    if 0 in offsets or len(set(offsets)) != len(offsets):
        raise argparse.ArgumentTypeError(f"'{text}' contains 0, or an offset twice")
    return offsets


def device(text: str) -> str:
    """`auto`, `cpu`, `cuda` or `cuda:N`. Raises argparse.ArgumentTypeError."""
    if re.fullmatch(r"auto|cpu|cuda(:\d+)?", text) is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not auto, cpu, cuda or cuda:N")
    return text


def benchmark(text: str) -> str:
    """The name of a script in benchmarks/, without its ending, "motion" or "loop". Raises ArgumentTypeError."""
    names = [*sorted(path.stem for path in BENCHMARKS.glob("[!_]*.py")), MOTION_BENCH, LOOP_BENCH]
    if text not in names:
        raise argparse.ArgumentTypeError(f"there is no benchmark '{text}'; choose among {', '.join(names)}")
    return text


def add_window(parser: argparse.ArgumentParser) -> None:
    """The window's own arguments."""
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="what to open")
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE.png", help="draw the window once, without a screen, and exit"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the result here as JSON")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", type=device, default="auto", help="auto (default), cpu, cuda or cuda:N")


def _add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--weights", metavar="NAME or PATH", help="a name from `weights list`, or a file; default: the best available"
    )


def _add_first_number(parser: argparse.ArgumentParser, who: str) -> None:
    parser.add_argument(
        "--first-number",
        type=int,
        choices=(0, 1),
        help=f"what {who} the first frame of a video; default: worked out from their numbers, and reported",
    )


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a video file or a folder of images")
    parser.add_argument("--out", type=Path, required=True, metavar="LABELS.json", help="PoseTrack18 JSON to write")
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="a label or result file whose boxes say where people are; "
        "without this and --box, a person detector finds them",
    )
    _add_first_number(parser, "the file of --boxes calls")
    parser.add_argument(
        "--box",
        type=box,
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="a person in the first frame of the range, followed from there; may be given again for the next person",
    )
    _add_frames(parser)
    _add_window(parser)
    parser.add_argument(
        "--overlay", type=Path, metavar="OUT.mp4", help="also write the video with the poses drawn on it"
    )
    parser.add_argument("--heatmaps", type=Path, metavar="OUT.h5", help="also write the heatmaps, as HDF5")
    parser.add_argument(
        "--project", type=Path, metavar="OUT.fami", help="also keep the result as a project, to review it"
    )
    _add_weights(parser)
    _add_device(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gt", type=Path, required=True, metavar="DIR", help="folder of ground truth")
    parser.add_argument(
        "--pred", type=Path, required=True, metavar="DIR", help="folder of predictions, files of the same names"
    )
    parser.add_argument(
        "--metrics",
        nargs="+",
        choices=("posetrack", "pck", "oks"),
        default=["posetrack"],
        help="posetrack (default): AP and MOTA; pck: PCK@0.2 by box and by torso, as for Sub-JHMDB; oks: COCO's AP",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the network's training configuration, to be recorded in the JSON"
    )
    _add_json(parser)


def _add_table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULT.json", help="what `evaluate --json` wrote")
    parser.add_argument("--names", nargs="+", metavar="NAME", help="of the methods; default: the files' names")
    parser.add_argument(
        "--kind",
        choices=("methods", "components", "windows"),
        default="methods",
        help="methods (default): like the paper's Table 1; components: Table 6; windows: Table 7",
    )
    parser.add_argument("--metric", choices=("ap", "mota", "pck", "pck-torso"), default="ap", help="default: ap")
    parser.add_argument("--format", choices=("text", "csv", "latex"), default="text", help="default: text")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table here instead of printing it")


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mine", type=Path, metavar="MINE.fami", help="one annotator's project")
    parser.add_argument("theirs", type=Path, metavar="THEIRS.fami", help="another annotator's, of the same clip")
    _add_json(parser)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "labels", type=Path, metavar="LABELS", help="a label file of a format that `formats` says is read"
    )
    parser.add_argument(
        "--source", type=Path, required=True, metavar="SOURCE", help="the video or folder of images it labels"
    )
    parser.add_argument(
        "--project", type=Path, required=True, metavar="P.fami", help="project to write to; made if there is none"
    )
    _add_first_number(parser, "the labels call")
    parser.add_argument(
        "--same-people",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether people without a track id who lie where the project has people are these (default) or new ones",
    )


def _add_window(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--window",
        type=window_offsets,
        metavar="-2,-1,1,2",
        help="offsets of the supporting frames; default: those of the weights",
    )


def _add_frames(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--frames", type=frame_range, default=(0, None), metavar="A:B", help="frames A to B - 1, counted from 0"
    )


def _add_export(parser: argparse.ArgumentParser) -> None:
    from core.formats.known import WRITTEN_FORMATS  # noqa: PLC0415 - takes a moment, and only exporting needs it

    names = [one.name for one in WRITTEN_FORMATS]
    parser.add_argument("project", type=Path, metavar="P.fami")
    parser.add_argument("--format", choices=names, required=True, help="what to write")
    parser.add_argument("--out", type=Path, required=True, metavar="PATH")
    parser.add_argument("--only", choices=("reviewed",), help="only what a person reviewed, accepted or corrected")
    _add_frames(parser)
    parser.add_argument("--images", action="store_true", help="also write the frames, as images/<source>/000000.jpg")


def _add_finetune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "project",
        type=Path,
        nargs="+",
        metavar="P.fami",
        help="a project, several, or a collection (.famiset), which learn together",
    )
    parser.add_argument(
        "--trained",
        type=Path,
        metavar="PATH",
        help="train nothing: measure these weights, and bring them in as a round",
    )
    parser.add_argument(
        "--training-set",
        type=Path,
        metavar="FOLDER",
        help="train nothing: write what a round would learn from, with a recipe for train",
    )
    _add_json(parser)
    _add_weights(parser)
    _add_device(parser)


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="what to train on, and how (TOML)")
    parser.add_argument("--estimate", action="store_true", help="say how much GPU memory it needs, and do not train")


def _add_weights_command(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list | fetch NAME | import PATH")
    listing = verbs.add_parser("list", help="the available weights and those to fetch: accuracy, size, speed, licence")
    listing.add_argument("--measure", action="store_true", help="measure the speeds here, which takes a minute or two")
    _add_device(listing)
    fetching = verbs.add_parser("fetch", help="fetch weights from the list; resumes where it was interrupted")
    fetching.add_argument("name", metavar="NAME", help="a name from `weights list`")
    importing = verbs.add_parser("import", help="check a weights file and copy it to your weights folder")
    importing.add_argument("weights_path", type=Path, metavar="PATH")
    importing.add_argument(
        "--keypoints",
        choices=("auto", "posetrack", "coco"),
        default="auto",
        help="what a published checkpoint's 17 outputs stand for, where the file does not say",
    )


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        type=benchmark,
        metavar="NAME",
        help="benchmarks to run; default: the quick ones, all but motion and loop",
    )
    parser.add_argument(
        "--size", choices=("small", "full"), default="small",
        help="small (default): half an hour of one core for motion, four minutes of two for loop; full is for a GPU",
    )  # fmt: skip
    parser.add_argument(
        "--clip",
        metavar="LABELS",
        help="for loop: the right labels, a file of any format or a project; or a clip's name",
    )
    parser.add_argument("--source", type=Path, metavar="CLIP", help="for loop: the video or folder that they label")
    _add_json(parser)


def _add_repair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="P.fami", help="the project; the damaged file is kept beside")


def _add_relink(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="P.fami")
    parser.add_argument("--source", type=Path, metavar="SOURCE", help="where its clip is now: the original, or a copy")
    parser.add_argument(
        "--trust-pictures",
        action="store_true",
        help="the labels belong to the pictures of the clip, though they were made on others (a re-encoded video)",
    )


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    del parser


def _add_predict_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "list",
        type=Path,
        metavar="LIST",
        help="a folder of clips, a .famiset, or a text file with one clip a line (and, after a tab, its boxes)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a PoseTrack18 JSON for each clip")
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="DIR",
        help="label files by the clips' names that say where people are; a detector finds them in the other clips",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="that share the clips on this machine, each with a GPU of its own; 0: one for each GPU",
    )
    _add_window(parser)
    _add_weights(parser)
    _add_device(parser)


COMMANDS: dict[str, About] = {
    "predict": About("estimate poses in a video and write PoseTrack18 JSON", _add_predict),
    "predict-set": About("the poses of many clips, shared among processes and machines", _add_predict_set),
    "evaluate": About("PoseTrack AP and MOTA, PCK or OKS AP of a folder of predictions", _add_evaluate),
    "table": About("results of several evaluations side by side, as text, CSV or LaTeX", _add_table),
    "compare": About("two annotators' projects of one clip, joint by joint", _add_compare),
    "import": About("labels of another program into a project", _add_import),
    "export": About("a project's labels into a file of another program", _add_export),
    "formats": About("every format: what is read, written, kept and lost", _add_nothing),
    "finetune": About("one round of training on a project's corrections", _add_finetune),
    "train": About("train a network as a configuration file says", _add_train),
    "weights": About("list the weights, fetch better ones, or import a file", _add_weights_command),
    "bench": About(
        "run the benchmarks: `motion` what alignment is worth, `loop` what a labeller's drags are", _add_bench
    ),
    "relink": About("where a project's clip is now, or that its labels belong to it", _add_relink),
    "repair": About("what can be saved of a damaged project", _add_repair),
    "doctor": About("what this machine has and lacks", _add_nothing),
}
