"""How the picture is seen: what a colour means is the same everywhere, and stays chosen."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QSlider, QTableWidget, QWidget

from app.controllers.viewing.seeing import PictureTones
from app.ui import theme
from app.ui.palettes import DARK, LIGHT
from app.ui.panels.joints_panel import SCORE, SEEN
from app.ui.panels.persons_panel import LOWEST
from core.formats.layouts.coco_like.annotations import written_scores
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import edits
from tests.app.ui.canvas.canvas_hand import RIGHT, press


@pytest.fixture(autouse=True)
def first_palette():
    yield
    theme.use_palette(theme.palette_names()[0])
    theme.use_look("dark")


def predicted(num_joints: int = 17, score: float = 0.9, x: float = 40.0) -> Pose:
    """A person whose joints the network placed, three in a row."""
    places = np.array([(x + 14 * (k % 3), 20 + 4.5 * (k // 3 * 3)) for k in range(17)])
    labelled = np.arange(17) < num_joints
    return Pose(
        1,
        np.array([x - 10, 10.0, 50.0, 90.0]),
        places,
        np.where(labelled, Visibility.VISIBLE, Visibility.NOT_LABELLED).astype(np.uint8),
        np.where(labelled, score, np.nan),
        np.where(labelled, Provenance.PREDICTED, Provenance.NONE).astype(np.uint8),
        Provenance.PREDICTED,
    )


def predict(hand, frames=range(12), **words) -> None:
    """The network says this of the person in these frames."""
    project = hand.session.project
    run_id = project.begin_run("predict")
    hand.session.touch(project.write_run(run_id, {index: [predicted(**words)] for index in frames}))
    project.finish_run(run_id, "done")


def count(image: QImage, colour: QColor) -> int:
    """Pixels of a colour, exactly."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), -1, 4)[:, : rgb.width(), 2::-1]
    return int((pixels == colour.getRgb()[:3]).all(axis=2).sum())


def test_a_state_has_one_colour_on_picture_timeline_and_lists(drive, clip):
    hand = drive(clip)
    predict(hand)
    hand.window.action("action_deselect").trigger()
    for accept, meaning in ((False, theme.Meaning.PREDICTED), (True, theme.Meaning.ACCEPTED)):
        if accept:
            hand.window.action("action_accept_frame").trigger()
        hand.session.select(1, None)
        hand.wait(lambda m=meaning: count(hand.window.timeline.grab().toImage(), theme.colour_of(m)) > 20)
        for place in (hand.window.canvas, hand.window.joints_panel):
            assert count(place.grab().toImage(), theme.colour_of(meaning)) > 20, (place.objectName(), meaning)


def test_a_doubt_has_one_colour_on_picture_timeline_lists_and_queue(drive, clip):
    hand = drive(clip)
    predict(hand, score=0.2)
    hand.session.select(1, None)
    doubt = theme.colour_of(theme.Meaning.DOUBTFUL)
    window = hand.window
    hand.wait(lambda: count(window.queue_panel.grab().toImage(), doubt) > 20)
    for place in (window.canvas, window.timeline):
        assert count(place.grab().toImage(), doubt) > 20, place.objectName()
    for name in ("persons_table", "joints_table"):
        table = window.findChild(QTableWidget, name)
        written = [table.item(0, column).foreground().color() for column in range(table.columnCount())]
        assert doubt in written, name


def test_a_palette_is_chosen_in_the_menu_drawn_at_once_and_remembered(drive, clip):
    hand = drive(clip)
    predict(hand)
    hand.session.select(1, None)
    hand.window.action("action_palette_high_contrast").trigger()
    assert theme.palette_name() == "high_contrast"
    strong = theme.colour_of(theme.Meaning.PREDICTED)
    for place in (hand.window.canvas, hand.window.timeline, hand.window.joints_panel):
        hand.wait(lambda place=place: count(place.grab().toImage(), strong) > 20)
    theme.use_palette("okabe_ito")
    again = drive()
    assert theme.palette_name() == "high_contrast"
    assert again.window.action("action_palette_high_contrast").isChecked()
    assert not again.window.action("action_palette_okabe_ito").isChecked()


