"""SLEAP's labels (.slp), through the package sleap-io: predicted and corrected instances are kept apart."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import FormatError
from core.files.foreign import sleap_h5
from core.files.hdf5 import is_hdf5
from core.files.in_child import ChildError, read_in_child
from core.files.replacing import drafting, put_in_place
from core.formats.labels import Labels
from core.formats.layouts.coco_like.annotations import mean_score
from core.formats.texts.names import joint_named, note_unplaced, track_ids_named
from core.formats.texts.records import LARGEST_NUMBER, ImageRecord, LabelFile, PersonRecord, PlacedJoint, step
from core.keypoints import POSETRACK
from core.poses import Pose

NEEDED = "SLEAP files are read and written with the package sleap-io, which is not installed: run ./setup.sh run."


def is_sleap(path: Path) -> bool:
    """Whether a file is HDF5 with the tables of SLEAP's labels."""
    if not is_hdf5(path):
        return False
    try:
        return {"metadata", "frames", "instances"} <= set(read_in_child(sleap_h5.names, str(path), on_wait=step))
    except ChildError:
        return False


def parse(path: Path) -> LabelFile:
    """Reads SLEAP's labels of one video.

    A joint of an instance that a person made is that person's word; one of a predicted instance keeps its score. Where
    a person corrected a prediction, the prediction that it came from is left out. A joint marked as not visible counts
    as not labelled: SLEAP keeps a place for joints that nobody has set.

    Raises:
        FormatError: sleap-io is missing or cannot read the file, it labels more than one video, or none of its joints
            is known here.
    """
    if importlib.util.find_spec("sleap_io") is None:
        raise FormatError(NEEDED)
    try:
        content = read_in_child(sleap_h5.plain_labels, str(path), on_wait=step)
    except ChildError as error:
        raise FormatError(f"{path.name} cannot be read as SLEAP labels ({error}); save it again in SLEAP.") from error
    if len(content["videos"]) > 1:
        names = ", ".join(sorted(content["videos"]))
        raise FormatError(
            f"{path.name} labels {len(content['videos'])} videos ({names}); save one video's labels as a file of its "
            "own in SLEAP."
        )
    remarks: Counter[str] = Counter()
    track_ids = track_ids_named(content["tracks"], remarks)
    images: dict[int, ImageRecord] = {}
    for index, name, people in content["frames"]:
        if not 0 <= index < LARGEST_NUMBER:
            remarks["a frame whose number is none was left out"] += 1
            continue
        image = images.setdefault(index, ImageRecord(name, frame_id=index))
        for one in people:
            person = _person(one, remarks)
            person.track_id = None if one["track"] is None else track_ids[one["track"]]
            image.people.append(person)
    label_file = LabelFile(path, "sleap", list(images.values()), remarks)
    label_file.sort_images()
    if not any(person.labelled.any() for image in label_file.images for person in image.people):
        raise FormatError(f"{path.name} labels no joint that this program knows, so there is nothing to read.")
    return label_file


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes the labelled frames as SLEAP's labels.

    A person of whom somebody set, accepted or imported a joint becomes an instance; one whom only the network has seen
    becomes a predicted instance with its scores. Boxes, occlusion and who set each single joint have no place there.

    Args:
        labels: what to write.
        path: of the .slp file.
        source_name: what the video is called where the labels don't know its file.

    Raises:
        FormatError: sleap-io is missing, or the file cannot be written.
    """
    sio = _sleap_io()
    names = list(POSETRACK.keypoint_names)
    skeleton = sio.Skeleton(
        nodes=names,
        edges=[(names[a], names[b]) for a, b in POSETRACK.limbs],
        symmetries=[(names[a], names[b]) for a, b in POSETRACK.flip_pairs],
        name=POSETRACK.name,
    )
    video = _video(sio, labels, source_name)
    tracks: dict[int, Any] = {}
    frames = []
    for image in labels.images:
        instances = [
            _instance(sio, pose, skeleton, tracks.setdefault(pose.track_id, sio.Track(str(pose.track_id))))
            for pose in image.poses.poses
            if pose.placed.any()
        ]
        if instances:
            frames.append(sio.LabeledFrame(video=video, frame_idx=image.frame_index, instances=instances))
    target = Path(path)
    with drafting(target, FormatError, make_folder=True) as draft:
        whole = draft.with_name("labels.slp")  # the suffix that sleap-io knows, whatever the target's
        sio.save_slp(sio.Labels(frames), str(whole), embed=False, verbose=False)
        put_in_place(whole, target)


def _video(sio: Any, labels: Labels, source_name: str) -> Any:  # noqa: ANN401
    """The video, or the pictures of the folder, as SLEAP names them; their files are not opened."""
    files = [str(file) for file in labels.clip_files] or [source_name]
    is_folder = any(image.file_name and not image.name_is_made for image in labels.images)
    if not labels.clip_files or not is_folder:
        return sio.Video(filename=files[0], open_backend=False)
    width, height = next((image.size for image in labels.images if image.size is not None), (None, None))
    metadata = {
        "type": "ImageVideo", "filename": files[0], "filenames": files, "shape": [len(files), height, width, 3],
        "height_": height, "width_": width, "channels_": 3, "grayscale": False,
    }  # fmt: skip
    return sio.Video(filename=files, open_backend=False, backend_metadata=metadata)


def _sleap_io() -> Any:  # noqa: ANN401 - a module
    if importlib.util.find_spec("sleap_io") is None:
        raise FormatError(NEEDED)
    import sleap_io  # noqa: PLC0415 - takes half a second, and only these files need it

    return sleap_io


def _person(instance: Mapping[str, Any], remarks: Counter[str]) -> PersonRecord:
    """One instance; `remarks` counts what has no place here."""
    placed = []
    for name, x, y, score in instance["points"]:
        joint = joint_named(name)
        if joint is None:
            note_unplaced(name, remarks)
        else:
            placed.append(PlacedJoint(joint, x, y, score=score))
    person = PersonRecord.of_joints(placed, predicted=instance["predicted"])
    person.score = instance["score"]
    return person


def _instance(sio: Any, pose: Pose, skeleton: Any, track: Any) -> Any:  # noqa: ANN401
    points = np.where(pose.placed[:, None], pose.keypoints, np.nan)
    if (pose.human & pose.placed).any():
        return sio.Instance.from_numpy(points, skeleton=skeleton, track=track)
    scores = np.where(pose.placed, np.nan_to_num(pose.scores), np.nan)
    return sio.PredictedInstance.from_numpy(
        points, skeleton=skeleton, point_scores=scores, score=mean_score(pose), track=track
    )
