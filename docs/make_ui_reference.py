"""Writes docs/ui.md, the reference of the window, from the code.

Run from the root of the repository:  python docs/make_ui_reference.py [--check]
With --check nothing is written, and the exit status is 1 if the page is out of date.
"""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "ui.md"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMetaMethod, QObject  # noqa: E402 - the path and the platform come first
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from app.keymaps import presets  # noqa: E402
from app.ui import theme  # noqa: E402
from app.ui.actions import ACTIONS, KeyMap, default_keymap  # noqa: E402
from app.ui.main_window import MainWindow  # noqa: E402
from core.poses import Provenance  # noqa: E402

PANELS = (
    "main_window",
    "canvas",
    "timeline",
    "transport",
    "persons_panel",
    "joints_panel",
    "queue_panel",
    "heatmap_panel",
    "temporal_panel",
    "compare_panel",
    "finetune_panel",
)
HEAD = """# The window

Generated from the code by `docs/make_ui_reference.py`: change the code, then run it again.

Every action and every panel has an object name, by which a script finds it:
`window.findChild(QAction, "action_predict").trigger()`. Key maps are TOML files in `resources/keymaps`; Help > Keys
edits them and shows which keys are used twice.
"""


def keys_text(keys: tuple[str, ...]) -> str:
    """Keys as they stand in a table."""
    return ", ".join(f"<kbd>{key}</kbd>" for key in keys).replace("|", "&#124;")


def actions_section() -> list[str]:
    """A table for each menu."""
    lines = ["## Actions and their default keys"]
    for menu in dict.fromkeys(spec.menu for spec in ACTIONS):
        lines += ["", f"### {menu.replace('/', ' > ')}", ""]
        lines += ["| action | keys | does | object name |", "|---|---|---|---|"]
        lines += [
            f"| {spec.text} | {keys_text(spec.keys)} | {spec.tooltip} | `{spec.object_name}` |"
            for spec in ACTIONS
            if spec.menu == menu
        ]
    return lines


def keymaps_section() -> list[str]:
    """What each preset changes."""
    lines = ["", "## Other key maps"]
    defaults: KeyMap = default_keymap()
    for name, title, keymap in presets():
        changed = {action: keys for action, keys in keymap.items() if keys != defaults[action]}
        if changed:
            lines += ["", f"### {title} (`{name}`)", "", "| action | keys |", "|---|---|"]
            specs = [spec for spec in ACTIONS if spec.object_name in changed]
            lines += [f"| {spec.text} | {keys_text(changed[spec.object_name])} |" for spec in specs]
    return lines


def provenance_section() -> list[str]:
    """How a joint's colour and shape show who set it."""
    lines = ["", "## What colours and shapes mean", ""]
    lines += ["| a joint set by | colour | shape | whose word |", "|---|---|---|---|"]
    for who in Provenance:
        style, colour = theme.PROVENANCE_STYLES[who], theme.provenance_colour(who).name()
        whose = "a person's" if who.is_human else "nobody's" if who == Provenance.NONE else "a machine's"
        shape = f"{'filled' if style.filled else 'outlined'} {style.marker}"
        lines.append(f"| {style.name} | {colour} | {shape} | {whose} |")
    doubtful, lost = (theme.colour_of(meaning).name() for meaning in (theme.Meaning.DOUBTFUL, theme.Meaning.LOST))
    sides = ", ".join(f"{side} {theme.side_colour(side).name()}" for side in ("left", "right", "centre"))
    return [
        *lines,
        "",
        f"Doubtful is {doubtful}; where a person was lost is {lost}.",
        f"Limbs have the colour of the side of the body: {sides}.",
        "These are the colours of the first palette; View > Colours has two more.",
    ]


def signals_of(widget: QObject) -> list[str]:
    """The signals that the widget's own class declares."""
    meta = type(widget).staticMetaObject
    methods = [meta.method(index) for index in range(meta.methodOffset(), meta.methodCount())]
    signals = [method for method in methods if method.methodType() == QMetaMethod.MethodType.Signal]
    texts = [str(bytes(signal.methodSignature().data()), "ascii") for signal in signals]
    return [text.replace("PyObject", "object").replace("QString", "str").replace(",", ", ") for text in texts]


def panels_section(window: MainWindow) -> list[str]:
    """Each panel: what it is, its signals, and the widgets in it."""
    lines = ["", "## Panels"]
    for name in PANELS:
        panel = window if name == window.objectName() else window.findChild(QWidget, name)
        if panel is None:
            raise LookupError(f"the window has no {name}")
        about = (inspect.getdoc(type(panel)) or "").split("\n")[0]
        lines += ["", f"### `{name}`", "", about]
        signals = signals_of(panel)
        if signals:
            lines += ["", "Signals: " + ", ".join(f"`{signal}`" for signal in signals)]
        lines += widgets_of(panel) if panel is not window else []
    return lines


def widgets_of(panel: QWidget) -> list[str]:
    """A list of the named widgets in a panel."""
    lines = [""]
    for child in panel.findChildren(QWidget):
        if child.objectName() and not child.objectName().startswith("qt_"):
            about = (child.toolTip() or child.accessibleName()).partition("\n")[0]
            lines.append(f"- `{child.objectName()}` {about}".rstrip())
    return lines if len(lines) > 1 else []


def page() -> str:
    """The whole page."""
    application = QApplication.instance() or QApplication([])
    if isinstance(application, QApplication):
        theme.apply(application)
    window = MainWindow()
    lines = [HEAD.rstrip(), "", *actions_section(), *keymaps_section(), *provenance_section(), *panels_section(window)]
    window.deleteLater()
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Writes or checks the page."""
    text = page()
    if "--check" in arguments:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        if not current:
            sys.stderr.write("docs/ui.md is out of date: run python docs/make_ui_reference.py\n")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
