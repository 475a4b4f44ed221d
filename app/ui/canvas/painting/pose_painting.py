"""Painting people: a function of a frozen context, so that what is drawn follows from one value."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.ui import theme
from app.ui.canvas.hit_test import HANDLES, JointHit, Selection, handle_position, reachable_joints
from app.ui.canvas.painting.heatmap_colours import Peak
from app.ui.canvas.painting.markers import CASING, Marker, draw_marker
from app.ui.canvas.painting.opinion_painting import Opinion, paint_opinion, paint_opinion_key
from app.ui.canvas.painting.proposal_painting import Ghosts, paint_ghosts
from app.ui.canvas.painting.surroundings_painting import paint_surroundings, paint_unusual_limbs
from app.ui.canvas.view import View
from core.judging.review import doubtful_joints, sure_joints
from core.judging.sizes import person_size_px
from core.judging.surroundings import Surroundings
from core.keypoints import POSETRACK, Skeleton
from core.poses import FloatArray, FramePoses, Pose, Provenance, Visibility

HANDLE_PX = 7.0
MARKER_GAP_PX = 4.0
TAG_HEIGHT_PX = 18.0
NATURAL_SIZE_PX = 300.0
"""Of a person on the screen: the size for which the marks are drawn as they are."""
CROWD = 40


@dataclass(frozen=True)
class PoseContext:
    """All that the painting of a frame's people depends on.

    Attributes:
        poses: the people as they are now, also in the middle of a drag; None before the first frame.
        view: where full-frame pixels lie in the viewport.
        viewport_wh: the viewport's size.
        selection: the selected person and joint.
        hover: the joint under the pointer.
        hidden: track ids that are not drawn.
        locked: track ids that are drawn faintly and cannot be touched.
        joint_names: whether each joint of the selected person has its name beside it.
        is_held: the hand drags the selected joint, whose marker then leaves the picture under it open.
        drawn_box_xywh: the box that the hand is drawing.
        cursor_note: a word beside the pointer (viewport pixels), for a tool that places something.
        peaks: other peaks of the heatmap shown.
        calibrated_runs: the runs whose joints may be sure: their scores are measured probabilities.
        opinion: a second opinion of the same people, drawn below them.
        ghosts: what an edit would make of these people, drawn above them.
        around: what stands around the frame, drawn below all people.
        marker_scale: the factor of the hand's on the sizes of markers and labels.
        skeleton: the meaning of the keypoints.
    """

    poses: FramePoses | None = None
    view: View = field(default_factory=View)
    viewport_wh: tuple[float, float] = (0.0, 0.0)
    selection: Selection = field(default_factory=Selection)
    hover: JointHit | None = None
    hidden: AbstractSet[int] = field(default_factory=frozenset)
    locked: AbstractSet[int] = field(default_factory=frozenset)
    joint_names: bool = False
    is_held: bool = False
    drawn_box_xywh: tuple[float, float, float, float] | None = None
    cursor_note: tuple[float, float, str] | None = None
    peaks: tuple[Peak, ...] = ()
    calibrated_runs: AbstractSet[int] = field(default_factory=frozenset)
    opinion: Opinion | None = None
    ghosts: Ghosts | None = None
    around: Surroundings | None = None
    marker_scale: float = 1.0
    skeleton: Skeleton = POSETRACK

    def size_of(self, pose: Pose) -> float:
        """How large a person's markers and labels are: they follow the person's size on the screen, more slowly."""
        on_screen_px = person_size_px(pose) * self.view.zoom
        natural = min(max((on_screen_px / NATURAL_SIZE_PX) ** 0.5, 0.7), 1.4)
        return round(float(natural) * self.marker_scale, 1)

    @property
    def is_crowded(self) -> bool:
        """Whether so many people are drawn that smooth limbs would hold the window up."""
        return self.poses is not None and len(self.poses.poses) > CROWD


def others_of(context: PoseContext) -> PoseContext:
    """All that the painting of the people depends on who are not selected: a hand that drags changes nothing of it."""
    others = [pose for pose in _shown(context) if pose.track_id != context.selection.track_id]
    is_over_them = context.hover is not None and context.hover.track_id != context.selection.track_id
    return PoseContext(
        poses=None if context.poses is None else replace(context.poses, poses=tuple(others)),
        view=context.view,
        viewport_wh=context.viewport_wh,
        hover=context.hover if is_over_them else None,
        locked=context.locked,
        calibrated_runs=context.calibrated_runs,
        marker_scale=context.marker_scale,
        skeleton=context.skeleton,
    )


def is_same_drawing(first: PoseContext, second: PoseContext) -> bool:
    """True where both draw the same people in the same way: poses are never changed, only replaced."""
    if replace(first, poses=None) != replace(second, poses=None):
        return False
    people = [() if context.poses is None else context.poses.poses for context in (first, second)]
    return len(people[0]) == len(people[1]) and all(a is b for a, b in zip(*people, strict=True))


def paint_people(painter: QPainter, context: PoseContext) -> None:
    """Draws everyone who is not hidden, the selected person last, in viewport pixels."""
    paint_below(painter, context)
    paint_others(painter, others_of(context))
    paint_above(painter, context)


def paint_below(painter: QPainter, context: PoseContext) -> None:
    """What lies below all people: what stands around the frame, and a second opinion."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if context.around is not None:
        paint_surroundings(painter, context.around, context.view, _shown(context))
    if context.opinion is not None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not context.is_crowded)
        paint_opinion(painter, context.opinion, context.view, _shown(context), context.selection.track_id)


