"""The people with what the hand holds drawn over them: the canvas without mouse and keys."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from app.tools import Tool
from app.ui import theme
from app.ui.canvas.gestures import BoxDraw, JointDrag
from app.ui.canvas.hand.keyboard_box import BoxCursor, EdgeCursor
from app.ui.canvas.hand.magnifier import Magnified, MagnifierItem
from app.ui.canvas.hand.overlay import HandContext, OverlayItem, RegionContext, RegionItem
from app.ui.canvas.hand.regions import RegionHand
from app.ui.canvas.hand.taking_hold import Held, Under, under_pointer
from app.ui.canvas.hand.transforming import turn_handle
from app.ui.canvas.hit_test import Selection
from app.ui.canvas.painting.heatmap_colours import Peak
from app.ui.canvas.painting.pose_painting import PoseContext
from app.ui.canvas.people_view import PeopleView
from core.keypoints import POSETRACK
from core.poses import FloatArray, FramePoses, Pose, Visibility

Joints = frozenset[tuple[int, int]]
"""Joints by (track id, keypoint)."""


def without_joints(poses: FramePoses, joints: Joints) -> FramePoses:
    """The people as if these joints were nowhere."""
    concerned = {track_id for track_id, _ in joints}
    return replace(
        poses, poses=tuple(_without(pose, joints) if pose.track_id in concerned else pose for pose in poses.poses)
    )


def _without(pose: Pose, joints: Joints) -> Pose:
    gone = np.array([(pose.track_id, keypoint) in joints for keypoint in range(len(pose.keypoints))])
    return pose.replaced(
        keypoints=np.where(gone[:, None], np.nan, pose.keypoints),
        visibility=np.where(gone, Visibility.NOT_LABELLED, pose.visibility),
    )


class HandView(PeopleView):
    """Shows what the hand holds and could take hold of: handles, the magnifier, cursors, candidates, ignore regions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._tool = Tool.SELECT
        self._gesture: Held | None = None
        self._has_moved = False
        self._last_px = QPointF()
        self._is_pointer_inside = False
        self._hidden_joints: Joints = frozenset()
        self._locked_joints: Joints = frozenset()
        self._candidates: tuple[Peak, ...] | None = None
        self._candidates_words = ""
        self._shows_candidates = False
        self._snaps = False
        self._shows_extras = True
        self._magnifies = True
        self._keyboard: BoxCursor | EdgeCursor | None = None
        self._region_hand = RegionHand()
        super().__init__(parent)
        self._overlay, self._regions, self._magnifier = OverlayItem(), RegionItem(), MagnifierItem()
        for item in (self._regions, self._overlay, self._magnifier):
            self.addItem(item)

    # What to show

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def show_frame(self, frame_index: int, rgb: NDArray[np.uint8], pixel_aspect: float = 1.0) -> None:
        """Shows a frame; what belonged to another one goes away."""
        if frame_index != self._frame_index:
            self._candidates, self._shows_candidates, self._keyboard = None, False, None
            self._region_hand.give_up()
            self._region_hand.show(())
        super().show_frame(frame_index, rgb, pixel_aspect)

    def set_selection(self, track_id: int | None, keypoint: int | None = None) -> None:
        """Highlights a person and a joint; the candidates of another joint go away."""
        if (track_id, keypoint) != self.selection:
            self._candidates, self._shows_candidates = None, False
        super().set_selection(track_id, keypoint)

    def set_candidates(self, candidates: Sequence[Peak] | None, words: str = "") -> None:
        """The places where the network sees the selected joint, the highest first; a joint held with Shift goes there.

        Args:
            candidates: None where they are not known (yet).
            words: said beside the pointer where there are none.
        """
        self._candidates = None if candidates is None else tuple(candidates)
        self._candidates_words = words
        self._snap_again()

    def show_candidates(self, shown: bool) -> None:
        """Whether each candidate has a ring on the picture; until another joint or frame is shown."""
        self._shows_candidates = shown
        self._refresh()

    def set_hidden_joints(self, joints: AbstractSet[tuple[int, int]]) -> None:
        """These joints, by (track id, keypoint), are neither drawn nor touched."""
        self._hidden_joints = frozenset(joints)
        self._refresh()

    def set_locked_joints(self, joints: AbstractSet[tuple[int, int]]) -> None:
        """These joints, by (track id, keypoint), stay where they are, whatever a hand drags."""
        self._locked_joints = frozenset(joints)
        self._refresh()

    def set_magnifier(self, on: bool) -> None:
        """Whether the picture is magnified beside the pointer while a joint is dragged or placed."""
        self._magnifies = on
        self._refresh()

    def set_extras_visible(self, visible: bool) -> None:
        """Whether head boxes and ignore regions are drawn."""
        self._shows_extras = visible
        self._refresh()

    def set_regions(self, frame_index: int, regions: Sequence[FloatArray]) -> None:
        """The ignore regions of the frame shown, polygons (N, 2); those of another frame are dropped."""
        if frame_index == self._frame_index:
            self._region_hand.show(regions)
            self._refresh()

    # What lies under the pointer

    @property
    def _untouchable(self) -> frozenset[int]:
        return frozenset(self._context.hidden) | frozenset(self._context.locked)

    def _touchable_poses(self) -> FramePoses | None:
        joints = self._hidden_joints | self._locked_joints
        return self._poses if self._poses is None or not joints else without_joints(self._poses, joints)

    def _under(self, at: QPointF) -> Under:
        poses = self._touchable_poses()
        if poses is None or self._tool != Tool.SELECT:
            return Under()
        return under_pointer(
            poses,
            self.view,
            (at.x(), at.y()),
            self._context.selection,
            ignored=self._untouchable,
            viewport_height=float(self.viewport().height()),
            heads=self._shows_extras,
        )

    def _still_joints(self, track_id: int) -> frozenset[int]:
        return frozenset(keypoint for whose, keypoint in self._locked_joints if whose == track_id)

    # What the hand adds to the picture

    def _snap_again(self) -> None:
        """A held joint goes to the nearest candidate, or back to the hand."""
        if isinstance(self._gesture, JointDrag):
            places = [(peak.x, peak.y) for peak in self._candidates or ()] if self._snaps else []
            self._gesture = self._gesture.snapped(places)
        self._refresh()

    def _previewed(self) -> FramePoses | None:
        poses = self._poses
        if poses is None:
            return None
        if self._gesture is not None and self._has_moved:
            poses = self._gesture.preview(poses)
        if isinstance(self._keyboard, EdgeCursor):
            poses = self._keyboard.resize.preview(poses)
        return without_joints(poses, self._hidden_joints) if self._hidden_joints else poses

    def _with_hand(self, context: PoseContext) -> PoseContext:
        gesture = self._gesture if self._has_moved else None
        drawn = gesture if isinstance(gesture, BoxDraw) else None
        if isinstance(self._keyboard, BoxCursor):
            drawn = self._keyboard.box
        return replace(
            context,
            is_held=isinstance(gesture, JointDrag),
            drawn_box_xywh=None if drawn is None else drawn.bbox_xywh,
            cursor_note=self._cursor_note(context.selection),
        )

    def _cursor_note(self, selection: Selection) -> tuple[float, float, str] | None:
        at = self._last_px.x(), self._last_px.y()
        if isinstance(self._gesture, JointDrag) and self._snaps and not self._candidates and self._candidates_words:
            return *at, self._candidates_words
        if self._tool != Tool.PLACE or self._picture is None or not self._is_pointer_inside:
            return None
        has_joint = selection.track_id is not None and selection.keypoint is not None
        words = POSETRACK.label(selection.keypoint or 0) if has_joint else "select a joint to place"
        return *at, words

    def _refresh(self, **changes: object) -> None:
        super()._refresh(**changes)
        if hasattr(self, "_magnifier"):
            self._overlay.show_context(self._hand_context())
            self._regions.show_context(self._region_context())
            self._magnifier.show_magnified(self._magnified())

    def _hand_context(self) -> HandContext:
        context = self._context
        poses = () if context.poses is None else context.poses.poses
        shown = [pose for pose in poses if pose.track_id not in context.hidden]
        track_id, keypoint = self.selection
        selected = next((pose for pose in shown if pose.track_id == track_id), None)
        turn = stalk = joint_xy = None
        if selected is not None and self._tool == Tool.SELECT and track_id not in context.locked:
            turn = turn_handle(selected, self.view, context.viewport_wh[1])
        if selected is not None and turn is not None:
            x, y, w, h = (float(value) for value in selected.bbox_xywh)
            edge = self.view.to_viewport(x + w / 2, y)
            stalk = edge if turn[1] < edge[1] else self.view.to_viewport(x + w / 2, y + h)
        if selected is not None and keypoint is not None and selected.placed[keypoint]:
            joint_xy = float(selected.keypoints[keypoint, 0]), float(selected.keypoints[keypoint, 1])
        snapping = self._snaps and isinstance(self._gesture, JointDrag)
        heads = [(pose.track_id, pose.bbox_head_xywh) for pose in shown if pose.bbox_head_xywh is not None]
        return HandContext(
            self.view,
            context.viewport_wh,
            turn,
            stalk,
            (self._candidates or ()) if self._shows_candidates or snapping else (),
            joint_xy,
            None if self._keyboard is None else self._keyboard.xy,
            isinstance(self._keyboard, EdgeCursor),
            tuple(heads) if self._shows_extras else (),
            None if track_id in context.locked else track_id,
            self._locked_places(shown),
        )

    def _locked_places(self, shown: list[Pose]) -> tuple[tuple[float, float], ...]:
        return tuple(
            (float(pose.keypoints[keypoint, 0]), float(pose.keypoints[keypoint, 1]))
            for pose in shown
            for keypoint in self._still_joints(pose.track_id)
            if pose.placed[keypoint]
        )

    def _region_context(self) -> RegionContext:
        hand, is_edited = self._region_hand, self._tool == Tool.REGION
        drawn = list(hand.drawn)
        if drawn and hand.at is not None:
            drawn.append(hand.at)
        return RegionContext(
            self.view,
            self._context.viewport_wh,
            hand.regions if self._shows_extras or is_edited else (),
            tuple(drawn),
            hand.selected if is_edited else None,
            is_edited,
        )

    def _magnified(self) -> Magnified | None:
        picture, rgb = self._picture, self._frame_item.image
        if not self._magnifies or picture is None or rgb is None:
            return None
        pointer = self._last_px.x(), self._last_px.y()
        keypoint = self._context.selection.keypoint
        if isinstance(self._gesture, JointDrag) and self._has_moved:
            xy, keypoint = self._gesture.xy, self._gesture.keypoint
        elif self._tool == Tool.PLACE and self._is_pointer_inside and keypoint is not None and self._gesture is None:
            xy = self.view.to_picture(*pointer)
        else:
            return None
        if keypoint is None or not picture.contains(*xy):
            return None
        colour = theme.side_colour(POSETRACK.side(keypoint)).name()
        return Magnified(rgb, xy, pointer, self.view, self._context.viewport_wh, colour)
