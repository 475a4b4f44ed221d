"""Reads PoseTrack17 as MATLAB files, in the two layouts in which its labels were published.

One variable, `annolist`. Either it is what the JSON file holds, an entry a frame; or it is an entry a video, with
`annopoints{person, frame}`, MPII's point ids and head boxes as corners (the paper of 2017, whose frames are named
`<video>/<five digits from 00001>.jpg`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError
from core.formats.labels import Labels, from_records
from core.formats.layouts import annolist
from core.formats.layouts.matlab import load_mat, plain
from core.formats.texts.records import whole_number
from core.keypoints import MPII_NAMES

_NAME_OF = {number: name for number, name in enumerate(MPII_NAMES) if name in annolist.POINT_NAMES}
"""Pelvis and thorax have no place here."""
_VIDEO_FIELDS = {"num_frames", "name", "num_persons", "annopoints"}


def read(path: Path | str) -> list[Labels]:
    """The labels of each video in a PoseTrack17 .mat file.

    Raises:
        FormatError: it is missing, damaged, or not PoseTrack17.
    """
    path = Path(path)
    variable = load_mat(path, "annolist")
    fields = set(variable.dtype.names or ())
    if fields >= _VIDEO_FIELDS:
        documents = [_video_document(entry, path) for entry in variable.ravel()]
    elif fields >= {"image", "annorect"}:
        documents = [{"annolist": plain(variable)}]
    else:
        raise FormatError(f"{path.name} is not a PoseTrack17 file: its annolist has the fields {sorted(fields)}.")
    return [from_records(annolist.parse(document, path)) for document in documents]


def _video_document(video: np.void, path: Path) -> dict[str, Any]:
    """A video's entry as the JSON file would hold it."""
    name = "".join(word for word in plain(video["name"]) if isinstance(word, str))
    cells: NDArray[Any] = np.asarray(video["annopoints"])
    if not name or cells.dtype != object or cells.ndim != 2:
        raise FormatError(f"{path.name} is not a PoseTrack17 file: a video has no name, or no people by frame.")
    frames = []
    for index, people in enumerate(cells.T):
        rects = [_rect(track_id, cell) for track_id, cell in enumerate(people)]
        frames.append(
            {
                "image": [{"name": f"videos/{name}/{index + 1:05d}.jpg"}],
                "imgnum": [index + 1],
                "is_labeled": [1],
                "annorect": [rect for rect in rects if rect is not None],
            }
        )
    return {"annolist": frames}


def _rect(track_id: int, cell: object) -> dict[str, Any] | None:
    """A person in a frame, None where the video doesn't show them."""
    entries = plain(cell)
    if not entries or not isinstance(entries[0], dict):
        return None
    points = []
    for point in entries[0].get("point", []):
        number = whole_number(point["id"][0]) if isinstance(point, dict) and point.get("id") else None
        name = None if number is None else _NAME_OF.get(number)
        if name is not None:
            points.append({**point, "id": [annolist.POINT_NAMES.index(name)]})
    rect: dict[str, Any] = {"track_id": [track_id], "annopoints": [{"point": points}]}
    corners = entries[0].get("head_rect", [])
    if len(corners) == 4:
        rect |= {key: [value] for key, value in zip(("x1", "y1", "x2", "y2"), corners, strict=True)}
    return rect