@pytest.fixture
def dressed(qapp):
    """The application as a person sees it; the other tests do without."""
    before = qapp.styleSheet(), qapp.palette()
    theme.apply(qapp)
    yield
    theme.use_look("dark")
    qapp.setStyleSheet(before[0])
    qapp.setPalette(before[1])


def test_a_look_is_chosen_drawn_at_once_and_remembered(drive, clip, dressed):
    hand = drive(clip)
    predict(hand, score=0.2)
    hand.session.select(1, None)
    window = hand.window
    window.show_error("The clip cannot be read: choose another one.")
    window.tour.start()  # its action would open the demo clip meanwhile
    hand.wait(lambda: count(window.grab().toImage(), QColor(DARK.surface)) > 10_000)
    surround = count(window.canvas.grab().toImage(), theme.CANVAS_BACKGROUND)
    window.action("action_look_light").trigger()
    QApplication.processEvents()
    picture = window.grab().toImage()
    for name in ("background", "surface", "raised", "selection", "trouble"):
        assert count(picture, QColor(getattr(LIGHT, name))) > 100, name
        left = count(picture, QColor(getattr(DARK, name)))  # a few soft edges of letters have such a grey as well
        assert left < 60, f"{name} of the dark look is left"
    assert count(window.canvas.grab().toImage(), theme.CANVAS_BACKGROUND) == surround, "the surround stays dark"
    for table in window.findChildren(QTableWidget):
        written = [table.item(row, 0) for row in range(table.rowCount())]
        assert all(theme.contrast(item.foreground().color(), theme.SURFACE) > 4.5 for item in written if item), table
    for button in (one for one in window.findChildren(QAbstractButton) if one.isVisible() and not one.icon().isNull()):
        drawing = button.icon().pixmap(18).toImage()
        inks = [drawing.pixelColor(x, y) for x in range(drawing.width()) for y in range(drawing.height())]
        solid = [ink for ink in inks if ink.alpha() == 255]
        assert all(theme.contrast(ink, theme.SURFACE) > 4.5 for ink in solid), button.objectName()
    theme.use_look("dark")
    again = drive()
    assert theme.look_name() == "light"
    assert again.window.action("action_look_light").isChecked()
    again.window.action("action_look_dark").trigger()
    QApplication.processEvents()
    assert not count(again.window.grab().toImage(), QColor(LIGHT.surface))


def test_the_look_follows_the_system_until_another_is_chosen(drive, clip):
    hand = drive(clip)
    window, system = hand.window, QGuiApplication.styleHints()
    assert window.action("action_look_system").isChecked()
    system.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.look_name() == "light"
    system.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.look_name() == "dark"
    window.action("action_look_dark").trigger()
    system.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.look_name() == "dark"
    window.action("action_look_system").trigger()
    assert theme.look_name() == "light"


def test_a_right_click_says_what_it_did_and_judges_no_place(drive, clip):
    hand = drive(clip)
    predict(hand, score=0.43)
    canvas = hand.window.canvas
    wrist = 9
    press(canvas, *hand.pose(1).keypoints[wrist], RIGHT)
    pose = hand.pose(1)
    assert pose.visibility[wrist] == Visibility.OCCLUDED
    assert pose.provenance[wrist] == Provenance.PREDICTED and pose.scores[wrist] == 0.43
    assert hand.said == "Left wrist: occluded, its place stays. Once more: not labelled."
    assert hand.session.project.summary().num_corrected[0] == 0
    seen = hand.window.findChild(QTableWidget, "joints_table").item(wrist, SEEN)
    assert seen.text() == "occluded" and seen.toolTip().startswith("Set by hand")
    hand.window.action("action_undo").trigger()
    assert hand.pose(1).same_as(predicted(score=0.43).replaced(run_id=pose.run_id))


