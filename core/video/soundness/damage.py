"""What is missing of a damaged video and what is spoilt in it: as numbers, and in a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.video.packets import Packets
from core.video.plain_decode import PlainDecode
from core.video.soundness.gaps import frames_lost, in_words, missing_frames, usual_step
from core.video.soundness.wholeness import Wholeness

IntArray = NDArray[np.int64]
LEAST_EVEN = 0.9
"""Of the steps between frames, for the rate to be constant enough to tell a number of frames by a length."""
LEAST_LEFT, LEFT = 3, 0.05
"""A whole file ends too early where it lacks more than this many frames, and this part of all."""
_ADVICE = "copy it again from where it came from to get all."


@dataclass(frozen=True)
class Damage:
    """What is wrong with a file.

    Attributes:
        missing: numbers that the missing frames would have, in a count that has them.
        spoilt: frames that can be seen and are not as they were, in the count of those that can be read.
        announced: how many frames there should be, by the header's count or length; 0 where nothing says so.
        is_counted: the header counts them.
        wholeness: of the file.
        is_certain: more than a jump of the times says that something is wrong.
    """

    missing: tuple[int, ...]
    spoilt: tuple[int, ...]
    announced: int
    is_counted: bool
    wholeness: Wholeness
    is_certain: bool


def damage_of(
    packets: Packets,
    order: IntArray | None,
    decoded: IntArray,
    plain: PlainDecode | None,
    wholeness: Wholeness,
    *,
    has_times: bool,
) -> Damage:
    """What is missing and what is spoilt.

    Args:
        packets: of the file.
        order: (M,) packets as they would be shown if all could be decoded; None where only what was decoded tells.
        decoded: (N,) packets as they are shown, -1 where that is not known.
        plain: what a plain decode showed, None where there was none.
        wholeness: of the file.
        has_times: the times of the packets are the file's own.
    """
    failed = {packet for packet in plain.failed if packet >= 0} if plain is not None else set()
    spoilt = set(plain.spoilt) if plain is not None else set()
    table = packets.lost_before
    shown = set(decoded.tolist())
    numbers = {packet: number for number, packet in enumerate(decoded.tolist())}
    bad = tuple(sorted(numbers[packet] for packet in spoilt if packet in numbers))
    is_certain = bool(failed or spoilt or packets.broken_off or (table is not None and table.any()))
    is_certain |= wholeness is not Wholeness.WHOLE
    if len(shown) < len(decoded) or -1 in shown:  # frames without a packet of their own have no place among the others
        return Damage((), bad, packets.announced, packets.announced > 0, wholeness, is_certain)
    expected = order if order is not None else np.array(sorted(shown | failed), np.int64)
    if has_times and order is None and not _rises(packets, expected):
        expected = np.sort(decoded)  # a destroyed packet has a time of its own making; the times around it tell more
    lost, lost_after = _lost(packets, expected, has_times=has_times)
    left = _left(packets, expected) if has_times and not packets.announced else None
    begins = next((at for at, packet in enumerate(expected.tolist()) if packet in shown or packet in failed), 0)
    expected, lost = expected[begins:], lost[begins:]  # what comes before, a clip that was cut there never showed
    lost[:1] = 0 if begins else lost[:1]
    if not failed and not lost.any():  # packets that show nothing where nothing is wrong, such as before a first key
        keep = np.isin(expected, decoded)
        expected, lost = expected[keep], lost[keep]
    missing = missing_frames(expected.tolist(), shown, lost.tolist(), lost_after)
    found = len(decoded) + len(missing)
    announced = found + left if left is not None else packets.announced
    # A count in the header of a whole file may lie; a length that is far from reached does not.
    ends_early = left is not None and left > max(LEAST_LEFT, LEFT * announced)
    if wholeness is not Wholeness.WHOLE or ends_early:
        missing += range(found, announced)
    return Damage(tuple(missing), bad, announced, packets.announced > 0, wholeness, is_certain or ends_early)


def _lost(packets: Packets, expected: IntArray, *, has_times: bool) -> tuple[IntArray, int]:
    """(M,) how many frames were never found before each expected packet, and how many after the last."""
    if packets.lost_before is not None:
        before = np.concatenate([[0], np.cumsum(packets.lost_before)])
        until = before[expected + 1]
        return np.diff(until, prepend=0), int(before[-1] - (until[-1] if len(until) else 0))
    times = _times(packets, expected)
    if not has_times or times is None or (packets.times_are_durations and _follows_on(packets)):
        return np.zeros(len(expected), np.int64), 0
    return frames_lost(times), 0


def _times(packets: Packets, expected: IntArray) -> IntArray | None:
    times = [packets.pts[packet] for packet in expected.tolist()]
    return None if None in times else np.array(times, np.int64)


def _rises(packets: Packets, expected: IntArray) -> bool:
    times = _times(packets, expected)
    return times is not None and bool((np.diff(times) > 0).all())


def _follows_on(packets: Packets) -> bool:
    """Whether each packet is decoded when the one before has lasted as long as it says."""
    pairs = zip(packets.dts, packets.dts[1:], packets.duration, strict=False)
    return all(one is None or other is None or not lasts or other - one <= 1.5 * lasts for one, other, lasts in pairs)


def _left(packets: Packets, expected: IntArray) -> int | None:
    """How many frames of a constant rate fit between the last one and the length that the header tells."""
    times = _times(packets, expected)
    if not packets.announced_s or times is None or len(times) < 2:
        return None
    step, even = usual_step(np.diff(times))
    if step <= 0 or even.mean() < LEAST_EVEN:
        return None
    lasted = float(times[-1] - times[0]) + step
    return max(0, round((packets.announced_s / float(packets.time_base) - lasted) / step))


def damage_in_words(name: str, num_readable: int, damage: Damage) -> str | None:
    """What to tell people of a file of which something cannot be read; None for a whole file."""
    if not damage.is_certain:
        if not damage.missing:
            return None
        gone = in_words(damage.missing, "was missing", "were missing")
        return f"The times of {name} jump as if {gone}; copy it again from where it came from if it has them."
    is_cut = damage.wholeness is Wholeness.CUT_OFF
    if is_cut and damage.is_counted and damage.announced == num_readable and not damage.missing and not damage.spoilt:
        return f"{name} is cut off, but all its {num_readable} frames can be read; {_ADVICE}"
    total = max(damage.announced, num_readable + len(damage.missing))
    is_open = is_cut and not damage.announced  # how many there were, nobody knows
    of = f" of {total}" if total > num_readable and not is_open else ""
    parts = [f"{num_readable}{of} {'frame' if total == 1 else 'frames'} can be read"]
    if damage.missing:
        parts.append(in_words(damage.missing, "is missing", "are missing"))
    if damage.spoilt:
        seen = in_words(damage.spoilt, "is spoilt", "are spoilt")
        if damage.missing and damage.missing[0] <= damage.spoilt[-1]:  # the two are counted in different ways
            seen = f"counted without {'it' if len(damage.missing) == 1 else 'them'} {seen}"
        parts.append(seen)
    if is_open or (is_cut and not damage.missing):
        parts.append("its end is missing")
    elif damage.wholeness is Wholeness.BROKEN and len(parts) == 1:
        parts.append("parts of the file are destroyed")
    return f"{name} is damaged: {', '.join(parts)}; {_ADVICE}"
