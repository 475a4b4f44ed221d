"""The second opinion, drawn over the picture and listed in its panel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.controllers.session import Session
from app.controllers.viewing.comparison import ALONE_NAME, Comparison
from app.ui.canvas.painting.opinion_painting import Opinion
from app.ui.main_window import MainWindow
from app.ui.panels.compare_panel import LONGEST_NAME, CompareState, in_words
from app.ui.words import shortened
from app.weights.available import available_weights
from core.errors import FamiError
from core.files import places
from core.judging.opinions import agreeing, differences

OFF = "See the pose of HRNet alone, or of other weights, beside the one on screen."
NOBODY = "Select a person to see where the two differ."
BUSY = "Asking {name} …"
NOBODY_THERE = "Nobody has a box in this frame."


class ComparisonBinding(QObject):
    """Keeps the panel and the broken skeletons on the canvas in step with the controller."""

    def __init__(self, session: Session, comparison: Comparison, window: MainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._comparison = comparison
        self._window = window
        self._draws = False
        self._seconds: list[tuple[str, Path | None]] = [(ALONE_NAME, None)]
        comparison.changed.connect(self._draw)
        session.selection_changed.connect(lambda *_: self._draw())
        panel = window.compare_panel
        panel.choice_made.connect(self._choose)
        panel.other_wanted.connect(self._ask_for_file)
        panel.keypoint_selected.connect(self._select)
        window.action("action_compare").triggered.connect(self._switch)
        window.action("action_take_joint").triggered.connect(lambda _checked: comparison.take_joint())
        window.action("action_take_pose").triggered.connect(lambda _checked: comparison.take_pose())
        self._draw()

    def _switch(self, on: bool) -> None:
        if on:
            self._look_for_weights()
            self._window.show_panel("compare")
        self._comparison.switch(on)

    def _look_for_weights(self) -> None:
        """The weights at hand are the choices, and the file that was chosen beside them."""
        chosen = self._comparison.second_path
        try:
            seconds: list[tuple[str, Path | None]] = [(weights.name, weights.path) for weights in available_weights()]
        except FamiError as error:
            self._session.error.emit(str(error))
            seconds = []
        if chosen is not None and chosen not in [path for _, path in seconds]:
            seconds.append((chosen.stem, chosen))
        self._seconds = [(ALONE_NAME, None), *seconds]

    def _choose(self, index: int) -> None:
        self._comparison.choose(self._seconds[index][1])
        if not self._comparison.is_on:
            self._switch(True)

    def _ask_for_file(self) -> None:
        folder = str(places.weights_folder())
        path, _ = QFileDialog.getOpenFileName(self._window, "Choose weights to compare with", folder, "Weights (*.pth)")
        if path:
            self.choose_file(Path(path))

    def choose_file(self, path: Path) -> None:
        """Compares with the weights of a file."""
        self._comparison.choose(path)
        self._look_for_weights()
        self._switch(True)

    def _select(self, keypoint: int) -> None:
        """Selects a joint and brings its two places in sight."""
        session, both = self._session, self._comparison.selected()
        session.select(session.track_id, keypoint)
        if both is not None:
            pose = both[0] if both[0].labelled[keypoint] else both[1]
            self._window.canvas.reveal(*pose.keypoints[keypoint].tolist())

    def _is_awaited(self) -> bool:
        """Whether the selected person has a box that the second opinion at hand is not on: it is asked about next."""
        pose = self._session.selected_pose()
        return pose is not None and bool(pose.bbox_xywh[2:].min() > 0)

    def _draw(self) -> None:
        comparison, session = self._comparison, self._session
        opinion = comparison.opinion()
        if comparison.is_on or self._draws:  # else the broken skeletons may be another annotator's
            self._window.canvas.set_opinion(None if opinion is None else Opinion(opinion, comparison.name))
        self._draws = comparison.is_on
        both = comparison.selected()
        rows = tuple(differences(*both)) if both is not None else ()
        words = comparison.trouble or OFF
        if comparison.is_on and not comparison.trouble:
            if both is not None:
                words = in_words(comparison.name, len(rows), agreeing(*both))
            elif opinion is None or self._is_awaited():
                words = BUSY.format(name=shortened(comparison.name, LONGEST_NAME))
            else:
                words = NOBODY if opinion.poses else NOBODY_THERE
        paths = [path for _, path in self._seconds]
        self._window.compare_panel.set_state(
            CompareState(
                comparison.is_on,
                tuple(name for name, _ in self._seconds),
                paths.index(comparison.second_path) if comparison.second_path in paths else 0,
                words,
                bool(comparison.trouble),
                rows,
                both is not None,
            )
        )
        self._window.compare_panel.set_selected(session.keypoint)
