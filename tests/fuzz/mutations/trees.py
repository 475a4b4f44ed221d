"""XML in which elements, attributes and text are wrong."""

from random import Random
from xml.etree import ElementTree as ET

from tests.fuzz.mutations.values import TEXTS

_NUMBERS = (
    "0",
    "-1",
    "1e308",
    "nan",
    "inf",
    "1e999",
    "7" * 5000,
    "--5",
    "²",
    "9223372036854775807",
    "0,0",
    ",",
    "1;2",
    "",
)
_BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
    ) + "]>"
)  # fmt: skip
_OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def mutated_xml(content: bytes, rng: Random) -> bytes:
    """A copy in which one to four things are wrong."""
    root = ET.fromstring(content)
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        elements = list(root.iter())
        parents = {child: parent for parent in elements for child in parent}
        element = rng.choice(elements)
        action = rng.random()
        if action < 0.6 and element.attrib:
            element.set(rng.choice(list(element.attrib)), _text(rng))
        elif action < 0.7 and element.attrib:
            del element.attrib[rng.choice(list(element.attrib))]
        elif action < 0.8:
            element.text = _text(rng)
        elif element in parents:
            _move(element, parents[element], rng)
    text = ET.tostring(root, encoding="unicode")
    if rng.random() < 0.05:
        text = rng.choice((_BOMB, _OUTSIDE)) + text.replace("</annotations>", "&j;</annotations>")
    if rng.random() < 0.03:
        text = text.replace("</annotations>", "<a>" * 20000 + "</a>" * 20000 + "</annotations>")
    return text.encode("utf-8", "replace")


def _text(rng: Random) -> str:
    value = rng.choice((rng.choice(_NUMBERS), rng.choice(_NUMBERS), rng.choice(TEXTS)))
    return value if rng.random() < 0.1 else "".join(letter for letter in value if letter >= " ")


def _move(element: ET.Element, parent: ET.Element, rng: Random) -> None:
    action = rng.random()
    if action < 0.4:
        parent.remove(element)
    elif action < 0.7:
        parent.append(element)
    elif action < 0.85:
        parent.extend([element] * 20)
    else:
        element.tag = rng.choice(("image", "track", "skeleton", "box", "points", "meta", "polygon", "attribute"))
