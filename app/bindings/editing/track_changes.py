"""The dialog that changes who is who over the clip."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.editing.poses import EditingController
from app.controllers.editing.reviewing import ReviewController
from app.controllers.editing.track_changes import TrackChangesController
from app.controllers.session import Session
from app.ui.dialogs.tracks_dialog import TracksDialog
from app.ui.main_window import MainWindow
from core.judging.doubts import Reason
from core.project import Project
from core.track_changes import Verb


class TrackChangesBinding(QObject):
    """Opens the dialog for the selected person, answers what it asks, and makes what it is agreed on."""

    def __init__(
        self,
        session: Session,
        tracks: TrackChangesController,
        editing: EditingController,
        review: ReviewController,
        window: MainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._tracks = tracks
        self._editing = editing
        self._review = review
        self._window = window
        window.action("action_change_track").triggered.connect(lambda _checked: self.open(session.track_id))
        window.action("action_swap_tracks").triggered.connect(lambda _checked: self._swap())
        window.persons_panel.track_id_change_requested.connect(self.open)

    def open(self, track_id: int | None, verb: Verb | None = None) -> None:
        """Asks who becomes whom; at an entry of the queue about two tracks, their merging is proposed."""
        session = self._session
        if track_id is None or session.project is None:
            session.message.emit("Select a person first.")
            return
        other = self._proposed(track_id)
        dialog = TracksDialog(
            self._window,
            track_id,
            session.read(Project.track_ids, ()),
            frame_index=session.frame_index or 0,
            num_frames=session.playback.num_frames,
            verb=verb or (Verb.ASSIGN if other is None else Verb.MERGE),
            other=other,
        )
        dialog.change_wanted.connect(self._tracks.foretell)
        self._tracks.effect_known.connect(dialog.set_effect)
        self._tracks.strip_known.connect(dialog.set_strip)
        self._tracks.failed.connect(dialog.set_trouble)
        dialog.ask()
        agreed = dialog.agreed()
        self._tracks.effect_known.disconnect(dialog.set_effect)
        self._tracks.strip_known.disconnect(dialog.set_strip)
        self._tracks.failed.disconnect(dialog.set_trouble)
        self._tracks.forget()
        if agreed:
            self._tracks.make(dialog.change())
        dialog.deleteLater()

    def _proposed(self, track_id: int) -> int | None:
        entry = self._review.current
        if entry is None or entry.reason != Reason.SAME_PERSON or entry.track_id != track_id:
            return None
        return entry.other

    def _swap(self) -> None:
        """Swaps at once where two people are in the frame, else asks with whom."""
        track_ids = [pose.track_id for pose in self._session.shown_poses().poses]
        selected = self._session.track_id
        others = [track_id for track_id in track_ids if track_id != selected]
        if selected in track_ids and len(others) == 1:
            self._editing.change_track_id(selected, others[0], swap=True)
        else:
            self.open(selected, Verb.SWAP)
