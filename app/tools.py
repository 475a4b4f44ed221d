"""What the hand holds over the picture. The session owns which: `Session.tool`."""

from enum import StrEnum


class Tool(StrEnum):
    """SELECT selects and drags, BOX draws a person's box, PLACE puts the selected joint where a click is."""

    SELECT = "select"
    BOX = "box"
    PLACE = "place"
