"""The table: one row for each thing that was measured, figures and ratios formatted alike."""

import math
from dataclasses import dataclass, field
from typing import Final

HEADER: Final = (
    "| | Tedee Cloud | floor | ratio | aiotedee |",
    "|---|---:|---:|---:|---:|",
)
NONE: Final = "—"
STEPS: Final = ((100, 0), (10, 1), (0, 2))
"""From which figure on how many decimal places are shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """Something measured: ours, the floor of the same run, and the peer's where it has any."""

    what: str
    ours: float
    floor: float
    peer: float | None = None
    unit: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        """Return the row in Markdown."""
        ratio = f"{_figure(self.ours / self.floor)} x" if self.floor else NONE
        figures = (self._cell(self.ours), self._cell(self.floor), ratio, self._cell(self.peer))
        return f"| {' | '.join((self.what, *figures))} |"

    def _cell(self, value: float | None) -> str:
        if value is None or math.isinf(value):
            return NONE if value is None else "never"
        return f"{_figure(value)} {self.unit}".rstrip()


def milliseconds(what: str, ours: float, floor: float, peer: float | None = None) -> Row:
    """Return a row of times that were measured in seconds."""
    return _scaled(what, "ms", 1000, (ours, floor, peer))


def kibibytes(what: str, ours: float, floor: float, peer: float | None = None) -> Row:
    """Return a row of sizes that were measured in bytes."""
    return _scaled(what, "KiB", 1 / 1024, (ours, floor, peer))


def _scaled(what: str, unit: str, scale: float, values: tuple[float, float, float | None]) -> Row:
    ours, floor, peer = values
    return Row(what, ours * scale, floor * scale, None if peer is None else peer * scale, unit=unit)


def _figure(value: float) -> str:
    """Return a figure with no more digits than it is worth; what was counted stays whole."""
    if isinstance(value, int):
        return str(value)
    places = next(places for least, places in STEPS if abs(value) >= least)
    return f"{value:.{places}f}"
