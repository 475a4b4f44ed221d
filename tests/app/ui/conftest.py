"""The canvas with two people on it."""

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.canvas.canvas import Canvas
from core.poses import FramePoses
from tests.app.ui.canvas.canvas_hand import picture, standing


@pytest.fixture
def canvas(qtbot) -> Canvas:
    """Frame 12 with two people at an exact zoom of 3, so that a viewport pixel is a third of a frame pixel."""
    widget = Canvas()
    qtbot.addWidget(widget)
    widget.resize(1000, 760)
    widget.show()
    widget.show_frame(12, picture())
    widget.set_poses(FramePoses(12, (standing(1, 60), standing(2, 180))))
    widget.zoom_by(3 / widget.zoom)
    QApplication.processEvents()
    return widget
