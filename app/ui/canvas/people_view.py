"""A frame with its people, drawn: the canvas without the hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from app.ui.canvas.hit_test import Selection
from app.ui.canvas.painting.heatmap_colours import SUPERSAMPLING, heatmap_peaks, heatmap_rgba
from app.ui.canvas.painting.opinion_painting import Opinion
from app.ui.canvas.painting.pose_painting import PoseContext
from app.ui.canvas.painting.proposal_painting import Ghosts
from app.ui.canvas.picture_item import PictureItem
from app.ui.canvas.picture_view import PictureView
from app.ui.canvas.pose_item import PoseItem
from core.judging.surroundings import Surroundings
from core.poses import FramePoses


class PeopleView(PictureView):
    """Shows one frame with its people, a heatmap and a second opinion over it.

    Whatever is drawn belongs to the frame shown: what comes late for another frame is dropped.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame_index: int | None = None
        self._poses: FramePoses | None = None
        self._context = PoseContext()
        self._heatmap_opacity = 0.6
        self._heatmap_item = PictureItem(always_smooth=True)
        self._heatmap_item.setParentItem(self._world)
        self._heatmap_item.setZValue(1)
        self._heatmap_item.hide()
        self._pose_item = PoseItem()
        self.addItem(self._pose_item)
        self._view_changed()

    @property
    def frame_index(self) -> int | None:
        """The frame shown, None before the first."""
        return self._frame_index

    @property
    def selection(self) -> tuple[int | None, int | None]:
        """The selected person's track id and the selected keypoint."""
        return self._context.selection.track_id, self._context.selection.keypoint

    def show_frame(self, frame_index: int, rgb: NDArray[np.uint8], pixel_aspect: float = 1.0) -> None:
        """Shows a frame; people and heatmap of another frame go away, a drag in progress is given up.

        Args:
            frame_index: the frame's number.
            rgb: (H, W, 3) uint8.
            pixel_aspect: width / height of a stored pixel on display.
        """
        if frame_index != self._frame_index:
            self._frame_index = frame_index
            self._poses = None
            self._let_go()
            self._clear_heatmap()
            self._context = replace(self._context, opinion=None, ghosts=None, around=None)
        self._show_picture(rgb, pixel_aspect)
        self._refresh()

    def clear(self) -> None:
        """Shows no frame, as before a clip is open; the next frame is fitted."""
        self._frame_index, self._poses = None, None
        self._let_go()
        self._clear_heatmap()
        self._context = replace(self._context, opinion=None, ghosts=None, around=None)
        self._show_no_picture()
        self._refresh()

    def set_poses(self, poses: FramePoses, calibrated_runs: frozenset[int] = frozenset()) -> None:
        """Shows the people of the frame shown; those of another frame are dropped.

        Args:
            poses: of the frame.
            calibrated_runs: the runs whose joints may be drawn as sure.
        """
        if poses.frame_index != self._frame_index:
            return
        self._poses = poses
        self._refresh(calibrated_runs=calibrated_runs)

    def set_selection(self, track_id: int | None, keypoint: int | None = None) -> None:
        """Highlights a person and a joint."""
        self._refresh(selection=Selection(track_id, keypoint if track_id is not None else None))

    def set_heatmap(
        self, frame_index: int | None, heatmap: ArrayLike | None, image_from_heatmap: ArrayLike | None
    ) -> None:
        """Lays a heatmap over the frame shown; one of another frame is dropped.

        Args:
            frame_index: the frame that the heatmap belongs to.
            heatmap: (h, w), or None for no heatmap on any frame.
            image_from_heatmap: (2, 3) affine from heatmap cells to full-frame pixels; None only without a heatmap.
        """
        if heatmap is None or image_from_heatmap is None:
            self._clear_heatmap()
        elif frame_index != self._frame_index:
            return
        else:
            self._heatmap_item.show_pixels(heatmap_rgba(heatmap), image_from_heatmap, SUPERSAMPLING)
            self._heatmap_item.setOpacity(self._heatmap_opacity)
            self._heatmap_item.show()
            self._context = replace(self._context, peaks=heatmap_peaks(heatmap, image_from_heatmap))
        self._refresh()

    def set_heatmap_opacity(self, opacity: float) -> None:
        """How strongly a heatmap covers the frame, from 0 to 1."""
        self._heatmap_opacity = min(max(opacity, 0.0), 1.0)
        self._heatmap_item.setOpacity(self._heatmap_opacity)

    def set_hidden(self, track_ids: Collection[int]) -> None:
        """These people are neither drawn nor touched."""
        self._refresh(hidden=frozenset(track_ids))

    def set_locked(self, track_ids: Collection[int]) -> None:
        """These people are drawn faintly and cannot be touched."""
        self._refresh(locked=frozenset(track_ids))

    def set_joint_names_visible(self, visible: bool) -> None:
        """Whether the selected person's joints have their names beside them."""
        self._refresh(joint_names=visible)

    def set_opinion(self, opinion: Opinion | None) -> None:
        """Draws a second opinion of the frame shown beside the people; one of another frame is dropped."""
        if opinion is None or opinion.poses.frame_index == self._frame_index:
            self._refresh(opinion=opinion)

    def set_ghosts(self, ghosts: Ghosts | None) -> None:
        """Draws what an edit would make of the people in the frame shown; of another frame nothing is drawn."""
        if ghosts is None or ghosts.poses.frame_index == self._frame_index:
            self._refresh(ghosts=ghosts)

    def set_surroundings(self, around: Surroundings | None) -> None:
        """Draws what stands around the frame shown below its people; what belongs to another one is dropped."""
        if around is None or around.frame_index == self._frame_index:
            self._refresh(around=around)

    def set_marker_scale(self, factor: float) -> None:
        """Draws markers and labels so many times as large as the size of a person asks for."""
        self._refresh(marker_scale=factor)

    def _clear_heatmap(self) -> None:
        self._heatmap_item.hide()
        self._context = replace(self._context, peaks=())

    def _refresh(self, **changes: object) -> None:
        """Draws people and what the hand does as they are now, with these fields of the context replaced."""
        size = float(self.viewport().width()), float(self.viewport().height())
        context = replace(self._context, poses=self._previewed(), view=self.view, viewport_wh=size, **changes)  # type: ignore[arg-type]
        self._context = self._with_hand(context)
        self._pose_item.show_context(self._context)

    def _previewed(self) -> FramePoses | None:
        """The people as they are drawn: what the hand drags is where the hand is."""
        return self._poses

    def _with_hand(self, context: PoseContext) -> PoseContext:
        """The context with what the hand adds to it."""
        return context

    def _let_go(self) -> None:
        """Called where what the hand holds goes away."""

    def changeEvent(self, event: QEvent) -> None:
        """Draws in the colours that are in use now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_pose_item"):
            self._pose_item.draw_anew()
            self._refresh()

    def _view_changed(self) -> None:
        if hasattr(self, "_pose_item"):
            self._refresh()