def paint_others(painter: QPainter, others: PoseContext) -> None:
    """The people of `others_of`, with their numbers."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pose in _shown(others):
        _paint_person(painter, others, pose)
    for pose in _shown(others):
        _paint_number(painter, others, pose)


def paint_above(painter: QPainter, context: PoseContext) -> None:
    """The selected person, and all that lies above the people."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shown = _shown(context)
    selected = [pose for pose in shown if pose.track_id == context.selection.track_id]
    for pose in selected:
        _paint_person(painter, context, pose)
    if context.around is not None:
        middles = paint_unusual_limbs(painter, context.around, context.view, shown)
        for limb, middle in zip(context.around.unusual, middles, strict=True):
            if limb.track_id == context.selection.track_id and middle.x() >= 0:
                draw_tag(painter, limb.reason, middle + QPointF(12, -TAG_HEIGHT_PX / 2), context.viewport_wh)
    for pose in selected:
        _paint_number(painter, context, pose)
    _paint_peaks(painter, context)
    if context.ghosts is not None:
        paint_ghosts(painter, context.ghosts, context.view, context.poses)
    if context.drawn_box_xywh is not None:
        _paint_box(painter, _box_on_screen(context.view, context.drawn_box_xywh), QColor("#ffffff"), 1.6, dashed=True)
    for pose in shown:
        _paint_words(painter, context, pose)
    if context.opinion is not None:
        paint_opinion_key(painter, context.opinion.name, context.viewport_wh)
    if context.cursor_note is not None:
        x, y, words = context.cursor_note
        draw_tag(painter, words, QPointF(x + 14, y + 14), context.viewport_wh)


def _shown(context: PoseContext) -> list[Pose]:
    """Everyone who is not hidden, the selected person last."""
    poses = () if context.poses is None else context.poses.poses
    shown = [pose for pose in poses if pose.track_id not in context.hidden]
    return sorted(shown, key=lambda pose: pose.track_id == context.selection.track_id)


def _paint_person(painter: QPainter, context: PoseContext, pose: Pose) -> None:
    is_selected = pose.track_id == context.selection.track_id
    is_locked = pose.track_id in context.locked
    painter.setOpacity(0.45 if is_locked else 1.0)
    box = _box_on_screen(context.view, pose.bbox_xywh)
    colour = theme.person_colour(pose.track_id)
    if not is_selected:
        colour.setAlpha(165)
    is_guess = not pose.bbox_provenance.is_human and pose.bbox_provenance != Provenance.NONE
    _paint_box(painter, box, colour, 1.6 if is_selected else 1.0, dashed=is_guess)
    points = _on_screen(context.view, pose.keypoints)
    if context.is_crowded and not is_selected:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    _paint_limbs(painter, context, pose, points, is_selected)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_joints(painter, context, pose, points, is_selected)
    if is_selected and not is_locked:
        _paint_handles(painter, context.view, pose)
    painter.setOpacity(1.0)


def _paint_limbs(painter: QPainter, context: PoseContext, pose: Pose, points: list[QPointF], is_selected: bool) -> None:
    placed = pose.placed
    lines: dict[tuple[str, bool], list[QLineF]] = {}
    for a, b in context.skeleton.limbs:
        line = _between_markers(points[a], points[b])
        if placed[a] and placed[b] and line is not None:
            sides = {context.skeleton.side(a), context.skeleton.side(b)} - {"centre"}
            side = sides.pop() if len(sides) == 1 else "centre"
            dashed = bool(min(pose.visibility[a], pose.visibility[b]) == Visibility.OCCLUDED)
            lines.setdefault((side, dashed), []).append(line)
    width = 2.8 if is_selected else 1.8
    for (_, dashed), of_kind in lines.items():
        painter.setPen(_limb_pen(QColor(CASING), width + 2.2, dashed=False, faint=dashed, is_round=is_selected))
        painter.drawLines(of_kind)
    for (side, dashed), of_kind in lines.items():
        painter.setPen(_limb_pen(theme.side_colour(side), width, dashed, is_round=is_selected))
        painter.drawLines(of_kind)


