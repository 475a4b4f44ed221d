"""core.metrics on files made up at random, against the plain evaluation in plain_poseval.py."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.errors import FormatError
from core.formats import recognition
from core.formats.layouts.annolist import POINT_NAMES
from core.keypoints import POSETRACK
from core.metrics import posetrack_evaluation
from tests.core.metrics.plain_poseval import NAMES, Frame, Person, evaluate

HEADS = ((30, 40), (6, 8), (7, 11), (-30, 40), (-6, -8), (0, 0))
"""Sizes of head boxes; with 30 x 40 and 6 x 8 half a head size is a whole number of pixels, so that ties occur."""
REGIONS = (
    [(0, 0), (60, 0), (60, 60), (0, 60)],
    [(30, -10), (90, 50), (30, 110)],
    [(0, 0), (100, 0), (100, 30), (40, 30), (40, 100), (0, 100)],
)
HEIGHTS = {"nose": 20, "left_knee": 60}
coordinates = st.tuples(st.integers(-20, 110), st.integers(-20, 110)).filter(lambda xy: xy != (0, 0))


@st.composite
def people_of_truth(draw):
    people = []
    for track_id in draw(st.lists(st.integers(0, 4), max_size=3, unique=True)):
        few = draw(st.booleans())
        names = draw(st.lists(st.sampled_from(NAMES[:4] if few else NAMES), unique=True, max_size=15))
        x, y = draw(coordinates)
        joints = {name: (x + 5 * number, y + 3 * number) for number, name in enumerate(names)}
        joints = {name: xy for name, xy in joints.items() if xy != (0, 0)}
        head = draw(st.sampled_from([*HEADS, HEADS[0], HEADS[0], None]))
        people.append(Person(track_id, joints, {}, None if head is None else (x, y - 40, *head)))
    return people


@st.composite
def predictions(draw, truth):
    """Guesses near somebody, at whole-pixel offsets that often lie just at the limit, and false people anywhere."""
    people = []
    for track_id in draw(st.lists(st.integers(0, 4), max_size=3, unique=True)):
        joints = {}
        if truth and draw(st.integers(0, 4)):
            near = draw(st.sampled_from(truth))
            offset = draw(st.sampled_from([(0, 0), (9, 12), (10, 12), (3, 0), (-3, 0), (0, 4)]))
            missing = draw(st.sets(st.sampled_from(NAMES), max_size=4))
            joints = {n: (x + offset[0], y + offset[1]) for n, (x, y) in near.joints.items() if n not in missing}
        for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
            joints[name] = draw(coordinates)
        joints = {name: xy for name, xy in joints.items() if xy != (0, 0)}
        scored = draw(st.booleans())
        scores = {name: draw(st.sampled_from([0.0, 0.2, 0.5, 1.0])) for name in joints} if scored else {}
        people.append(Person(track_id, joints, scores))
    return people


@st.composite
def frames(draw):
    nobody_labelled_it = draw(st.integers(0, 6)) == 0
    truth = [] if nobody_labelled_it else draw(people_of_truth())
    regions = draw(st.lists(st.sampled_from(REGIONS), max_size=2, unique_by=id)) if draw(st.booleans()) else []
    return Frame(truth, draw(predictions(truth)), regions)


@st.composite
def tracked(draw):
    """A sequence of the same people close together, each joint with guesses that come, go and change places."""
    people = [
        Person(i, {"nose": (30 + 8 * i, HEIGHTS["nose"]), "left_knee": (30, HEIGHTS["left_knee"])}, {}, (0, 0, 30, 40))
        for i in range(2)
    ]
    sequence = []
    for _ in range(draw(st.integers(3, 6))):
        truth = draw(st.sampled_from([people, people, people[:1], people[::-1]]))
        guesses = [
            Person(
                track_id, {name: (30 + draw(st.integers(-12, 20)), y) for name, y in (("nose", 20), ("left_knee", 60))}
            )
            for track_id in draw(st.permutations(range(3)))[: draw(st.integers(0, 3))]
        ]
        sequence.append(Frame(truth, guesses))
    return sequence


sequences = st.one_of(st.lists(frames(), min_size=1, max_size=5), tracked())
clips = st.lists(sequences, min_size=1, max_size=2)


def write18(path, sequence, role, shuffle):
    images, annotations = [], []
    for number, frame in enumerate(sequence):
        people = getattr(frame, role)
        images.append(
            {
                "id": 1000 + number, "frame_id": 1000 + number, "vid_id": "000001", "nframes": 99,
                "file_name": f"images/a/{number:06d}.jpg", "is_labeled": bool(frame.truth),
                "ignore_regions_x": [[x for x, _ in region] for region in frame.regions],
                "ignore_regions_y": [[y for _, y in region] for region in frame.regions],
            }
        )  # fmt: skip
        for person in people:
            flat = [
                v
                for k, name in enumerate(POSETRACK.keypoint_names)
                # v = 0 with coordinates is an occluded joint and counts; x = y = v = 0 is none
                for v in ((*person.joints[name], k % 2) if name in person.joints else (0, 0, 0))
            ]
            scores = [person.scores.get(name, 0.7) for name in POSETRACK.keypoint_names] if person.scores else []
            annotation = {"image_id": 1000 + number, "category_id": 1, "track_id": person.track_id, "scores": scores}
            head = {} if person.head is None else {"bbox_head": list(person.head)}
            annotations.append({**annotation, **head, "keypoints": flat, "bbox": [-5, -5, 120, 120], "id": len(flat)})
    if shuffle:
        images.reverse()
    names = list(POSETRACK.keypoint_names)
    document = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}
    document["categories"][0]["keypoints"] = names
    path.write_text(json.dumps(document))


def write17(path, sequence, role, shuffle):
    del shuffle  # this format has no other order than that of its list
    annolist = []
    for number, frame in enumerate(sequence):
        rects = []
        for person in getattr(frame, role):
            points = [
                {"id": [POINT_NAMES.index(name)], "x": [x], "y": [y], "is_visible": [x % 2]}
                | ({"score": [person.scores[name]]} if person.scores else {})
                for name, (x, y) in person.joints.items()
            ]
            rect = {"track_id": [person.track_id], "annopoints": [{"point": points}] if points else []}
            if person.head is not None:
                x, y, width, height = person.head
                rect |= {"x1": [x], "y1": [y], "x2": [x + width], "y2": [y + height]}
            rects.append(rect)
        regions = [{"point": [{"x": [x], "y": [y]} for x, y in region]} for region in frame.regions]
        annolist.append(
            {"image": [{"name": f"images/a/{number:06d}.jpg"}], "annorect": rects, "ignore_regions": regions}
        )
    path.write_text(json.dumps({"annolist": annolist}))


def same(found, expected):
    return (math.isnan(found) and math.isnan(expected)) or abs(found - expected) < 1e-6


def mean_of(by_joint, names):
    known = [by_joint[name] for name in names if not math.isnan(by_joint[name])]
    return sum(known) / len(known) if known else math.nan


@pytest.mark.parametrize("write", [write17, write18])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clip=clips, shuffle=st.booleans())
def test_ap_and_mota_are_those_of_the_plain_evaluation(tmp_path, write, clip, shuffle):
    for role, folder in (("truth", tmp_path / "gt"), ("predicted", tmp_path / "pred")):
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for number, sequence in enumerate(clip):
            write(folder / f"{number}.json", sequence, role, shuffle)
    expected = evaluate(clip)
    if expected is None:
        event("nothing to evaluate")
        with pytest.raises(FormatError, match="no frame of the ground truth"):
            posetrack_evaluation(tmp_path / "gt", tmp_path / "pred")
        return
    ap, mota = expected
    found = posetrack_evaluation(tmp_path / "gt", tmp_path / "pred")
    event("some joint was found" if any(0 < value < 100 for value in ap.values()) else "all or nothing")
    event("ways to assign: one" if all(len(ways) == 1 for ways in mota.values()) else "ways to assign: several")
    for name in NAMES:
        assert same(found["ap"][name], ap[name]), ("AP", name, found["ap"][name], ap[name])
        assert any(same(found["mota"][name], way) for way in mota[name]), ("MOTA", name, found["mota"][name], mota)
    for by_joint, groups in (("ap", "groups"), ("mota", "mota_groups")):
        of = found[by_joint]
        assert same(of["mean"], mean_of(of, NAMES))
        assert same(found[groups]["Mean"], of["mean"])
        assert same(found[groups]["Head"], mean_of(of, ("head_top", "head_bottom", "nose")))
        for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            assert same(found[groups][part.capitalize()], mean_of(of, (f"left_{part}", f"right_{part}")))


def test_a_folder_of_many_sequences_is_read_once(tmp_path, monkeypatch):
    """How long PoseTrack17's validation set takes: benchmarks/bench_evaluation.py."""
    rng = np.random.default_rng(0)
    for number in range(10):
        sequence = []
        for _ in range(10):
            places = rng.integers(0, 1000, (6, len(NAMES), 2)).tolist()
            moved = (np.array(places) + rng.integers(-14, 15, (6, len(NAMES), 2))).tolist()
            joints = [dict(zip(NAMES, map(tuple, p), strict=True)) for p in places]
            guessed = [dict(zip(NAMES, map(tuple, p), strict=True)) for p in moved]
            truth = [Person(i, found, {}, (0, 0, 30, 40)) for i, found in enumerate(joints)]
            guesses = [Person(i, g, dict.fromkeys(NAMES, float(rng.random()))) for i, g in enumerate(guessed)]
            sequence.append(Frame(truth, guesses))
        for role, folder in (("truth", tmp_path / "gt"), ("predicted", tmp_path / "pred")):
            folder.mkdir(exist_ok=True)
            write18(folder / f"{number}.json", sequence, role, False)
    read, parse = [], recognition.parse
    monkeypatch.setattr(recognition, "parse", lambda path: read.append(path) or parse(path))
    found = posetrack_evaluation(tmp_path / "gt", tmp_path / "pred")
    assert len(read) == len(set(read)) == 20
    assert 0 < found["mota"]["mean"] < found["ap"]["mean"] < 100
