"""Pictures of docs/guide/seeing.md."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QScrollArea

from app.application import Program
from app.ui import theme
from app.ui.panels.legend_panel import LegendPanel
from core.keypoints import POSETRACK
from guide_pictures.stage import (
    WRIST,
    act,
    beside,
    go_to,
    label_a_little,
    move_a_wrist,
    predict,
    require,
    settle,
    wait,
    whole_window,
)

ELBOW = POSETRACK.index("left_elbow")
PALETTE_WH = (320, 480)


def seeing_around(program: Program) -> QPixmap:
    """A corrected wrist with all that stands around it, and the legend."""
    move_a_wrist(program)
    act(program, "trajectories", "ghost", "legend")
    settle(program)
    around = program.window.canvas._context.around
    track_id = program.session.track_id
    require(around.trajectories, "trajectories")
    require(around.before is not None, "the pose before")
    require(track_id in around.said, "the machine's place")
    return whole_window(program)


def seeing_tones(program: Program) -> QPixmap:
    """The picture brighter, with larger markers."""
    move_a_wrist(program)
    act(program, "brighter", "brighter", "brighter", "larger_markers", "larger_markers", "larger_markers")
    settle(program)
    require(program.seeing.tones.brightness > 0.2 and program.seeing.marker_scale > 1.2, "a brighter picture")
    return program.window.canvas.grab()


def seeing_palettes(program: Program) -> QPixmap:
    """A person half corrected, in each of the three palettes."""
    label_a_little(program)
    go_to(program, 26)
    canvas = program.window.canvas
    x, y, width, height = (float(value) for value in program.session.shown_poses().poses[0].bbox_xywh)
    program.session.select(None, None)
    canvas.show_place(x, y, width, height)
    act(program, *["larger_markers"] * 5)
    settle(program)
    drawn = []
    for name in theme.palette_names():
        act(program, f"palette_{name}")
        require(theme.palette_name() == name, name)
        drawn.append(_middle(canvas.grab(), *PALETTE_WH))
    require(len(drawn) == 3, "three palettes")
    return beside(*drawn)


def seeing_unusual(program: Program) -> QPixmap:
    """A wrist that was put too far away: the forearm is marked, with the reason."""
    predict(program)
    go_to(program, 40)
    track_id = program.session.project.track_ids()[0]
    x, y = program.session.project.frame(40).pose(track_id).keypoints[ELBOW].tolist()
    program.editing.move_keypoint(track_id, WRIST, x + 60.0, y + 50.0)
    program.session.select(track_id, WRIST)
    canvas = program.window.canvas
    canvas.zoom_by(1.8)
    canvas.reveal(x, y)

    def unusual() -> object:
        around = canvas._context.around
        return around is not None and around.unusual

    wait(unusual, "the unusual limb")
    settle(program)
    return canvas.grab()


def seeing_legend(program: Program) -> QPixmap:
    """The whole legend, in two columns."""
    act(program, "legend")
    panel = program.window.findChild(LegendPanel)
    inside = panel.findChild(QScrollArea).widget()
    inside.resize(inside.width(), inside.layout().totalHeightForWidth(inside.width()))
    whole = inside.grab()
    half = -(-whole.height() // 2)
    cut = _between_rows(whole, half)
    return beside(
        whole.copy(QRect(0, 0, whole.width(), cut)), whole.copy(QRect(0, cut, whole.width(), whole.height() - cut))
    )


def _between_rows(picture: QPixmap, near: int) -> int:
    """The first line from here on that is of one colour, so that nothing is cut through."""
    image = picture.toImage()
    for y in range(near, image.height()):
        if len({image.pixel(x, y) for x in range(image.width())}) == 1:
            return y
    return near


def _middle(picture: QPixmap, width: int, height: int) -> QPixmap:
    width, height = min(width, picture.width()), min(height, picture.height())
    corner = QPoint((picture.width() - width) // 2, (picture.height() - height) // 2)
    return picture.copy(corner.x(), corner.y(), width, height)
