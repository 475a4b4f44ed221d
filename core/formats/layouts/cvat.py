"""CVAT's XML, version 1.1: skeletons in the tracks of a video, or in pictures one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse as parse_xml

from core.errors import FormatError
from core.formats.labels import Labels
from core.formats.names import joint_named
from core.formats.records import ImageRecord, LabelFile, PersonRecord, PlacedJoint, whole_number, write_file_atomically
from core.keypoints import POSETRACK
from core.poses import FloatArray, Pose, Visibility

BOX_LABEL, PERSON_LABEL = "box", "person"


def is_cvat(path: Path) -> bool:
    """Whether a file begins as CVAT's XML does."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4096).decode("utf-8-sig", "replace").lstrip()
    except OSError:
        return False
    return start.startswith("<") and "<annotations" in start


def parse(path: Path) -> LabelFile:
    """Reads skeletons, and boxes that are grouped with them.

    In the tracks of a video a key frame is a person's word and what CVAT put between two of them is interpolated; a
    track's number is its `id`. A point that is `outside` is not labelled. A box track named "box" that this program
    wrote belongs to the skeleton track whose number is in its attribute; another box track is a person without joints.

    Raises:
        FormatError: the file is no XML of CVAT's, or holds neither skeletons nor boxes of people.
    """
    try:
        root = parse_xml(path).getroot()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ParseError, DefusedXmlException, UnicodeDecodeError, ValueError, LookupError) as error:
        raise FormatError(f"{path.name} is not complete XML ({error}); export it again.") from error
    if root is None or root.tag != "annotations":
        raise FormatError(f"{path.name} is XML, but not CVAT's: export it from CVAT as 'CVAT for video 1.1'.")
    remarks: Counter[str] = Counter()
    size = _size(root.find("meta"))
    pictures = root.findall("image")
    images = _of_pictures(pictures, remarks) if pictures else _of_tracks(root, size, remarks)
    if not any(image.people for image in images):
        raise FormatError(f"{path.name} holds no skeleton and no box of a person, so there is nothing to read.")
    label_file = LabelFile(path, "cvat", images, remarks)
    label_file.sort_images()
    return label_file


def _size(meta: Element | None) -> tuple[int, int] | None:
    found = None if meta is None else next(meta.iter("original_size"), None)
    if found is None:
        return None
    width, height = whole_number(found.findtext("width")), whole_number(found.findtext("height"))
    return (width, height) if width and height and width > 0 and height > 0 else None


def _of_pictures(pictures: list[Element], remarks: Counter[str]) -> list[ImageRecord]:
    images = []
    for picture in pictures:
        width, height = whole_number(picture.get("width")), whole_number(picture.get("height"))
        image = ImageRecord(
            (picture.get("name") or "").replace("\\", "/"),
            frame_id=whole_number(picture.get("id")),
            size=(width, height) if width and height else None,
        )
        boxes = {shape.get("group_id"): _box(shape) for shape in picture.findall("box") if shape.get("group_id")}
        for skeleton in picture.findall("skeleton"):
            person = _person(skeleton, interpolated=False, remarks=remarks)
            person.bbox_xywh = boxes.pop(skeleton.get("group_id"), None) if skeleton.get("group_id") else None
            _add(image, person, remarks)
        images.append(image)
    return images


def _of_tracks(root: Element, size: tuple[int, int] | None, remarks: Counter[str]) -> list[ImageRecord]:
    images: dict[int, ImageRecord] = {}
    people: dict[tuple[int, int], PersonRecord] = {}
    boxes: dict[tuple[int, int], FloatArray] = {}
    for place, track in enumerate(root.findall("track")):
        own = whole_number(track.get("id"))
        track_id = place if own is None or own < 0 else own
        for shape in track:
            frame = whole_number(shape.get("frame"))
            if frame is None or frame < 0:
                remarks["a shape without a frame was left out"] += 1
            elif shape.get("outside") == "1":
                continue
            elif shape.tag == "skeleton":
                person = _person(shape, interpolated=shape.get("keyframe") == "0", remarks=remarks)
                person.track_id = track_id
                people[frame, track_id] = person
            elif shape.tag == "box":
                owner = _attribute(shape, "person")
                boxes[frame, track_id if owner is None else owner] = _box(shape)
            else:
                remarks[f"a {shape.tag} was left out: only skeletons and boxes are read"] += 1
    for (frame, track_id), box in boxes.items():
        person = people.setdefault((frame, track_id), PersonRecord.empty())
        person.track_id, person.bbox_xywh = track_id, box
    for (frame, _), person in sorted(people.items()):
        _add(images.setdefault(frame, ImageRecord("", frame_id=frame, size=size)), person, remarks)
    return list(images.values())


def _add(image: ImageRecord, person: PersonRecord, remarks: Counter[str]) -> None:
    if person.labelled.any() or person.bbox_xywh is not None:
        image.people.append(person)
    else:
        remarks["a skeleton without a joint inside the picture was skipped"] += 1


def _attribute(shape: Element, name: str) -> int | None:
    found = next((item.text for item in shape.findall("attribute") if item.get("name") == name), None)
    return whole_number(found)


