"""What the panels' tables have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QIcon
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget


def build_table(
    parent: QWidget, object_name: str, accessible_name: str, headers: tuple[tuple[str, str], ...], row_px: int
) -> QTableWidget:
    """An empty table of whole rows that is read and clicked, not typed into.

    Args:
        parent: the panel.
        object_name: how a script names it.
        accessible_name: how a screen reader names it.
        headers: title and tooltip of each column.
        row_px: the height of a row.
    """
    table = QTableWidget(0, len(headers), parent)
    table.setObjectName(object_name)
    table.setAccessibleName(accessible_name)
    for index, (title, tooltip) in enumerate(headers):
        header = QTableWidgetItem(title)
        header.setToolTip(tooltip)
        header.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setHorizontalHeaderItem(index, header)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.verticalHeader().hide()
    table.verticalHeader().setMinimumSectionSize(16)
    table.verticalHeader().setDefaultSectionSize(row_px)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setMinimumSectionSize(24)
    return table


def fit_column(table: QTableWidget, column: int, *widest: str) -> None:
    """Gives a column the width of the widest text that it can hold, so that it never moves while frames pass."""
    table.ensurePolished()  # the stylesheet's font, not the system's
    header = table.horizontalHeaderItem(column)
    bold = QFont(table.font())
    bold.setBold(True)
    width = max(QFontMetrics(table.font()).horizontalAdvance(text) for text in widest)
    title = QFontMetrics(bold).horizontalAdvance(header.text() if header is not None else "")
    table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
    table.setColumnWidth(column, max(width, title) + 14)


def keep_room(table: QTableWidget, stretched: int, *widest: str, icon_px: int = 0) -> None:
    """Makes the table no narrower than its fitted columns and the widest text of the one that takes the rest."""
    table.ensurePolished()
    text = max(QFontMetrics(table.font()).horizontalAdvance(text) for text in widest)
    fitted = sum(table.columnWidth(column) for column in range(table.columnCount()) if column != stretched)
    around = 2 * table.frameWidth() + table.verticalScrollBar().sizeHint().width()
    table.setMinimumWidth(fitted + text + icon_px + 20 + around)


def cell(table: QTableWidget, row: int, column: int) -> QTableWidgetItem:
    """The item of a cell, made if there is none yet."""
    item = table.item(row, column)
    if item is None:
        item = QTableWidgetItem()
        table.setItem(row, column, item)
    return item


def show_icon(item: QTableWidgetItem, icon: QIcon) -> None:
    """Gives a cell this icon where it has another one: to set one is what takes longest in a row."""
    if item.icon().cacheKey() != icon.cacheKey():
        item.setIcon(icon)
