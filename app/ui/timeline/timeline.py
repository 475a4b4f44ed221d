"""The timeline: what every frame of the clip and everybody in it has come to, where to look, and where one is.

Two lanes and the people's rows under a ruler. Labels: a bar whose colour and height both say nothing, predicted,
accepted or corrected, with a bright line along the foot of reviewed frames. Doubt: a tick above every frame that
needs a look. Score:
the mean score as a line, the lowest as a shade below it, or the selected joint's speed. A row for each person: see
`row_painting`. A broken line stands where frames of a damaged clip are missing. On the ruler lies the selected range.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from app.ui.timeline import lanes, ruler
from app.ui.timeline.row_painting import ROW_PX
from app.ui.timeline.view import GUTTER_PX, TimelineView


class Timeline(TimelineView):
    """The strip below the picture.

    Signals:
        frame_dragged(int): the hand moves over this frame, button down; many in a second.
        frame_chosen(int): the hand let go on this frame.
        person_chosen(int): the hand is on this person's row.
        range_drawn(FrameRange): the hand drew a range, or moved an edge of it.
        graph_clicked(): another graph is wanted.
    """

    frame_dragged = Signal(int)
    frame_chosen = Signal(int)
    person_chosen = Signal(int)
    range_drawn = Signal(object)
    graph_clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Draws a range (with Shift, or by its edges on the ruler), selects a person, and starts to scrub."""
        if event.button() != Qt.MouseButton.LeftButton or not self.num_frames:
            return
        x, y = event.position().x(), event.position().y()
        new = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if (new or y < ruler.RULER_HEIGHT) and self._range.press(x, self._shown, new=new):
            self.update()
            return
        track_id = self._people.track_at(y)
        if track_id is not None:
            self.person_chosen.emit(track_id)
        if x >= GUTTER_PX - 8:
            self.frame_dragged.emit(self.frame_at(x))
        elif track_id is None and lanes.SCORE_TOP <= y < lanes.LANES_FOOT:
            self.graph_clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with what the press began; without one it tells what is under the pointer."""
        if not self.num_frames:
            return
        x, y = event.position().x(), event.position().y()
        if self._range.is_drawing:
            self._range.move(x, self._shown)
            self.update()
            return
        at_edge = y < ruler.RULER_HEIGHT and self._range.edge_at(x, self._shown)
        self.setCursor(Qt.CursorShape.SizeHorCursor if at_edge else Qt.CursorShape.PointingHandCursor)
        frame_index, track_id = self.frame_at(x), self._people.track_at(y)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.frame_dragged.emit(frame_index)
        if (frame_index, track_id) != self._hovered:
            self._hovered = frame_index, track_id
            QToolTip.showText(event.globalPosition().toPoint(), self.words_at(x, y), self)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends on the exact frame, or with the range that was drawn."""
        if event.button() != Qt.MouseButton.LeftButton or not self.num_frames:
            return
        if self._range.is_drawing:
            self._range.release()
            self.range_drawn.emit(self._range.selected)
        elif event.position().x() >= GUTTER_PX - 8:
            self.frame_chosen.emit(self.frame_at(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows the whole clip again."""
        self.show_all()

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Spreads or gathers the frames about the pointer; slides along with Shift or a sideways wheel.

        Over the people's names, or with Ctrl, it scrolls the rows.
        """
        if not self.num_frames:
            return
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or event.position().x() < GUTTER_PX:
            self._people.scroll_to(self._people.offset - round(turn.y() / 120) * ROW_PX)
        elif turn.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._shown.slide(-(turn.x() or turn.y()) / 1200 * self._shown.length)
        else:
            self._shown.zoom_about(event.position().x(), 1.25 ** (turn.y() / 120))
        self._redraw()
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Answers Qt's question for a tooltip with the words for the frame under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.words_at(event.pos().x(), event.pos().y()) if self.num_frames else "Open a clip first."
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
