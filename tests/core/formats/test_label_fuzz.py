"""Whatever stands where in a label file, it is read or refused in one sentence."""

import copy
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import FormatError
from core.formats import read_labels
from core.keypoints import POSETRACK

odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "7", "person", "corrected"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "point", "x", "nose"]), inner, max_size=2)
    ),
    max_leaves=6,
)

POSETRACK18 = {
    "images": [
        {"id": 1, "frame_id": 1, "vid_id": "1", "file_name": "a/0.jpg", "nframes": 1, "is_labeled": True, "width": 64,
         "height": 48, "ignore_regions_x": [[0, 1, 1]], "ignore_regions_y": [[0, 0, 1]], "frame_index": 0,
         "reviewed": True}
    ],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "track_id": 0, "bbox": [1, 2, 3, 4], "bbox_head": [1, 2, 3, 4],
         "keypoints": [5, 6, 1] * 17, "scores": [0.5] * 17, "score": 0.5, "iscrowd": 0, "num_keypoints": 17,
         "provenance": ["none"] * 17, "bbox_provenance": "none", "keypoints_kept": {"nose": [1, 2]},
         "scores_kept": [0.5] * 17, "bbox_head_made": False}
    ],
    "categories": [{"id": 1, "name": "person", "keypoints": list(POSETRACK.keypoint_names)}],
}  # fmt: skip
POSETRACK17 = {
    "annolist": [
        {
            "image": [{"name": "a/0.jpg"}],
            "imgnum": [1],
            "is_labeled": [1],
            "ignore_regions": [{"point": [{"x": [0], "y": [0]}, {"x": [1], "y": [0]}, {"x": [1], "y": [1]}]}],
            "annorect": [
                {
                    "track_id": [0],
                    "score": [0.5],
                    "x1": [0],
                    "y1": [0],
                    "x2": [5],
                    "y2": [5],
                    "annopoints": [{"point": [{"id": [0], "x": [1], "y": [2], "is_visible": [1], "score": [0.5]}]}],
                }
            ],
        }
    ]
}


def places(value, path=()):
    """The paths of all values inside a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_odd_values_anywhere_are_read_or_refused(data):
    document = copy.deepcopy(data.draw(st.sampled_from([POSETRACK18, POSETRACK17])))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(places(document), key=str) or [()]))
        if not path:
            break
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = data.draw(odd_values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.json"
        path.write_text(json.dumps(document))
        try:
            labels = read_labels(path)
        except FormatError as error:
            assert "labels.json" in str(error)
        else:
            assert all(isinstance(sentence, str) for sentence in labels.warnings)
