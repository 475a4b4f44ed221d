"""Makes the pictures of the documents from the running program, on the bundled demo clip.

    python docs/make_pictures.py

Needs no screen; takes about a minute.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from app.application import Program

os.environ["QT_QPA_PLATFORM"] = "offscreen"
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PICTURES = ROOT / "docs" / "pictures"
FRAME, WRIST = 40, 9
WRONG = 0.05
"""A joint this far from the truth, as a fraction of the box's height, is corrected, as a person would."""


def main() -> None:
    """Plays a short review and takes pictures of it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = folder
        from PySide6.QtCore import QEventLoop, QTimer
        from PySide6.QtWidgets import QApplication

        from app.application import Program
        from app.ui import theme
        from core.files import places
        from core.formats import read_labels

        application = QApplication([])
        theme.apply(application)
        program = Program(device="cpu")
        window, session = program.window, program.session
        window.resize(1280, 720)
        window.show()

        def wait(condition: Callable[[], object]) -> None:
            while True:
                loop = QEventLoop()
                QTimer.singleShot(50, loop.quit)
                loop.exec()
                if condition():
                    return

        def idle() -> None:
            wait(lambda: not program.tasks.running())

        program.opening.open(places.DEMO_CLIP)
        wait(lambda: session.shown is not None)
        idle()
        window.action("action_predict").trigger()
        idle()
        truth = read_labels(places.DEMO_LABELS).images
        for frame_index in (8, 24, 32, FRAME):
            session.playback.go_to(frame_index)
            wait(lambda wanted=frame_index: session.frame_index == wanted)
            pose = truth[frame_index].poses.poses[0]
            predicted = session.project.frame(frame_index).pose(pose.track_id)
            error_px = np.linalg.norm(predicted.keypoints - pose.keypoints, axis=1)  # NaN where one has no joint
            for keypoint in np.flatnonzero(error_px > WRONG * pose.bbox_xywh[3]).tolist():
                x, y = pose.keypoints[keypoint]
                program.editing.move_keypoint(pose.track_id, keypoint, float(x), float(y))
        session.select(0, WRIST)
        window.heatmap_panel.set_shown(True)
        window.show_panel("temporal")
        wait(lambda: program.canvas_binding.explained)
        session.message.emit("")
        wait(lambda: True)
        PICTURES.mkdir(exist_ok=True)
        window.grab().save(str(PICTURES / "window.png"))
        picture_instruments(program, wait)
        window.close()


def picture_instruments(program: "Program", wait: Callable[[Callable[[], object]], None]) -> None:
    """The alignment of one neighbour, large, and a second opinion beside the corrected pose."""
    window = program.window
    for layer in ("theta", "offsets", "modulation"):
        window.action(f"action_show_{layer}").setChecked(True)
    window.temporal_panel.show_large(1, 0)
    wait(lambda: True)
    window.temporal_panel.grab().save(str(PICTURES / "temporal.png"))
    window.heatmap_panel.set_shown(False)
    window.action("action_compare").trigger()
    wait(program.comparison.selected)
    wait(lambda: True)
    window.grab().save(str(PICTURES / "compare.png"))


if __name__ == "__main__":
    main()