def test_an_accepted_joint_shows_a_persons_word_and_no_longer_the_machines(drive, clip):
    hand = drive(clip)
    predict(hand, score=0.43)
    hand.session.select(1, None)
    hand.window.action("action_accept").trigger()
    score = hand.window.findChild(QTableWidget, "joints_table").item(9, SCORE)
    assert score.text() == "1.00"
    assert score.toolTip() == "A person's word (accepted), exported as 1.00; the network had said 0.43."
    people = hand.window.findChild(QTableWidget, "persons_table")
    assert people.item(0, LOWEST).text() == "1.00"
    assert (written_scores(hand.pose(1)) == 1).all()


def test_one_corrected_joint_does_not_paint_the_frame_corrected(drive, clip):
    hand = drive(clip)
    predict(hand)
    hand.program.editing.move_keypoint(1, 9, 50.0, 50.0)
    timeline = hand.window.timeline
    hand.wait(lambda: "1 of 17 joints corrected, 16 predicted" in timeline.description(0))
    image = timeline.grab().toImage()
    corrected, predicted_colour = (theme.colour_of(m) for m in (theme.Meaning.CORRECTED, theme.Meaning.PREDICTED))
    x = round(timeline.x_of_frame(0.3))  # beside the marker
    column = [image.pixelColor(x, y) for y in range(image.height())]
    assert 0 < column.count(corrected) < column.count(predicted_colour)


def test_brightness_and_contrast_are_for_the_eye_and_remembered_in_the_project(drive, clip):
    hand = drive(clip)
    canvas = hand.window.canvas
    before, wall = canvas.grab().toImage(), hand.session.shown.rgb.copy()
    hand.window.action("action_brighter").trigger()
    hand.window.action("action_more_contrast").trigger()
    assert mean(canvas.grab().toImage()) != mean(before)
    assert (hand.session.shown.rgb == wall).all(), "what is computed with stays as it is"
    hand.window.action("action_picture_as_is").trigger()
    assert canvas.grab().toImage() == before
    slider = hand.window.findChild(QSlider, "legend_brightness")
    slider.setValue(50)
    assert mean(canvas.grab().toImage()) > mean(before) + 5
    again = drive(clip)
    assert again.program.seeing.tones == PictureTones(0.5, 0.0)
    assert again.window.findChild(QSlider, "legend_brightness").value() == 50


def mean(image: QImage) -> float:
    rgb = image.convertToFormat(QImage.Format.Format_RGB32)
    return float(np.frombuffer(rgb.constBits(), np.uint8).mean())


def test_markers_follow_the_person_on_screen_and_the_hands_factor(drive, clip):
    hand = drive(clip)
    predict(hand)
    canvas, colour = hand.window.canvas, theme.colour_of(theme.Meaning.PREDICTED)
    usual = count(canvas.grab().toImage(), colour)
    hand.window.action("action_larger_markers").trigger()
    for _ in range(4):
        hand.window.action("action_larger_markers").trigger()
    assert count(canvas.grab().toImage(), colour) > 1.2 * usual
    assert drive().program.seeing.marker_scale == 1.5, "remembered on this machine"
    context = canvas._context
    small, large = (replace(context, view=replace(context.view, zoom=zoom)) for zoom in (1.0, 8.0))
    assert small.size_of(hand.pose(1)) < large.size_of(hand.pose(1))


