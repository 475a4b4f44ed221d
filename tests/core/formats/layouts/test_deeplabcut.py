"""DeepLabCut's tables, as it writes them for labelled pictures, for a network's analysis, and for several animals."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import FormatError
from core.formats import read_labels
from core.keypoints import POSETRACK
from core.poses import Provenance

DATA = Path(__file__).parent / "data"
NOSE, WRIST = POSETRACK.index("nose"), POSETRACK.index("left_wrist")


def write(path, text):
    path.write_text(text)
    return path


def test_a_network_s_analysis_is_predicted_by_frame_number(tmp_path):
    table = "scorer,N,N,N,N,N,N\nbodyparts,nose,nose,nose,LeftWrist,LeftWrist,LeftWrist\n"
    table += "coords,x,y,likelihood,x,y,likelihood\n"
    labels = read_labels(write(tmp_path / "a.csv", table + "0,1,2,0.9,,,\n12,3,4,1.0,5,6,0.25\n"))
    assert [image.frame_id for image in labels.images] == [0, 12]
    pose = labels.images[1].poses.poses[0]
    assert pose.keypoints[WRIST].tolist() == [5, 6] and pose.scores[WRIST] == 0.25
    assert pose.provenance[NOSE] == Provenance.PREDICTED, "a likelihood of 1 is not a person's word"
    assert not labels.images[0].poses.poses[0].labelled[WRIST]


@pytest.mark.parametrize("place", ["labeled-data,clip,img0007.png", "labeled-data/clip/img0007.png"])
def test_labelled_pictures_are_a_person_s_word(tmp_path, place):
    empty = "," * place.count(",")
    table = f"scorer{empty},A,A\nbodyparts{empty},nose,nose\ncoords{empty},x,y\n{place},20.5,60.25\n"
    (image,) = read_labels(write(tmp_path / "CollectedData_A.csv", table)).images
    assert (image.file_name, image.frame_id) == ("labeled-data/clip/img0007.png", None)
    assert image.poses.poses[0].provenance[NOSE] == Provenance.IMPORTED


def test_individuals_are_people(tmp_path):
    table = (
        "scorer,N,N,N,N\nindividuals,mouse7,mouse7,mouse2,mouse2\nbodyparts,nose,nose,nose,nose\n"
        "coords,x,y,x,y\n0,1,2,3,4\n1,,,5,6\n"
    )
    first, second = read_labels(write(tmp_path / "a.csv", table)).images
    assert [pose.track_id for pose in first.poses.poses] == [2, 7]
    assert [pose.track_id for pose in second.poses.poses] == [2]


def test_tables_that_pandas_wrote_are_read_without_pandas():
    predicted = read_labels(DATA / "predicted_table.h5")
    assert [image.frame_id for image in predicted.images] == [0, 1, 2]
    pose = predicted.images[1].poses.poses[0]
    assert pose.keypoints[WRIST].tolist() == [9, 10] and (pose.scores[NOSE], pose.scores[WRIST]) == (0.5, 1.0)
    assert pose.provenance[WRIST] == Provenance.PREDICTED
    for name in ("labelled_fixed.h5", "labelled_one_index.h5"):
        labelled = read_labels(DATA / name)
        assert [image.file_name for image in labelled.images] == [f"labeled-data/clip/img0{n}.png" for n in (3, 7)]
        np.testing.assert_array_equal(labelled.images[1].poses.poses[0].keypoints[[NOSE, WRIST]], [[4, 5], [6, 7]])


def test_pickled_code_in_a_table_s_names_is_never_run(tmp_path):
    import pickle  # noqa: PLC0415

    import h5py  # noqa: PLC0415

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "run",)

    path = tmp_path / "evil.h5"
    path.write_bytes((DATA / "predicted_table.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file["df_with_missing/table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(Evil(), protocol=0))
    with pytest.raises(FormatError, match="use the CSV file"):
        read_labels(path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("scorer,A,A\nbodyparts,tail,tail\ncoords,x,y\n0,1,2\n", "no joint that this program knows"),
        ("scorer,A,A\nbodyparts,nose,nose\ncoords,x,y\n0,1\n", "cut off"),
        ("scorer,A,A\n0,1,2\n", "first lines"),
    ],
)
def test_other_tables_are_refused_in_a_sentence(tmp_path, table, words):
    with pytest.raises(FormatError, match=words):
        read_labels(write(tmp_path / "a.csv", table))