def _between_markers(a: QPointF, b: QPointF) -> QLineF | None:
    """The line between two joints, outside their markers: what lies inside an open ring stays in sight."""
    line = QLineF(a, b)
    length = line.length()
    if length <= 2 * MARKER_GAP_PX:
        return None
    return QLineF(line.pointAt(MARKER_GAP_PX / length), line.pointAt(1 - MARKER_GAP_PX / length))


def _limb_pen(colour: QColor, width: float, dashed: bool, faint: bool = False, *, is_round: bool) -> QPen:
    """Round ends cost four times as much to draw: a crowd, whose limbs are thin, does without."""
    if faint:
        colour.setAlpha(110)
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap if is_round and not dashed else Qt.PenCapStyle.FlatCap)
    if dashed:
        pen.setDashPattern([2.6, 1.9])
    return pen


def _paint_joints(
    painter: QPainter, context: PoseContext, pose: Pose, points: list[QPointF], is_selected: bool
) -> None:
    placed, doubtful, sure = pose.placed, doubtful_joints(pose), sure_joints(pose, context.calibrated_runs)
    size = context.size_of(pose)
    hover, doubt_colour = context.hover, theme.colour_of(theme.Meaning.DOUBTFUL).name()
    for keypoint in np.flatnonzero(reachable_joints(pose, context.selection)).tolist():
        who = Provenance(int(pose.provenance[keypoint]))
        style = theme.PROVENANCE_STYLES[who]
        is_held = is_selected and context.is_held and keypoint == context.selection.keypoint
        marker = Marker(
            form=style.marker,
            filled=style.filled and not is_held,
            colour=theme.provenance_colour(who).name(),
            doubt_colour=doubt_colour,
            is_occluded=bool(pose.visibility[keypoint] == Visibility.OCCLUDED),
            is_doubtful=bool(doubtful[keypoint]),
            is_sure=bool(sure[keypoint]),
            is_selected=is_selected and keypoint == context.selection.keypoint,
            is_hovered=hover is not None and (hover.track_id, hover.keypoint) == (pose.track_id, keypoint),
            is_ghost=not placed[keypoint],
            is_large=is_selected,
            size=size,
        )
        draw_marker(painter, marker, points[keypoint])


def _paint_box(painter: QPainter, box: QRectF, colour: QColor, width: float, dashed: bool = False) -> None:
    edges = [
        QLineF(box.topLeft(), box.topRight()),
        QLineF(box.topRight(), box.bottomRight()),
        QLineF(box.bottomRight(), box.bottomLeft()),
        QLineF(box.bottomLeft(), box.topLeft()),
    ]
    # Upright lines need no smoothing, which would cost more than all limbs together.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    casing = QColor(CASING)
    casing.setAlpha(110)
    painter.setPen(QPen(casing, width + 1.6))
    painter.drawLines(edges)
    pen = QPen(colour, width)
    if dashed:
        pen.setDashPattern([5.0, 3.0])
    painter.setPen(pen)
    painter.drawLines(edges)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _paint_handles(painter: QPainter, view: View, pose: Pose) -> None:
    painter.setPen(QPen(CASING, 1.4))
    painter.setBrush(QColor("#ffffff"))
    for handle in HANDLES:
        x, y = view.to_viewport(*handle_position(pose.bbox_xywh, handle))
        painter.drawRect(QRectF(x - HANDLE_PX / 2, y - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX))


def _paint_number(painter: QPainter, context: PoseContext, pose: Pose) -> None:
    is_locked = pose.track_id in context.locked
    is_selected = pose.track_id == context.selection.track_id
    words = f"#{pose.track_id}" + (" locked" if is_locked else "")
    box = _box_on_screen(context.view, pose.bbox_xywh)
    if not box.intersects(QRectF(0, 0, *context.viewport_wh)):
        return
    colour = theme.person_colour(pose.track_id)
    ground, ink = (colour, QColor("#0d1014")) if is_selected else (QColor(16, 18, 21, 215), colour)
    at = QPointF(box.left() - 1, box.top() - 22)
    draw_tag(painter, words, at, context.viewport_wh, ground=ground, ink=ink, bold=True)


def _paint_words(painter: QPainter, context: PoseContext, pose: Pose) -> None:
    """Names beside the selected person's joints, and all that is known of the joint under the pointer."""
    points = _on_screen(context.view, pose.keypoints)
    if context.joint_names and pose.track_id == context.selection.track_id:
        _paint_joint_names(painter, context, pose, points)
    hover = context.hover
    if hover is None or hover.track_id != pose.track_id:
        return
    if reachable_joints(pose, context.selection)[hover.keypoint]:
        words = describe_keypoint(pose, hover.keypoint, context.skeleton)
        draw_tag(painter, words, points[hover.keypoint] + QPointF(14, -TAG_HEIGHT_PX / 2), context.viewport_wh)


