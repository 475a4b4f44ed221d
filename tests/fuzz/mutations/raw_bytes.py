"""Bytes flipped, cut, doubled and made large, wherever they stand."""

from random import Random

ODD_BYTES = (
    b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x00", b"\xff" * 8,
    b"\x00\x00\x00\x01", b"\x01\x00\x00\x00", b"\x7f\xff\xff\xff\xff\xff\xff\xff", b"\xff\xff\xff\x7f",
)  # fmt: skip


def mutated(content: bytes, rng: Random) -> bytes:
    """A copy in which one to five things are wrong; never longer than twice the content and a bit."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        if not data:
            break
        _change(data, rng)
    return bytes(data)


def place_in(size: int, rng: Random) -> int:
    """A place: anywhere, or near the head, where formats say what they are."""
    return rng.randrange(min(size, rng.choice((64, 512, 4096)))) if rng.random() < 0.45 else rng.randrange(size)


def _change(data: bytearray, rng: Random) -> None:
    action, at = rng.random(), place_in(len(data), rng)
    if action < 0.35:
        data[at] ^= 1 << rng.randrange(8)
    elif action < 0.55:
        odd = rng.choice(ODD_BYTES)
        data[at : at + len(odd)] = odd
    elif action < 0.65:
        data[at] = rng.randrange(256)
    elif action < 0.75:
        del data[at : at + rng.choice((1, 2, 4, 16, 300))]
    elif action < 0.83:
        data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 16, 300)))
    elif action < 0.9:
        start = rng.randrange(len(data))
        data[at:at] = data[start : start + rng.choice((4, 32, 500))]
    elif action < 0.95:
        length = rng.choice((4, 64, 1000))
        data[at : at + length] = bytes(len(data[at : at + length]))
    else:
        del data[at:]
