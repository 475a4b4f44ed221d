"""Every round can be seen, made current again, exported with its card, and deleted; rounds that begin by themselves."""

import shutil

import pytest
from PySide6.QtWidgets import QCheckBox, QListWidget, QPushButton, QSpinBox, QTableWidget

from core.files.hashing import file_sha256
from core.training.rounds.holding_out import History
from core.training.rounds.report import RoundReport

PLACES = [[30.0 + k, 40.0 + 3 * k] for k in range(17)]


def joint(before: float, after: float) -> dict[str, object]:
    return {
        "count": 6, "before": before, "after": after, "before_px": 9.0, "after_px": 3.0, "pck_before": 0.5,
        "pck_after": 0.9, "spread_before": 0.01, "spread_after": 0.005, "change": [-0.05, -0.01],
    }  # fmt: skip


def a_report(weights: str, sha256: str, *, worse: bool = False) -> RoundReport:
    errors = ({"mean": 0.1, "nose": 0.1}, {"mean": 0.04, "nose": 0.04})
    before, after = errors[::-1] if worse else errors
    table = {"frames": 2, "poses": 2, "joints": {name: joint(before[name], after[name]) for name in before}}
    changed = [
        {
            "frame": frame, "person": 1, "held_out": frame == 6, "before": 0.1, "after": after,
            "box": [20.0, 20.0, 60.0, 80.0], "label_xy": [*PLACES[:3], *[None] * 14], "before_xy": PLACES,
            "after_xy": [None, *PLACES[1:]],
        }
        for frame, after in ((6, 0.2), (8, 0.02))
    ]  # fmt: skip
    return RoundReport(
        before, after, before, after, [0, 8, 10], [4, 6], [6], [], not worse,
        verdict="worse" if worse else "better", reason="The mean error on held-out frames moved.",
        proof={"held_out": table, "corrected": table}, changed=changed, held_out_blocks=[(4, 7)],
        weights=weights, weights_sha256=sha256, parent_sha256="ab" * 32, steps=100, best_step=80,
    )  # fmt: skip


@pytest.fixture
def two_rounds(drive, clip, made):
    """A clip with two recorded rounds; the second got worse. Their weights are those of tiny networks."""
    d = drive(clip)
    project = d.session.project
    project.weights_folder.mkdir()
    for name, worse in (("tiny", False), ("other", True)):
        sha256 = file_sha256(made / f"{name}.pth")
        path = shutil.copy(made / f"{name}.pth", project.weights_folder / f"{sha256}.pth")
        project.record_round(a_report(str(path), sha256, worse=worse).to_dict(), sha256, "ab" * 32)
    d.program.finetuning._on_opened()
    d.do("action_rounds")
    return d


def part(d, kind, name):
    return d.program.rounds_binding.dialog.findChild(kind, name)


def states(d):
    table = part(d, QTableWidget, "rounds_table")
    return [table.item(row, 5).text() for row in range(table.rowCount())]


def test_a_round_can_be_made_current_again(two_rounds):
    d = two_rounds
    assert states(d) == ["kept aside", "kept aside"]
    part(d, QTableWidget, "rounds_table").setCurrentCell(1, 0)
    part(d, QPushButton, "rounds_use").click()
    d.idle()
    assert states(d) == ["kept aside", "in use"]
    assert d.session.project.active_weights == file_sha256(d.program.network.weights_path)
    assert not part(d, QPushButton, "rounds_use").isEnabled() and not part(d, QPushButton, "rounds_delete").isEnabled()
    assert d.program.network.predictor().loaded.sha256 == d.session.project.active_weights


def test_weights_that_are_not_the_rounds_own_are_never_taken_in_their_place(two_rounds):
    d = two_rounds
    in_use = d.program.network.weights_path
    newest, older = (known.weights for known in d.program.rounds.rounds())
    shutil.copy(newest, older)
    d.program.rounds.use(1)
    assert "is not the file that the project uses" in d.told()
    d.idle()
    assert d.program.network.weights_path == in_use


def test_a_round_is_exported_with_its_card(two_rounds, tmp_path):
    d = two_rounds
    d.program.rounds.export(1, tmp_path / "mine.pth")
    d.idle()
    assert file_sha256(tmp_path / "mine.pth") == d.program.rounds.rounds()[1].sha256
    card = (tmp_path / "mine.md").read_text()
    assert "| **all** | 6 | 10.0 % ± 1.0 | 4.0 % ± 0.5 | 9.0 | 3.0 | 0.50 | 0.90 |" in card
    assert "3 corrected frames of walk.mp4" in card and "ab" * 32 in card
    assert "mine.md" in d.said


def test_a_deleted_rounds_weights_go_and_what_it_held_out_stays_held_out(two_rounds):
    d = two_rounds
    path = d.program.rounds.rounds()[0].weights
    part(d, QPushButton, "rounds_delete").click()
    assert not path.exists() and states(d) == ["deleted", "kept aside"]
    assert not part(d, QPushButton, "rounds_use").isEnabled()
    reports = [one.report for one in d.session.project.rounds()]
    assert History.of(reports).spans == ((4, 7),) and len(reports) == 2


def test_before_and_after_are_pictures_one_click_away(two_rounds, qtbot):
    d = two_rounds
    changed = part(d, QListWidget, "rounds_changed")
    assert [changed.item(i).text() for i in range(2)] == [
        "frame 6, #1: 10.0 → 20.0 %, ▲ worse (held out)",
        "frame 8, #1: 10.0 → 2.0 %, ▼ better (taught)",
    ]
    pictures = d.program.rounds_binding.dialog._view
    d.wait(lambda: pictures._image is not None, what="the frame's pixels")
    first = pictures.grab().toImage()
    changed.setCurrentRow(1)
    d.wait(lambda: pictures._image is not None, what="the other frame's pixels")
    assert pictures.grab().toImage() != first
    changed.itemDoubleClicked.emit(changed.item(1))
    d.wait(lambda: d.session.frame_index == 8, what="the frame")


def test_worse_weights_are_kept_aside_with_the_reason(two_rounds):
    d = two_rounds
    tuning = d.program.finetuning
    report = d.session.project.rounds()[-1].report
    tuning.process.said.emit({"event": "report", **report})
    tuning.process.ended.emit("")
    assert tuning.round.taken is False and report["reason"] in d.said and "kept aside" in d.said


@pytest.fixture
def resting(drive, clip):
    """A clip with six corrected frames, whose hand rests as soon as nothing happens."""
    d = drive(clip)
    d.program.self_rounds.rest.setInterval(0)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    for frame_index in range(0, 12, 2):
        d.go_to(frame_index)
        d.program.editing.move_keypoint(track_id, 0, 50.0, 40.0 + frame_index)
    return d


def test_a_round_begins_by_itself_after_enough_corrections_while_the_hand_rests(resting):
    d = resting
    panel, tuning = d.window.finetune_panel, d.program.finetuning
    assert tuning.new_frames() == 6 and not tuning.round.running, "nothing begins unless a person said so"
    panel.findChild(QSpinBox, "finetune_every").setValue(7)
    panel.findChild(QCheckBox, "finetune_by_itself").click()
    d.idle()
    assert d.session.project.setting("round_after_frames") == "7" and not tuning.round.running, "one frame is lacking"
    panel.findChild(QSpinBox, "finetune_every").setValue(6)
    d.wait(lambda: tuning.round.running, what="the round")
    assert tuning.round.by_itself and "by itself" in d.said
    tuning.cancel()
    panel.findChild(QCheckBox, "finetune_by_itself").click()
    assert d.program.self_rounds.every == 0
    d.wait(lambda: not tuning.round.running)
