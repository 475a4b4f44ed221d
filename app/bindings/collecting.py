"""The list of a collection's clips, kept in step with its controller."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.bindings.connecting import Slot, connect_actions
from app.bindings.questions import VIDEOS
from app.controllers.collecting import CollectingController, CollectionState
from app.ui.main_window import MainWindow
from app.ui.panels.collection_panel import ClipRow
from app.ui.words import counted
from core.work.collection import ClipProgress


class CollectingBinding(QObject):
    """The panel of clips, and the actions over all of them."""

    def __init__(self, collecting: CollectingController, window: MainWindow) -> None:
        super().__init__(window)
        self._collecting = collecting
        self._window = window
        panel = window.collection_panel
        panel.clip_chosen.connect(lambda key: collecting.go_to(Path(key)))
        panel.remove_requested.connect(lambda key: collecting.remove(Path(key)))
        panel.collect_requested.connect(self._ask_for_folder)
        panel.add_requested.connect(self._ask_for_clips)
        panel.predict_requested.connect(self._predict_all)
        slots: dict[str, Slot] = {
            "action_collect": self._ask_for_folder,
            "action_next_clip": lambda: collecting.step(1),
            "action_previous_clip": lambda: collecting.step(-1),
            "action_predict_clips": self._predict_all,
        }
        connect_actions(window, slots)
        self._shown: Path | None = None
        collecting.changed.connect(self._show)

    def _show(self, state: CollectionState) -> None:
        rows = [_row(clip, progress, state) for clip, progress in state.clips]
        self._window.collection_panel.show_clips(_in_words(state), rows)
        if state.path is not None and state.path != self._shown and not state.is_remembered:
            self._window.show_panel("collection")
        self._shown = state.path

    def _predict_all(self) -> None:
        """The open clip in its own project, where somebody is in it; the others one after the other."""
        state = self._collecting.state
        here = dict(state.clips).get(state.current) if state.current is not None else None
        if here is not None and here.num_labelled:
            self._window.action("action_predict").trigger()
        self._collecting.predict_all()

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, "A folder of clips", self._start())
        if folder:
            self._collecting.collect(Path(folder))

    def _ask_for_clips(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self._window, "Clips to add", self._start(), VIDEOS)
        if paths:
            self._collecting.add([Path(path) for path in paths])

    def _start(self) -> str:
        path = self._collecting.state.path
        return str(Path.home() if path is None else path.parent)


def _in_words(state: CollectionState) -> str | None:
    """The collection in one sentence, None where there is none."""
    if state.path is None:
        return None
    known = [progress for _, progress in state.clips if progress is not None]
    frames, reviewed = sum(one.num_frames for one in known), sum(one.num_reviewed for one in known)
    share = f", {reviewed:,} of {frames:,} frames reviewed" if frames else ""
    return f"{state.path.stem}: {counted(len(state.clips), 'clip')}{share}."


def _row(clip: Path, progress: ClipProgress | None, state: CollectionState) -> ClipRow:
    trouble = progress.trouble if progress is not None else ""
    row = ClipRow(
        key=str(clip),
        name=f"{clip.name}  (predicting)" if clip == state.at_work else clip.name,
        note=trouble or str(clip),
        is_current=clip == state.current,
        is_in_trouble=bool(trouble),
    )
    if progress is None or not progress.num_frames:
        return row
    return replace(
        row,
        reviewed=f"{100 * progress.num_reviewed // progress.num_frames} %",
        doubtful=f"{progress.num_doubtful:,}",
        note=f"{clip}\n{counted(progress.num_labelled, 'frame')} of {progress.num_frames:,} with people, "
        f"{progress.num_reviewed:,} reviewed, {progress.num_doubtful:,} doubtful",
    )
