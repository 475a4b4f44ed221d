"""SLEAP's labels (.slp), through the package sleap-io: predicted and corrected instances are kept apart."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
import numpy as np

from core.errors import FormatError
from core.files.hdf5 import check_contents, is_hdf5
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
        return {"metadata", "frames", "instances"} <= set(read_in_child(_names, str(path), on_wait=step))
    except ChildError:
        return False


def _names(path: str) -> list[str]:
    """What lies at the top of the file; in a child."""
    with h5py.File(path, "r") as file:
        return list(file)


def parse(path: Path) -> LabelFile:
    """Reads SLEAP's labels of one video.

    A joint of an instance that a person made is that person's word; one of a predicted instance keeps its score. Where
    a person corrected a prediction, the prediction that it came from is left out. A joint marked as not visible counts
    as not labelled: SLEAP keeps a place for joints that nobody has set.

    Raises:
        FormatError: sleap-io is missing or cannot read the file, it labels more than one video, or none of its joints
            is known here.
    """
    _sleap_io()
    try:
        content = read_in_child(_plain_labels, str(path), on_wait=step)
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


def _plain_labels(path: str) -> dict[str, Any]:
    """The labels as JSON values; in a child, as sleap-io and HDF5 trust a file."""
    with h5py.File(path, "r") as file:
        check_contents(file)
    labels = _sleap_io().load_slp(path, open_videos=False)
    frames = [frame for frame in labels.labeled_frames if frame.instances]
    videos = {id(frame.video): _file_name(frame.video, None) for frame in frames}
    return {
        "videos": list(videos.values()),
        "tracks": [str(track.name) for track in labels.tracks],
        "frames": [
            (int(frame.frame_idx), _file_name(frame.video, int(frame.frame_idx)), _people(frame)) for frame in frames
        ],
    }


def _people(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - sleap-io does not publish its types
    """The instances of a frame, but for predictions that a person corrected."""
    corrected = {id(instance.from_predicted) for instance in frame.instances if instance.from_predicted is not None}
    return [_plain_instance(instance) for instance in frame.instances if id(instance) not in corrected]


def _plain_instance(instance: Any) -> dict[str, Any]:  # noqa: ANN401
    """The points that are there, as (name, x, y, score)."""
    names = [str(node.name) for node in instance.skeleton.nodes]
    is_predicted = "score" in (instance.points.dtype.names or ())
    points = []
    for name, point in zip(names, instance.points, strict=True):
        if point["visible"] and np.isfinite(point["xy"]).all():
            x, y = point["xy"]
            points.append((name, float(x), float(y), float(np.nan_to_num(point["score"])) if is_predicted else 1.0))
    return {
        "predicted": is_predicted,
        "score": float(np.nan_to_num(instance.score)) if is_predicted else None,
        "track": None if instance.track is None else str(instance.track.name),
        "points": points,
    }


def _file_name(video: Any, index: int | None) -> str:  # noqa: ANN401
    """The name of a frame's picture where the video is a list of pictures, else of the video's file."""
    files = video.filename
    if isinstance(files, (list, tuple)):
        name = str(files[index]) if index is not None and index < len(files) else str(files[0]) if files else ""
        return name.replace("\\", "/")
    return "" if index is not None else PurePosixPath(str(files).replace("\\", "/")).name


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