def _paint_joint_names(painter: QPainter, context: PoseContext, pose: Pose, points: list[QPointF]) -> None:
    """Each name on the outer side of the body, moved down where it would cover the one above it."""
    placed, size = pose.placed, context.size_of(pose)
    # A joint's name stands on the side away from its mirror image; a joint without one goes by the body's middle.
    opposite_x = np.full(len(pose.keypoints), np.nanmean(pose.keypoints[placed, 0]) if placed.any() else 0.0)
    for left, right in context.skeleton.flip_pairs:
        if placed[left] and placed[right]:
            opposite_x[[left, right]] = pose.keypoints[[right, left], 0]
    lowest = {True: -np.inf, False: -np.inf}
    for keypoint in sorted(np.flatnonzero(placed).tolist(), key=lambda k: points[k].y()):
        if context.hover is not None and keypoint == context.hover.keypoint:
            continue
        is_left = bool(pose.keypoints[keypoint, 0] < opposite_x[keypoint])
        top = max(points[keypoint].y() - TAG_HEIGHT_PX * size / 2, lowest[is_left])
        lowest[is_left] = top + TAG_HEIGHT_PX * size + 1
        at = QPointF(points[keypoint].x() + (-14 if is_left else 14), top)
        draw_tag(painter, context.skeleton.label(keypoint), at, context.viewport_wh, to_the_left=is_left, scale=size)


def describe_keypoint(pose: Pose, keypoint: int, skeleton: Skeleton) -> str:
    """A joint in words: its name, who set it, how sure, and what the picture shows of it."""
    provenance = Provenance(int(pose.provenance[keypoint]))
    words = [skeleton.label(keypoint)]
    if pose.visibility[keypoint] == Visibility.NOT_LABELLED:
        return f"{words[0]} · not labelled"
    if provenance.is_human:
        words.append(theme.PROVENANCE_STYLES[provenance].name)
    elif provenance != Provenance.NONE:
        score = pose.scores[keypoint]
        words.append(theme.PROVENANCE_STYLES[provenance].name + (f" {score:.2f}" if np.isfinite(score) else ""))
    if pose.visibility[keypoint] == Visibility.OCCLUDED:
        words.append("occluded")
    return " · ".join(words)


def _paint_peaks(painter: QPainter, context: PoseContext) -> None:
    for peak in context.peaks[1:]:
        at = QPointF(*context.view.to_viewport(peak.x, peak.y))
        for pen in (QPen(CASING, 3.2), QPen(QColor("#ffffff"), 1.3)):
            painter.setPen(pen)
            painter.drawLine(at - QPointF(5, 0), at + QPointF(5, 0))
            painter.drawLine(at - QPointF(0, 5), at + QPointF(0, 5))


def draw_tag(
    painter: QPainter,
    words: str,
    at: QPointF,
    viewport_wh: tuple[float, float],
    *,
    ground: QColor | None = None,
    ink: QColor | None = None,
    bold: bool = False,
    to_the_left: bool = False,
    scale: float = 1.0,
) -> None:
    """Draws words on a small rounded ground from `at` to the right (or left), moved into the viewport if need be."""
    font = QFont(painter.font())
    font.setPixelSize(round(11 * scale))
    font.setBold(bold)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(words) + 11, TAG_HEIGHT_PX * scale
    left = min(max(at.x() - (width if to_the_left else 0.0), 2.0), max(viewport_wh[0] - width - 2, 2.0))
    top = min(max(at.y(), 2.0), max(viewport_wh[1] - height - 2, 2.0))
    rect = QRectF(left, top, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(16, 18, 21, 225) if ground is None else ground)
    painter.drawRoundedRect(rect, 3.5, 3.5)
    painter.setFont(font)
    painter.setPen(theme.CANVAS_TEXT if ink is None else ink)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)


def _box_on_screen(view: View, bbox_xywh: FloatArray | tuple[float, float, float, float]) -> QRectF:
    x, y, w, h = (float(value) for value in bbox_xywh)
    return QRectF(QPointF(*view.to_viewport(x, y)), QPointF(*view.to_viewport(x + w, y + h)))


def _on_screen(view: View, points: FloatArray) -> list[QPointF]:
    """Each point in the viewport; one that is nowhere stands at the origin and is not drawn."""
    places = np.nan_to_num(points * [view.zoom * view.pixel_aspect, view.zoom] + [view.origin_x, view.origin_y])
    return [QPointF(x, y) for x, y in places.tolist()]
