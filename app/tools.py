"""What the hand holds over the picture. The session owns which: `Session.tool`."""

from enum import StrEnum


class Tool(StrEnum):
    """What a click, a drag or an arrow key on the picture does.

    SELECT selects and drags, BOX draws a person's box, HEAD the selected person's head box, EDGES moves the selected
    person's box by the arrow keys, PLACE puts the selected joint where a click is, REGION edits ignore regions.
    """

    SELECT = "select"
    BOX = "box"
    HEAD = "head"
    EDGES = "edges"
    PLACE = "place"
    REGION = "region"
