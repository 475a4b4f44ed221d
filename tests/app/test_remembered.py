"""What a start finds again, also after a kill: the window's place, the last frame, the last round."""

from core.files import places
from core.formats import read_labels
from core.formats.texts.records import load_json


def test_the_window_comes_back_where_it_was_without_having_been_closed(drive, clip):
    d = drive(clip)
    d.window.showMaximized()
    d.wait(
        lambda: d.window.isMaximized() and places.read_settings().get("place") == d.window.place_state().hex(),
        what="the place to be remembered",
    )
    kept = places.read_settings()["place"]
    d.window.close()
    again = drive()
    places.write_setting("place", kept)
    again.program.restore_layout()
    assert again.window.isMaximized()


def test_the_last_frame_is_kept_while_the_hand_rests(drive, clip):
    d = drive(clip)
    d.go_to(7)
    d.wait(lambda: d.session.project.setting("last_frame") == "7", what="the frame to be remembered")


def test_the_last_round_is_told_again(drive, clip):
    d = drive(clip)
    report = {
        "before": {"mean": 0.07, "nose": 0.07}, "after": {"mean": 0.02, "nose": 0.02}, "train_frames": [0, 2],
        "held_out_frames": [4], "worse_frames": [], "weights": str(clip.parent / "gone.pth"),
    }  # fmt: skip
    d.session.project.record_round(report, "a" * 64, None)
    path = d.session.project.path
    d.close()
    d = drive(path)
    assert d.program.finetuning.round.report == report
    assert d.program.finetuning.round.taken is False, "its file is gone"


def test_what_is_exported_is_counted_and_marked_truly(drive, clip, tmp_path):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 6))
    d.program.editing.move_keypoint(track_id, 0, 50.0, 30.0)
    said = []
    d.session.message.connect(said.append)
    d.program.exporting.export("posetrack18", tmp_path / "out.json", only_reviewed=False, images_folder=None)
    d.idle()
    assert "Exported 1 pose and 5 boxes without joints in 6 frames to out.json." in said
    images = load_json(tmp_path / "out.json")["images"]
    assert [image["is_labeled"] for image in images] == [True] + [False] * 11
    assert read_labels(tmp_path / "out.json").num_people == 6, "the boxes come back all the same"
