"""Writes CVAT's XML: 'CVAT for video 1.1', or 'CVAT for images 1.1' where the labels came so."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np
from defusedxml.ElementTree import fromstring

from core.formats.labels import LabelImage, Labels
from core.formats.layouts.cvat import BOX_LABEL, FAMILY, PERSON_LABEL, are_of_task
from core.formats.layouts.frame_names import name_of
from core.formats.texts.names import CALLED_PEOPLE, joint_named
from core.formats.texts.records import write_file_atomically
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility

Fields = Mapping[str, Any]
People = dict[int, dict[int, tuple[Pose, Fields]]]
"""By track id and frame: the pose, and what is kept of it."""
NEW_SHAPE: dict[str, str] = {"occluded": "0", "z_order": "0"}
"""XML attributes of a skeleton or box that did not come from CVAT."""
RANGE_OF_TASK = {"start_frame", "stop_frame", "frame_filter", "frame_step"}
NOT_THERE: dict[str, str] = {"outside": "1", "keyframe": "1"}


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes a track of skeletons a person, and a track of boxes that name their person; or picture by picture.

    Labels, attributes, XML attributes and points of other names are written as the file had them that the labels came
    from. What was interpolated there, and still is, is no key frame; every other labelled frame is one. A person who is
    not in the next frame is `outside` there. Who set a joint and its score have no place there. Without such a file
    the task needs a skeleton label "person" with these 17 points, and a label "box" with the number attribute "person".

    Args:
        labels: what to write.
        path: of the XML file.
        source_name: names the task.

    Raises:
        FormatError: the file cannot be written.
    """
    kept = labels.kept.get(FAMILY, {})
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    if isinstance(kept.get("meta"), str):
        root.append(meta := fromstring(kept["meta"]))
        if not are_of_task(meta, [image.frame_index for image in labels.images if image.poses.poses]):
            _forget_range(meta)
    else:
        _write_meta(root, labels, source_name)
    names = kept.get("names", {})
    if kept.get("form") == "images":
        for image in labels.images:
            _write_picture(root, image, source_name, names)
    else:
        for image in labels.images:
            name, name_is_made = name_of(image, source_name)
            if not name_is_made:  # CVAT and this program find the pictures of a folder by their names
                SubElement(root, "image", _picture_words(image, name))
        _write_tracks(root, labels, names)
    indent(root)
    text = tostring(root, encoding="unicode", xml_declaration=False)
    write_file_atomically(Path(path), f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def _forget_range(meta: Element) -> None:
    """Has a task be of the whole video: labels came to frames that it did not have."""
    for parent in meta.iter():
        for child in [child for child in parent if child.tag in RANGE_OF_TASK]:
            parent.remove(child)


def _kept_of(image: LabelImage, pose: Pose) -> Fields:
    return image.kept_of.get(pose.track_id, {}).get(FAMILY, {})


def _label_of_new(names: Fields) -> str:
    """The skeleton label of people who were not in the file: one that its task has, so that CVAT takes them."""
    return next((label for label in names if label.lower() in CALLED_PEOPLE), next(iter(names), PERSON_LABEL))


def _has_box(pose: Pose) -> bool:
    """Whether a box is more than what reading makes around the joints again."""
    return pose.bbox_provenance != Provenance.NONE or not pose.labelled.any()


# ---- pictures ----


def _picture_words(image: LabelImage, name: str) -> dict[str, str]:
    size = {} if image.size is None else {"width": str(image.size[0]), "height": str(image.size[1])}
    return {"id": str(image.frame_index), **image.kept.get(FAMILY, {}).get("attrs", {}), "name": name, **size}


def _write_picture(root: Element, image: LabelImage, source_name: str, names: Fields) -> None:
    picture = SubElement(root, "image", _picture_words(image, name_of(image, source_name)[0]))
    kept = {pose.track_id: _kept_of(image, pose) for pose in image.poses.poses}
    groups = [
        fields.get(shape, {}).get("attrs", {}).get("group_id", "0") for fields in kept.values() for shape in fields
    ]
    free = itertools.count(1 + max((int(group) for group in groups if group.isdecimal()), default=0))
    for pose in image.poses.poses:
        fields = kept[pose.track_id]
        words = {"track_id": str(pose.track_id)}
        group = {}
        if pose.labelled.any():
            skeleton = fields.get("skeleton", {})
            if _has_box(pose) and "group_id" not in skeleton.get("attrs", {}):
                group = {"group_id": str(next(free))}
            attrs = {"label": skeleton.get("label", _label_of_new(names)), **skeleton.get("attrs", NEW_SHAPE)}
            shape = SubElement(picture, "skeleton", attrs | group | words)
            _write_points(shape, pose, skeleton, names, with_keyframes=False)
            group = {"group_id": shape.get("group_id", "")} if _has_box(pose) else {}
        if _has_box(pose):
            box = fields.get("box", {})
            attrs = {"label": box.get("label", BOX_LABEL), **box.get("attrs", NEW_SHAPE)}
            _write_attributes(SubElement(picture, "box", attrs | group | words | _corners(pose)), box)


# ---- tracks ----


def _write_tracks(root: Element, labels: Labels, names: Fields) -> None:
    people: People = {}
    for image in labels.images:
        for pose in image.poses.poses:
            people.setdefault(pose.track_id, {})[image.frame_index] = (pose, _kept_of(image, pose))
    last = max((image.num_frames or image.frame_index + 1 for image in labels.images), default=1) - 1
    free = itertools.count(max(people, default=0) + 1)
    for track_id, frames in sorted(people.items()):
        joints = {frame: held for frame, held in frames.items() if held[0].labelled.any()}
        if joints:
            _write_skeletons(root, track_id, joints, last, names)
    for track_id, frames in sorted(people.items()):
        boxes = {frame: held for frame, held in frames.items() if _has_box(held[0])}
        has_joints = any(pose.labelled.any() for pose, _ in frames.values())
        own = any("box" in fields for _, fields in boxes.values())
        if boxes:  # a box that was a track of its own stays one
            _write_boxes(root, track_id if own and not has_joints else next(free), track_id, boxes, last, is_own=own)


def _with_ends(frames: Mapping[int, object], last: int) -> list[int]:
    """The frames, and after each run of neighbouring ones the frame in which the person is gone."""
    ends = {frame + 1 for frame in frames if frame + 1 not in frames and frame < last}
    return sorted({*frames, *ends})


def _of_track(frames: Mapping[int, tuple[Pose, Fields]], shape: str) -> Fields:
    """What is kept of a track, in the first frame that has it: later frames may be new."""
    return next((fields[shape] for _, fields in frames.values() if shape in fields), {})


def _track(root: Element, track_id: int, fields: Fields, label: str) -> Element:
    words = {"label": fields.get("label", label), "source": "manual", **fields.get("track", {})}
    return SubElement(root, "track", {"id": str(track_id), **words})


def _write_skeletons(
    root: Element, track_id: int, frames: Mapping[int, tuple[Pose, Fields]], last: int, names: Fields
) -> None:
    of_track = _of_track(frames, "skeleton")
    track = _track(root, track_id, of_track, _label_of_new(names))
    for frame in _with_ends(frames, last):
        pose, fields = frames.get(frame, frames.get(frame - 1, next(iter(frames.values()))))
        kept = fields.get("skeleton", {"label": of_track.get("label", _label_of_new(names))})
        here = frame in frames
        words = {"frame": str(frame), "outside": str(int(not here)), "keyframe": "1"}
        shape = SubElement(track, "skeleton", words | kept.get("attrs", NEW_SHAPE))
        _write_points(shape, pose, kept, names, with_keyframes=True, outside=not here)
        if all(points.get("keyframe") == "0" for points in shape.findall("points")):
            shape.set("keyframe", "0")


def _write_boxes(
    root: Element, own_id: int, track_id: int, frames: Mapping[int, tuple[Pose, Fields]], last: int, *, is_own: bool
) -> None:
    of_track = _of_track(frames, "box")
    track = _track(root, own_id, of_track, BOX_LABEL)
    for frame in _with_ends(frames, last):
        pose, fields = frames.get(frame, frames.get(frame - 1, next(iter(frames.values()))))
        kept = fields.get("box", {})
        between = frame in frames and bool(kept) and pose.bbox_provenance == Provenance.INTERPOLATED
        state = {"outside": str(int(frame not in frames)), "keyframe": str(int(not between))}
        words = {"frame": str(frame), **state, **kept.get("attrs", NEW_SHAPE), **_corners(pose)}
        box = SubElement(track, "box", words)
        _write_attributes(box, kept)
        if not is_own:
            SubElement(box, "attribute", name=PERSON_LABEL).text = str(track_id)


# ---- shapes ----


def _corners(pose: Pose) -> dict[str, str]:
    x, y, width, height = pose.bbox_xywh.tolist()
    return {"xtl": repr(x), "ytl": repr(y), "xbr": repr(x + width), "ybr": repr(y + height)}


def _write_attributes(shape: Element, fields: Fields) -> None:
    for name, value in fields.get("attributes", ()):
        SubElement(shape, "attribute", name=name).text = value


def _write_points(
    shape: Element, pose: Pose, kept: Fields, names: Fields, *, with_keyframes: bool, outside: bool = False
) -> None:
    """The points of a skeleton, by the names and in the order of the file that it came from."""
    _write_attributes(shape, kept)
    of_points = kept.get("points", {})
    for label, keypoint in _points(pose, names.get(kept.get("label", ""), ())):
        rest = of_points.get(label, {})
        words = {key: value for key, value in rest.items() if key != "attributes"}
        if keypoint is not None:
            words = {"label": label, "keyframe": "1"} | words | _state(pose, keypoint, "attrs" in kept)
        elif not words:
            continue
        words |= NOT_THERE if outside else {}
        if not with_keyframes:
            words.pop("keyframe", None)
        _write_attributes(SubElement(shape, "points", words), rest)


def _points(pose: Pose, names: tuple[str, ...] | list[str]) -> Iterator[tuple[str, int | None]]:
    """The label and the keypoint of each point; without a file's names all 17, with them further labelled ones, too."""
    seen = set()
    for name in names:
        keypoint = joint_named(name)
        keypoint = None if keypoint in seen else keypoint
        seen.add(keypoint)
        yield name, keypoint
    for keypoint, name in enumerate(POSETRACK.keypoint_names):
        if keypoint not in seen and (not names or pose.placed[keypoint]):
            yield name, keypoint


def _state(pose: Pose, keypoint: int, is_cvats: bool) -> dict[str, str]:
    """Where a joint is. In a frame that came from CVAT, what is still interpolated is no key frame."""
    placed = bool(pose.placed[keypoint])
    x, y = pose.keypoints[keypoint].tolist() if np.isfinite(pose.keypoints[keypoint]).all() else (0.0, 0.0)
    occluded = placed and pose.visibility[keypoint] == Visibility.OCCLUDED
    state = {"outside": str(int(not placed)), "occluded": str(int(occluded)), "points": f"{x!r},{y!r}"}
    if placed:
        between = is_cvats and pose.provenance[keypoint] == Provenance.INTERPOLATED
        state["keyframe"] = str(int(not between))
    return state


def _write_meta(root: Element, labels: Labels, source_name: str) -> None:
    task = SubElement(SubElement(root, "meta"), "task")
    SubElement(task, "name").text = source_name
    SubElement(task, "size").text = str(next((i.num_frames for i in labels.images if i.num_frames), len(labels.images)))
    names = SubElement(task, "labels")
    person = SubElement(names, "label")
    SubElement(person, "name").text = PERSON_LABEL
    SubElement(person, "type").text = "skeleton"
    for joint in POSETRACK.keypoint_names:
        label = SubElement(names, "label")
        SubElement(label, "name").text = joint
        SubElement(label, "type").text = "points"
        SubElement(label, "parent").text = PERSON_LABEL
    box = SubElement(names, "label")
    SubElement(box, "name").text = BOX_LABEL
    SubElement(box, "type").text = "rectangle"
    attribute = SubElement(SubElement(box, "attributes"), "attribute")
    SubElement(attribute, "name").text = PERSON_LABEL
    SubElement(attribute, "input_type").text = "number"
    size = next((image.size for image in labels.images if image.size is not None), None)
    if size is not None:
        original = SubElement(task, "original_size")
        SubElement(original, "width").text, SubElement(original, "height").text = map(str, size)