def test_ways_ghosts_and_the_machines_places_are_drawn_on_demand(drive, clip):
    hand = drive(clip)
    project = hand.session.project
    run_id = project.begin_run("predict")
    for index in range(12):
        hand.session.touch(project.write_run(run_id, {index: [predicted(x=40.0 + index)]}))
    hand.session.playback.go_to(5)
    hand.wait(lambda: hand.session.frame_index == 5)
    hand.session.select(1, 9)
    canvas, window = hand.window.canvas, hand.window
    hand.program.editing.move_keypoint(1, 9, 80.0, 90.0)
    hand.wait(lambda: around(canvas) is not None and 1 in around(canvas).said)
    assert around(canvas).said[1][9].tolist() == predicted(x=45.0).keypoints[9].tolist(), "what the run had said"
    assert np.isnan(np.delete(around(canvas).said[1], 9, 0)).all()
    shown = canvas.grab().toImage()
    window.action("action_trajectories").trigger()
    hand.wait(lambda: len(around(canvas).trajectories) == 1)
    (way,) = around(canvas).trajectories
    assert way.frame_indices.tolist() == list(range(12)) and way.provenance[5] == Provenance.CORRECTED
    hand.session.select(1, None)
    hand.wait(lambda: len(around(canvas).trajectories) == 17)
    window.action("action_ghost").trigger()
    hand.wait(lambda: around(canvas).before is not None)
    assert around(canvas).before.frame_index == 4
    assert canvas.grab().toImage() != shown
    for name in ("trajectories", "ghost", "said_before", "unusual_limbs"):
        window.action(f"action_{name}").trigger()
    hand.wait(lambda: around(canvas) is None)
    hand.window.action("action_undo").trigger()


def around(canvas):
    return canvas._context.around


def test_the_machines_place_is_found_through_renumbering_and_later_edits(drive, clip):
    hand = drive(clip)
    predict(hand)
    project = hand.session.project
    edits.move_keypoint(project, 0, 1, 9, (1.0, 2.0))
    edits.change_track_id_from(project, 0, 1, 7)
    edits.move_keypoint(project, 0, 7, 9, (3.0, 4.0))
    assert project.machine_places(project.frame(0))[7][9].tolist() == predicted().keypoints[9].tolist()
    assert project.machine_places(project.frame(1)) == {}


def test_the_legend_opens_by_key_and_names_every_sign(drive, clip):
    hand = drive(clip)
    panel, window = hand.window.findChild(QWidget, "legend_panel"), hand.window
    assert not panel.isVisible()
    window.action("action_legend").trigger()
    assert panel.isVisible()
    words = " ".join(label.text() for label in panel.findChildren(QLabel))
    for what in (
        *("Predicted", "Corrected", "Doubtful", "Left side", "Solid", "Dashed", "weights in use", "Dotted", "ignored"),
        *("locked", "heatmap", "until it is kept", "reviewed", "lost", "deleted"),
    ):
        assert what in words, what
    assert count(panel.grab().toImage(), theme.colour_of(theme.Meaning.CORRECTED)) > 5
    window.action("action_legend").trigger()
    assert not panel.isVisible()


def test_a_limb_far_from_its_usual_length_is_marked_with_the_reason(drive, clip):
    hand = drive(clip)
    predict(hand)
    hand.session.select(1, None)
    canvas, elbow, wrist = hand.window.canvas, POSETRACK.index("left_elbow"), POSETRACK.index("left_wrist")
    hand.wait(lambda: around(canvas) is not None)
    assert around(canvas).unusual == ()
    plain = count(canvas.grab().toImage(), theme.colour_of(theme.Meaning.DOUBTFUL))
    x, y = hand.pose(1).keypoints[elbow]
    hand.program.editing.move_keypoint(1, wrist, float(x + 60), float(y + 40))
    hand.wait(lambda: around(canvas).unusual)
    (limb,) = around(canvas).unusual
    assert set(limb.ends) == {elbow, wrist} and limb.reason.startswith("left forearm is ")
    assert limb.reason.endswith(" x its usual length")
    assert count(canvas.grab().toImage(), theme.colour_of(theme.Meaning.DOUBTFUL)) > plain + 20
    hand.window.action("action_mark_reviewed").trigger()
    hand.wait(lambda: not around(canvas).unusual)


def test_the_poses_of_a_long_track_are_read_evenly_apart(drive, long_clip):
    hand = drive(long_clip)
    predict(hand, range(400))
    project = hand.session.project
    assert len(project.track_sample(1, 300)) == 400
    assert len(project.track_sample(1, 100)) == 100
    assert project.track_sample(2, 100) == []
