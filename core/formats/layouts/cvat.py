"""CVAT's XML, version 1.1: skeletons in the tracks of a video, or in pictures one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse as read_xml

from core.errors import FormatError
from core.formats.kept import named_path, others
from core.formats.texts.names import CALLED_PEOPLE, joint_named, note_unplaced
from core.formats.texts.records import ImageRecord, LabelFile, PersonRecord, PlacedJoint, step, whole_number
from core.keypoints import POSETRACK
from core.poses import FloatArray, Visibility

FAMILY = "cvat"
BOX_LABEL, PERSON_LABEL = "box", "person"
OWN_OF_SHAPES = {"frame", "outside", "keyframe", "track_id", "xtl", "ytl", "xbr", "ybr"}
"""XML attributes of a skeleton or box that are written anew."""
OWN_OF_POINTS = {"label", "outside", "occluded", "keyframe", "points"}
Place = tuple[int, int]
"""Frame and track id."""


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
    wrote belongs to the skeleton track whose number is in its attribute; another box of a person is one without joints.
    Labels, attributes and what else an element says are kept, to be written back (`core.formats.layouts.cvat_writing`).

    Raises:
        FormatError: the file is no XML of CVAT's, or holds neither skeletons nor boxes of people.
    """
    try:
        root = None
        for _, element in read_xml(path, events=("start",)):
            step()
            root = element if root is None else root
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ParseError, DefusedXmlException, UnicodeDecodeError, ValueError, LookupError) as error:
        raise FormatError(f"{path.name} is not complete XML ({error}); export it again.") from error
    if root is None or root.tag != "annotations":
        raise FormatError(f"{path.name} is XML, but not CVAT's: export it from CVAT as 'CVAT for video 1.1'.")
    images = _Reader(root).read()
    if not any(image.people for image in images.images):
        raise FormatError(f"{path.name} holds no skeleton and no box of a person, so there is nothing to read.")
    label_file = LabelFile(path, FAMILY, images.images, images.remarks, images.kept)
    label_file.sort_images()
    return label_file


