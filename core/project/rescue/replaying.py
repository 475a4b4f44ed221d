"""What the journal of a damaged project adds up to, as far as it can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from core.project.rescue.salvage import Place, Salvaged, is_pose
from core.project.storage.checksums import checksum
from core.project.storage.frame_state import NOT_REVIEWED, mark_of_bytes

_FIRST_WITH_CHECKSUMS = 8


@dataclass
class Replayed:
    """The state after all entries that could be read.

    Attributes:
        poses: by place, None where the last word is that nobody is there; with the entry that said so.
        marks: of reviewed frames, with the entry that said so.
        broken: entries that are missing, or not as they were written, rising.
        unknown: frames in which a broken entry changed somebody, and it cannot be read whom or how.
    """

    poses: dict[Place, tuple[bytes | None, int]] = field(default_factory=dict)
    marks: dict[int, tuple[int, int]] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)
    unknown: set[int] = field(default_factory=set)

    def is_last_word(self, entry_id: int) -> bool:
        """True if no entry after this one is broken."""
        return not self.broken or entry_id > self.broken[-1]


def replay(found: Salvaged) -> Replayed:
    """Goes through the journal from its start."""
    state = Replayed()
    changes = {
        entry_id: [(place[1], *found.changes[place]) for place in places]
        for entry_id, places in groupby(sorted(found.changes), key=lambda place: place[0])
    }
    for entry_id in range(1, found.num_entries + 1):
        of_entry = changes.get(entry_id, [])
        if not _is_whole(found, entry_id, of_entry):
            state.broken.append(entry_id)
        _apply(state, entry_id, of_entry)
    return state


def _is_whole(found: Salvaged, entry_id: int, changes: Iterable[tuple[object, ...]]) -> bool:
    entry = found.entries.get(entry_id)
    if entry is None:
        return False
    if found.version < _FIRST_WITH_CHECKSUMS and found.version:
        return True
    kind, action, label, created_s, _, _, run_id, target, known = entry
    return known == checksum((kind, action, label, created_s, run_id, target), changes)


def _apply(state: Replayed, entry_id: int, changes: Iterable[tuple[object, ...]]) -> None:
    arriving: list[tuple[Place, bytes]] = []
    for _, what, frame_index, before, after in changes:
        if not isinstance(frame_index, int):
            continue
        if what == "review":
            try:
                state.marks[frame_index] = (mark_of_bytes(after if isinstance(after, bytes) else None), entry_id)
            except ValueError:
                state.unknown.add(frame_index)
        elif what == "pose":
            for blob, is_new in ((before, False), (after, True)):
                if blob is None:
                    continue
                if not isinstance(blob, bytes) or not is_pose(blob, frame_index):
                    state.unknown.add(frame_index)
                    continue
                place = (frame_index, int.from_bytes(blob[:8], "little", signed=True))
                if is_new:
                    arriving.append((place, blob))
                else:  # all who leave go first, so that people can exchange their numbers
                    state.poses[place] = (None, entry_id)
    for place, blob in arriving:
        state.poses[place] = (blob, entry_id)


@dataclass(frozen=True)
class Settled:
    """What a damaged project held, as well as it can be known.

    Attributes:
        poses: by place.
        marks: of reviewed frames.
        from_journal: places whose poses only the journal had whole.
        missing: how many people of each frame are lost.
        broken: entries of the journal that are lost, or only in part there.
    """

    poses: dict[Place, bytes]
    marks: dict[int, int]
    from_journal: frozenset[Place]
    missing: dict[int, int]
    broken: tuple[int, ...]


def settle(found: Salvaged) -> Settled:
    """Where the journal has the last word it counts; else what stands in the table of poses, if that is whole."""
    state = replay(found)
    num_rows = Counter(frame_index for frame_index, _ in found.poses)
    poses: dict[Place, bytes] = {}
    from_journal: set[Place] = set()
    for place in sorted(found.poses.keys() | state.poses.keys()):
        row = found.poses.get(place)
        said, entry_id = state.poses.get(place, (None, 0))
        if entry_id and state.is_last_word(entry_id):
            blob = said
        elif row is None and _lacks_somebody(found, place, num_rows[place[0]]) and not _left(found, place, entry_id):
            blob = said  # as it was before what is lost
        else:
            blob = row
        if blob is not None:
            poses[place] = blob
            if blob != row:
                from_journal.add(place)
    return Settled(poses, _marks(found, state), frozenset(from_journal), _missing(found, poses), tuple(state.broken))


def _lacks_somebody(found: Salvaged, place: Place, num_rows: int) -> bool:
    """True if a place's pose may have been there to the end: more people were in the frame than could be read."""
    return place[0] not in found.frames or found.frames[place[0]][1] > num_rows


def _left(found: Salvaged, place: Place, entry_id: int) -> bool:
    """True if a person took somebody away from a frame after an entry, though that entry is lost."""
    frame_index, track_id = place
    removals = (row[:3] for row in found.others.get("removals", {}).values())
    cuts = (row[:3] for row in found.others.get("cuts", {}).values())
    return any(
        frame == frame_index and who == track_id and _is_later(later, entry_id) for frame, later, who in removals
    ) or any(
        who == track_id and isinstance(start, int) and start <= frame_index and _is_later(later, entry_id)
        for who, later, start in cuts
    )


def _is_later(other: object, entry_id: int) -> bool:
    return isinstance(other, int) and other > entry_id


def _marks(found: Salvaged, state: Replayed) -> dict[int, int]:
    marks = {frame: mark for frame, (mark, _) in found.frames.items()} if state.broken else {}
    for frame, (mark, entry_id) in state.marks.items():
        if frame not in marks or state.is_last_word(entry_id):
            marks[frame] = mark
    return {frame: mark for frame, mark in marks.items() if mark != NOT_REVIEWED}


def _missing(found: Salvaged, poses: Iterable[Place]) -> dict[int, int]:
    """How many people of each frame were there and are not saved."""
    held = Counter(frame_index for frame_index, _ in poses)
    lost = Counter({frame: count - held[frame] for frame, (_, count) in found.frames.items() if count > held[frame]})
    saved = set(poses)
    for frame_index, track_id in found.broken_poses:
        if frame_index not in found.frames and (frame_index, track_id) not in saved:
            lost[frame_index] += 1
    return dict(sorted(lost.items()))
