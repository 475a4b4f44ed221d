"""Text on screen is text: what looks like HTML in a stranger's name is neither drawn as such nor loaded."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolTip

from app.ui import theme

NAME = '<h1>x</h1><img src="file:///etc/passwd">'


def test_every_label_shows_its_text_as_it_is(qtbot):
    theme.apply(QApplication.instance())
    label = QLabel(NAME)
    qtbot.addWidget(label)
    label.show()
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_tips_too(qtbot):
    theme.apply(QApplication.instance())
    label = QLabel("x")
    qtbot.addWidget(label)
    label.show()
    QToolTip.showText(QPoint(5, 5), NAME, label)
    (tip,) = [one for one in QApplication.topLevelWidgets() if one.metaObject().className() == "QTipLabel"]
    assert tip.text() == NAME and tip.textFormat() == Qt.TextFormat.PlainText
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_every_label_of_the_real_window(drive, clip):
    labels = drive(clip).window.findChildren(QLabel)
    shown = [label for label in labels if label.isVisible()]
    assert len(shown) > 10 and all(label.textFormat() == Qt.TextFormat.PlainText for label in shown)