class _Reader:
    """Reads one document; `images`, `remarks` and `kept` are what came of it."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self.remarks: Counter[str] = Counter()
        self.images: list[ImageRecord] = []
        self._pictures, self._tracks = root.findall("image"), root.findall("track")
        self._size = _size(root.find("meta"))
        self._of_people = self._labels_of_people()
        self._skeletons = self._skeletons_of_people()
        self._names: dict[str, list[str]] = {}

    def read(self) -> _Reader:
        """All of it."""
        by_frame = {}
        for place, picture in enumerate(self._pictures):
            image = self._picture(picture)
            by_frame[place if image.frame_id is None else image.frame_id] = image
            self.images.append(image)
        self._read_tracks(by_frame)
        meta = self._root.find("meta")
        self._place_in_video(meta)
        kept = {"form": "video" if self._tracks or not self._pictures else "images", "names": self._names}
        text = {} if meta is None else {"meta": tostring(meta, encoding="unicode")}
        self.kept = others(kept | text, (), self.remarks)
        return self

    def _place_in_video(self, meta: Element | None) -> None:
        """Gives frames that count within a task of a part of a video their numbers in the video.

        CVAT writes the latter; where numbers are there that the task does not have in the video, they are the former.
        """
        start, step_of_task = _range_of_task(meta)
        numbers = [image.frame_id for image in self.images if image.frame_id is not None]
        if are_of_task(meta, numbers) or any(image.file_name for image in self.images):
            return
        for image in self.images:
            if image.frame_id is not None:
                image.frame_id = start + step_of_task * image.frame_id
        self.remarks[
            f"frames were counted within the task, which begins at frame {start} of the video and takes "
            f"{'every one' if step_of_task == 1 else f'one of {step_of_task}'}: frame 0 was taken as {start}"
        ] = 1

    def _labels(self, shape: str) -> set[str]:
        """The labels of all skeletons, or of all boxes."""
        in_tracks = {_label(one, track) for track in self._tracks for one in track.findall(shape)}
        return in_tracks | {_label(one, one) for picture in self._pictures for one in picture.findall(shape)}

    def _skeletons_of_people(self) -> set[str]:
        """The labels whose skeletons are people: those called so where there is one, else all."""
        labels = self._labels("skeleton")
        return {label for label in labels if label.lower() in CALLED_PEOPLE} or labels

    def _labels_of_people(self) -> set[str] | None:
        """The labels whose boxes are people; None where all boxes are, because no label says which."""
        called = {label for label in self._labels("box") if label.lower() in CALLED_PEOPLE | {BOX_LABEL}}
        return called | self._skeletons_of_people() or None

    def _is_persons(self, skeleton: Element, track: Element) -> bool:
        label = _label(skeleton, track)
        if label in self._skeletons:
            return True
        self.remarks[f"a skeleton of '{label}' was left out: others are called people"] += 1
        return False

    def _is_person(self, box: Element, holder: Element) -> bool:
        label = _label(box, holder)
        if self._of_people is None or label in self._of_people or _owner(box) is not None:
            return True
        self.remarks[f"a box of '{label}' was left out: it is no person"] += 1
        return False

    def _picture(self, picture: Element) -> ImageRecord:
        width, height = whole_number(picture.get("width")), whole_number(picture.get("height"))
        name = (picture.get("name") or "").replace("\\", "/")
        own = others(picture.attrib, {"name", "width", "height"}, self.remarks)
        image = ImageRecord(
            name,
            frame_id=whole_number(picture.get("id")),
            size=(width, height) if width and height else None,
            kept=named_path(name) | {"attrs": own},
        )
        for shape in picture:
            if shape.tag not in ("skeleton", "box"):
                self._left_out(shape)
        boxes = [box for box in picture.findall("box") if self._is_person(box, box)]
        for skeleton in picture.findall("skeleton"):
            if not self._is_persons(skeleton, skeleton):
                continue
            person = self._skeleton(skeleton, skeleton)
            group = skeleton.get("group_id")
            box = next((box for box in boxes if group and box.get("group_id") == group), None)
            if box is not None:
                boxes.remove(box)
                self._add_box(person, box, box)
            self._add(image, person, whole_number(skeleton.get("track_id")))
        for box in boxes:
            person = PersonRecord.empty()
            self._add_box(person, box, box)
            self._add(image, person, whole_number(box.get("track_id")))
        return image

    def _read_tracks(self, by_frame: dict[int, ImageRecord]) -> None:
        people: dict[Place, PersonRecord] = {}
        boxes: dict[Place, tuple[Element, Element]] = {}
        for place, track in enumerate(self._tracks):
            own = whole_number(track.get("id"))
            track_id = place if own is None or own < 0 else own
            for shape in track:
                frame = whole_number(shape.get("frame"))
                if frame is None or frame < 0:
                    self.remarks["a shape without a frame was left out"] += 1
                elif shape.get("outside") == "1":
                    continue
                elif shape.tag == "skeleton":
                    if self._is_persons(shape, track):
                        people[frame, track_id] = self._skeleton(shape, track)
                elif shape.tag != "box":
                    self._left_out(shape)
                elif self._is_person(shape, track):
                    owner = _owner(shape)
                    boxes[frame, track_id if owner is None else owner] = (shape, track)
        for at, (box, track) in boxes.items():
            self._add_box(people.setdefault(at, PersonRecord.empty()), box, track)
        for (frame, track_id), person in sorted(people.items()):
            if frame not in by_frame:
                by_frame[frame] = ImageRecord("", frame_id=frame, size=self._size)
                self.images.append(by_frame[frame])
            self._add(by_frame[frame], person, track_id)

    def _left_out(self, shape: Element) -> None:
        self.remarks[f"a {shape.tag} was left out: only skeletons and boxes are read"] += 1

    def _add(self, image: ImageRecord, person: PersonRecord, track_id: int | None) -> None:
        person.track_id = track_id
        if person.labelled.any() or person.bbox_xywh is not None:
            image.people.append(person)
        else:
            self.remarks["a skeleton without a joint inside the picture was skipped"] += 1

    def _add_box(self, person: PersonRecord, box: Element, track: Element) -> None:
        """The box of a person; one that this program wrote needs no keeping."""
        person.bbox_xywh = _box(box)
        if _owner(box) is None:
            person.kept = {**person.kept, "box": self._fields(box, track)}
        if box.get("keyframe") == "0":
            person.extensions = {**person.extensions, "bbox_provenance": "interpolated"}

    def _fields(self, shape: Element, track: Element) -> dict[str, Any]:
        """What is kept of a skeleton or box: its label, its track's and its own XML attributes, its attributes."""
        fields: dict[str, Any] = {"label": _label(shape, track), "attrs": _rest(shape, OWN_OF_SHAPES | {"label"})}
        if track is not shape:
            fields["track"] = _rest(track, {"id", "label"})
        attributes = _attributes(shape)
        return fields | ({"attributes": attributes} if attributes else {})

    def _skeleton(self, skeleton: Element, track: Element) -> PersonRecord:
        points = skeleton.findall("points")
        labels = [point.get("label") or "" for point in points]
        fields = self._fields(skeleton, track)
        names = self._names.setdefault(fields["label"], [])
        names += [label for label in labels if label not in names]
        joints, between, kept_places, kept_points = [], [], {}, {}
        for point, label in zip(points, labels, strict=True):
            keypoint, place = joint_named(label), _place(point)
            if keypoint is None and point.get("outside") != "1":
                note_unplaced(label, self.remarks)
            if keypoint is None or place is None:  # it has no place here, and is only written back
                kept_points[label] = dict(point.attrib) | {"attributes": _attributes(point)}
                continue
            outside, is_between = point.get("outside") == "1", point.get("keyframe", skeleton.get("keyframe")) == "0"
            rest = _rest(point, OWN_OF_POINTS) | ({"keyframe": "0"} if outside and is_between else {})
            if rest or _attributes(point):
                kept_points[label] = rest | {"attributes": _attributes(point)}
            if outside:
                kept_places[POSETRACK.keypoint_names[keypoint]] = list(place)
                continue
            seen = Visibility.OCCLUDED if point.get("occluded") == "1" else Visibility.VISIBLE
            joints.append(PlacedJoint(keypoint, *place, visibility=seen))
            between += [keypoint] if is_between else []
        person = PersonRecord.of_joints(joints, predicted=False)
        who = list(person.extensions["provenance"])
        for keypoint in between:
            who[keypoint] = "interpolated"
        person.extensions = {**person.extensions, "provenance": who, "keypoints_kept": kept_places}
        if kept_points:
            fields["points"] = kept_points
        person.kept = others({"skeleton": fields}, (), self.remarks)
        return person


