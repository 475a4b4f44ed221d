"""Numbers and names in words."""

LONGEST_NAME = 60


def time_left(seconds: float) -> str:
    """Says "0:34 left", with hours where there are some."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A file's name that fits a line: a very long one without its middle."""
    end = longest // 3
    return name if len(name) <= longest else f"{name[: longest - end - 1]}…{name[-end:]}"


def counted(count: int, one: str, many: str = "") -> str:
    """Says "1 frame", "12 frames", "3 people"; `many` where it is more than `one` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