def _box(shape: Element) -> FloatArray:
    try:
        left, top, right, bottom = (float(shape.get(key, "nan")) for key in ("xtl", "ytl", "xbr", "ybr"))
    except ValueError:
        left = top = right = bottom = np.nan
    return np.array([left, top, right - left, bottom - top])


def _person(skeleton: Element, *, interpolated: bool, remarks: Counter[str]) -> PersonRecord:
    joints = list(_joints(skeleton, remarks))
    person = PersonRecord.of_joints(joints, predicted=False)
    if interpolated:
        who = ["interpolated" if labelled else "none" for labelled in person.labelled]
        person.extensions = {**person.extensions, "provenance": who}
    if any(True for _ in skeleton.findall("attribute")):
        remarks["attributes of a skeleton have no place here and were left out"] += 1
    return person


def _joints(skeleton: Element, remarks: Counter[str]) -> Iterator[PlacedJoint]:
    for points in skeleton.findall("points"):
        name = points.get("label") or ""
        keypoint = joint_named(name)
        if keypoint is None:
            remarks[
                f"the file's {name or 'nameless point'} has no place in this program's skeleton and was left out"
            ] += 1
            continue
        if points.get("outside") == "1":
            continue
        x, _, y = (points.get("points") or "").partition(",")
        try:
            place = float(x), float(y)
        except ValueError:
            remarks["a joint without a place was left out"] += 1
            continue
        seen = Visibility.OCCLUDED if points.get("occluded") == "1" else Visibility.VISIBLE
        yield PlacedJoint(keypoint, *place, visibility=seen)


def write(labels: Labels, path: Path | str, source_name: str) -> None:
    """Writes 'CVAT for video 1.1': a track of skeletons a person, and a track of boxes that name their person.

    Every labelled frame is a key frame; a person who is not in the next listed frame is `outside` there. Who set a
    joint and its score have no place there. The task needs a skeleton label "person" with these 17 points, and a
    label "box" with the number attribute "person".

    Args:
        labels: what to write.
        path: of the XML file.
        source_name: names the task.

    Raises:
        FormatError: the file cannot be written.
    """
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    _write_meta(root, labels, source_name)
    poses: dict[int, dict[int, Pose]] = {}
    for image in labels.images:
        for pose in image.poses.poses:
            poses.setdefault(pose.track_id, {})[image.frame_index] = pose
    last = max((image.frame_index for image in labels.images), default=0)
    for track_id, frames in sorted(poses.items()):
        track = SubElement(root, "track", id=str(track_id), label=PERSON_LABEL, source="manual")
        joints = {frame: pose for frame, pose in frames.items() if pose.labelled.any()}
        for frame in _with_ends(joints, last):
            _write_skeleton(track, frame, joints.get(frame))
        if not joints:
            root.remove(track)
    highest = max(poses, default=0)
    for place, (track_id, frames) in enumerate(sorted(poses.items()), start=1):
        track = SubElement(root, "track", id=str(highest + place), label=BOX_LABEL, source="manual")
        for frame in _with_ends(frames, last):
            _write_box(track, frame, track_id, frames.get(frame), frames)
    indent(root)
    text = tostring(root, encoding="unicode", xml_declaration=False)
    write_file_atomically(Path(path), f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def _with_ends(frames: dict[int, Pose], last: int) -> list[int]:
    """The frames, and after each run of neighbouring ones the frame in which the person is gone."""
    ends = {frame + 1 for frame in frames if frame + 1 not in frames and frame < last}
    return sorted({*frames, *ends})


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


def _state(frame: int, *, outside: bool) -> dict[str, str]:
    return {"frame": str(frame), "outside": str(int(outside)), "occluded": "0", "keyframe": "1", "z_order": "0"}


def _write_skeleton(track: Element, frame: int, pose: Pose | None) -> None:
    state = _state(frame, outside=pose is None)
    skeleton = SubElement(track, "skeleton", state)
    for keypoint, name in enumerate(POSETRACK.keypoint_names):
        placed = pose is not None and pose.labelled[keypoint] and np.isfinite(pose.keypoints[keypoint]).all()
        x, y = pose.keypoints[keypoint].tolist() if pose is not None and placed else (0.0, 0.0)
        occluded = pose is not None and placed and pose.visibility[keypoint] == Visibility.OCCLUDED
        words = {"label": name, "outside": str(int(not placed)), "occluded": str(int(occluded)), "keyframe": "1"}
        SubElement(skeleton, "points", words, points=f"{x!r},{y!r}")


def _write_box(track: Element, frame: int, track_id: int, pose: Pose | None, frames: dict[int, Pose]) -> None:
    here = pose if pose is not None else frames[frame - 1]
    x, y, width, height = here.bbox_xywh.tolist()
    corners = {"xtl": repr(x), "ytl": repr(y), "xbr": repr(x + width), "ybr": repr(y + height)}
    shape = SubElement(track, "box", _state(frame, outside=pose is None), **corners)
    SubElement(shape, "attribute", name=PERSON_LABEL).text = str(track_id)