def _size(meta: Element | None) -> tuple[int, int] | None:
    found = None if meta is None else next(meta.iter("original_size"), None)
    if found is None:
        return None
    width, height = whole_number(found.findtext("width")), whole_number(found.findtext("height"))
    return (width, height) if width and height and width > 0 and height > 0 else None


def are_of_task(meta: Element | None, frames: Iterable[int]) -> bool:
    """Whether a task has all of these frames of its video."""
    start, every = _range_of_task(meta)
    return all(frame >= start and (frame - start) % every == 0 for frame in frames)


def _range_of_task(meta: Element | None) -> tuple[int, int]:
    """The frame of the video that a task begins at, and how many frames lie from one of its frames to the next."""

    def text(tag: str) -> str:
        found = None if meta is None else next(meta.iter(tag), None)
        return "" if found is None else (found.text or "").strip()

    taken = re.search(r"step\s*=\s*(\d{1,6})", text("frame_filter"))
    start = whole_number(text("start_frame")) or 0
    every = int(taken[1]) if taken else whole_number(text("frame_step")) or 1
    return max(start, 0), max(every, 1)


def _label(shape: Element, track: Element) -> str:
    return shape.get("label") or track.get("label") or ""


def _rest(element: Element, own: Collection[str]) -> dict[str, str]:
    return {name: value for name, value in element.attrib.items() if name not in own}


def _attributes(element: Element) -> list[list[str]]:
    """The names and values of CVAT's attributes of a shape."""
    return [[item.get("name") or "", item.text or ""] for item in element.findall("attribute")]


def _owner(box: Element) -> int | None:
    """The track whose people a box of this program's belongs to."""
    return next((whole_number(value) for name, value in _attributes(box) if name == PERSON_LABEL), None)


def _box(shape: Element) -> FloatArray:
    try:
        left, top, right, bottom = (float(shape.get(key, "nan")) for key in ("xtl", "ytl", "xbr", "ybr"))
    except ValueError:
        left = top = right = bottom = np.nan
    return np.array([left, top, right - left, bottom - top])


def _place(points: Element) -> tuple[float, float] | None:
    x, _, y = (points.get("points") or "").partition(",")
    try:
        return float(x), float(y)
    except ValueError:
        return None
