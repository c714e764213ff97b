"""Charts as SVG, drawn when the pages are written: they print, work without scripts and follow the page's colours.

Every chart is decoration beside a table or text that says the same; the table is what screen readers read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from markupsafe import Markup, escape

Point = tuple[date, float]
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 64, 84, 18, 26

_GAP_DAYS = 550


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round numbers that span an interval, about as many as wanted; an empty interval is widened."""
    if high <= low:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    raw = (high - low) / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.9999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def tick_text(value: float) -> str:
    """Return a number of an axis."""
    words = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:g}"
    return words.replace("-", "−")


@dataclass(frozen=True)
class Frame:
    """A drawing area with scales: days across, values up; sizes in pixels."""

    first: date
    last: date
    low: float
    high: float
    width: int = _WIDTH
    height: int = 300
    left: int = _LEFT
    right: int = _RIGHT

    def x(self, day: date) -> float:
        """Return the position of a day."""
        whole = (self.last - self.first).days or 1
        return round(self.left + (day - self.first).days / whole * (self.width - self.left - self.right), 1)

    def y(self, value: float) -> float:
        """Return the position of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1)
        return round(self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM), 1)


def _drawn(svg: str) -> Markup:
    """Return a drawing as HTML: it is made of numbers and class names, and its texts are escaped by `_text`."""
    return Markup(svg)  # noqa: S704


def _line(points: Sequence[tuple[float, float]], style: str) -> str:
    if len(points) < 2:
        return ""
    way = "L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="{style}" d="M{way}"/>'


def _text(x: float, y: float, words: str, anchor: str = "", style: str = "") -> str:
    kind = " ".join(name for name in (anchor, style) if name)
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def _points(marks: Iterable[tuple[float, float, str, Point]]) -> str:
    """Return the attribute that `charts.js` tells values from: of each mark its place, kind, day and value.

    Kinds: o a figure, x one that enters no verdict, f a forecast, t a target.
    """
    told = ";".join(
        f"{x:g},{y:g},{kind},{day.isoformat()},{value:.10g}" for x, y, kind, (day, value) in marks
    )
    return f' data-points="{told}"'


def _years(frame: Frame, most: int = 9) -> list[tuple[int, date]]:
    """Return the fiscal years whose 1 April lies in the frame, thinned to at most so many."""
    starts = [
        (year, date(year, 4, 1))
        for year in range(frame.first.year, frame.last.year + 1)
        if frame.first <= date(year, 4, 1) <= frame.last
    ]
    return starts[:: max(1, -(-len(starts) // most))]


def _axes(frame: Frame, values: Sequence[float], most_years: int = 9) -> str:
    floor, edge = frame.height - _BOTTOM, frame.width - frame.right
    places = [(frame.y(value), tick_text(value)) for value in values]
    years = [(frame.x(day), str(year)) for year, day in _years(frame, most_years)]
    lines = "".join(f"M{frame.left} {y:g}H{edge}" for y, _ in places)
    marks = "".join(f"M{x:g} {floor}v4" for x, _ in years)
    words = [_text(frame.left - 6, y + 4, label, "end") for y, label in places]
    words += [_text(x, floor + 17, label, "centre") for x, label in years]
    return f'<path class="grid" d="{lines}"/><path class="axis" d="{marks}M{frame.left} {floor}H{edge}"/>{"".join(words)}'


@dataclass(frozen=True)
class Path:
    """The line of a target version from its baseline to its deadline, where it then stays."""

    start: Point | None
    goal: Point
    label: str
    is_primary: bool


@dataclass(frozen=True)
class Cone:
    """A projection from a figure to the deadline with the lowest and highest of all models."""

    start: Point
    day: date
    value: float
    low: float
    high: float


@dataclass
class History:
    """What the chart of a measure shows; labels are numbers as they are printed."""

    series: list[list[Point]] = field(default_factory=list)
    excluded: list[Point] = field(default_factory=list)
    forecasts: list[Point] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    cone: Cone | None = None
    breaks: list[date] = field(default_factory=list)
    labels: dict[Point, str] = field(default_factory=dict)

    def _days_and_values(self) -> Iterable[Point]:
        for points in self.series:
            yield from points
        yield from self.excluded
        yield from self.forecasts
        for path in self.paths:
            yield path.goal
            if path.start:
                yield path.start
        if self.cone:
            yield from ((self.cone.day, self.cone.low), (self.cone.day, self.cone.high))

    def svg(self) -> Markup | None:
        """Return the chart, or nothing when there is nothing to draw."""
        shown = list(self._days_and_values())
        if not shown:
            return None
        days, values = [day for day, _ in shown], [value for _, value in shown]
        low, high = min(values), max(values)
        # Zero belongs to the axis unless all values lie far from it: a cut axis makes steps look larger.
        low, high = (min(low, 0.0), high) if high > 0 and low < high * 0.7 else (low, max(high, low))
        scale = ticks(low, high)
        first, last = min(days), max(days)
        pad = max(120, (last - first).days // 20)
        frame = Frame(
            date.fromordinal(first.toordinal() - pad),
            date.fromordinal(last.toordinal() + pad),
            scale[0],
            scale[-1],
        )
        body = [_axes(frame, scale), *self._breaks(frame), *self._cone(frame), *self._paths(frame)]
        body += self._figures(frame)
        told = _points((frame.x(point[0]), frame.y(point[1]), kind, point) for kind, point in self._told())
        return _drawn(
            f'<svg viewBox="0 0 {frame.width} {frame.height}" aria-hidden="true"{told}>{"".join(body)}</svg>'
        )

    def _told(self) -> list[tuple[str, Point]]:
        """Return the marks whose values can be asked for, by day."""
        marks = [("o", point) for points in self.series for point in points]
        marks += [("x", point) for point in self.excluded] + [("f", point) for point in self.forecasts]
        marks += [("t", path.goal) for path in self.paths]
        return sorted(marks, key=lambda mark: mark[1][0])

    def _breaks(self, frame: Frame) -> Iterable[str]:
        for day in self.breaks:
            if frame.first <= day <= frame.last:
                yield f'<path class="break" d="M{frame.x(day):g} {_TOP}V{frame.height - _BOTTOM}"/>'

    def _cone(self, frame: Frame) -> Iterable[str]:
        if self.cone is None:
            return
        cone = self.cone
        x0, y0, x1 = frame.x(cone.start[0]), frame.y(cone.start[1]), frame.x(cone.day)
        yield f'<path class="cone" d="M{x0:g} {y0:g}L{x1:g} {frame.y(cone.high):g}V{frame.y(cone.low):g}Z"/>'
        yield _line([(x0, y0), (x1, frame.y(cone.value))], "outlook")

    def _paths(self, frame: Frame) -> Iterable[str]:
        used: list[float] = []
        for path in sorted(self.paths, key=lambda entry: not entry.is_primary):
            kind = "path" if path.is_primary else "path other"
            x, y = frame.x(path.goal[0]), frame.y(path.goal[1])
            points = [(x, y), (frame.width - frame.right, y)]
            if path.start:
                points.insert(0, (frame.x(path.start[0]), frame.y(path.start[1])))
            yield _line(points, kind)
            yield f'<path class="goal" d="M{x - 5:g} {y:g}l5 -5 5 5 -5 5z"/>'
            if all(abs(y - other) > 12 for other in used):
                used.append(y)
                yield _text(frame.width - frame.right + 6, y + 4, path.label, style="goal-text")

    def _figures(self, frame: Frame) -> Iterable[str]:
        for day, value in self.excluded:
            yield f'<circle class="hollow" cx="{frame.x(day):g}" cy="{frame.y(value):g}" r="3.5"/>'
        for day, value in self.forecasts:
            yield f'<path class="forecast" d="M{frame.x(day) - 4.5:g} {frame.y(value) + 3:g}h9l-4.5 -8z"/>'
        for number, points in enumerate(self.series):
            place = [(frame.x(day), frame.y(value)) for day, value in points]
            yield _line(place, f"own s{min(number, 3)}")
            for x, y in place:
                yield f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="4.5"/>'
        for (day, value), label in self.labels.items():
            yield _text(frame.x(day), frame.y(value) - 9, label, "centre", "strong")


def unbroken(line: Sequence[Point]) -> list[list[Point]]:
    """Return the pieces of a line between which more than a year and a half has no figure: there nothing is drawn in."""
    pieces: list[list[Point]] = []
    for point in line:
        if pieces and (point[0] - pieces[-1][-1][0]).days <= _GAP_DAYS:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return pieces


@dataclass(frozen=True)
class PeerYear:
    """A day with the quartiles and the median of the group."""

    day: date
    low: float
    median: float
    high: float


def _band(frame: Frame, years: Sequence[PeerYear]) -> list[str]:
    """Return the band and the median of years that follow each other; a lone year has neither."""
    if len(years) < 2:
        return []
    upper = "L".join(f"{frame.x(year.day):g} {frame.y(year.high):g}" for year in years)
    lower = "L".join(f"{frame.x(year.day):g} {frame.y(year.low):g}" for year in reversed(years))
    median = [(frame.x(year.day), frame.y(year.median)) for year in years]
    return [f'<path class="band" d="M{upper}L{lower}Z"/>', _line(median, "median")]


def body_chart(
    series: Sequence[Sequence[Point]], peers: Sequence[PeerYear], unit: tuple[str, str] = ("", "")
) -> Markup | None:
    """Return the small chart of a body's item: its own lines over the group's median and quartiles.

    The unit of its axis, in Japanese and English, stands above it.
    """
    points = [point for line in series for point in line]
    if not points:
        return None
    values = [value for _, value in points]
    values += [value for year in peers for value in (year.low, year.high)]
    low, high = min(values), max(values)
    low = 0.0 if 0 < low < high * 0.4 else low
    scale = ticks(low, high, 3)
    days = [day for day, _ in points] + [year.day for year in peers]
    first, last = min(days), max(days)
    pad = 0 if (last - first).days > 400 else 200
    # A digit is some 6.5 pixels wide; the longest label of the axis must not be cut off.
    left = max(46, 10 + round(6.5 * max(len(tick_text(value)) for value in scale)))
    frame = Frame(
        date.fromordinal(first.toordinal() - pad), date.fromordinal(last.toordinal() + pad),
        scale[0], scale[-1], 340, 150, left, 12,
    )  # fmt: skip
    body = [_axes(frame, scale, 5)]
    body += [
        _text(0, 9, words, style=language)
        for words, language in zip(unit, ("ja", "en"), strict=True)
        if words
    ]
    held = {year.day: year for year in peers}
    for piece in unbroken([(year.day, year.median) for year in peers]):
        body += _band(frame, [held[day] for day, _ in piece])
    for number, line in enumerate(series):
        pieces = [[(frame.x(day), frame.y(value)) for day, value in piece] for piece in unbroken(line)]
        body += [_line([before[-1], after[0]], "gap") for before, after in pairwise(pieces)]
        body += [_line(piece, f"own s{min(number, 3)}") for piece in pieces]
        lonely = [place for piece in pieces if len(piece) == 1 or len(line) <= 2 for place in piece]
        body += [f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="3"/>' for x, y in lonely]
    told = _points(
        (frame.x(day), frame.y(value), "o", (day, value))
        for day, value in sorted(points, key=lambda point: point[0])
    )
    return _drawn(f'<svg viewBox="0 0 340 150" aria-hidden="true"{told}>{"".join(body)}</svg>')


@dataclass(frozen=True)
class Strip:
    """The values of a group as a strip of ticks, drawn once and used by every body of the group."""

    low: float
    high: float
    ticks: str
    quartiles: str

    @classmethod
    def of(cls, values: Sequence[float], lower: float, median: float, upper: float) -> Strip:
        """Return the strip of a group's values; each pixel holds one tick at most."""
        low, high = min(values), max(values)
        strip = cls(low, high, "", "")
        places = sorted({round(strip.x(value)) for value in values})
        # Relative steps: shorter by half than absolute places.
        marks = f"M{places[0]} 8v16" + "".join(
            f"m{after - before}-16v16" for before, after in pairwise(places)
        )
        box = f'<path class="quart" d="M{strip.x(lower):g} 4V28H{strip.x(upper):g}V4Z"/>'
        middle = f'<path class="mid" d="M{strip.x(median):g} 4v24"/>'
        return cls(low, high, f'<path class="each" d="{marks}"/>', box + middle)

    def x(self, value: float) -> float:
        """Return the position of a value."""
        return round(8 + (value - self.low) / ((self.high - self.low) or 1) * 324, 1)

    def svg(self, own: float | None) -> Markup:
        """Return the strip with the body's own place as a triangle."""
        mine = ""
        if own is not None:
            x = self.x(own)
            mine = f'<path class="me" d="M{x:g} 22l7 13h-14z"/><path class="own" d="M{x:g} 3V24"/>'
        ends = _text(8, 46, tick_text(round(self.low, 2))) + _text(
            332, 46, tick_text(round(self.high, 2)), "end"
        )
        return _drawn(
            f'<svg viewBox="0 0 340 48" aria-hidden="true">{self.quartiles}{self.ticks}{mine}{ends}</svg>'
        )


def progress_bar(progress: float, elapsed: float | None) -> Markup:
    """Return a bar: filled to the progress, a line where the time stands; both cut to 0 and 1 for drawing only."""
    width = 200
    filled = max(0.0, min(1.0, progress)) * width
    mark = ""
    if elapsed is not None:
        x = max(1.5, min(width - 1.5, elapsed * width))
        mark = f'<path class="mark" d="M{x:g} 0V18"/><path class="mark-cap" d="M{x - 4:g} 0h8l-4 5z"/>'
    return _drawn(
        f'<svg viewBox="0 0 {width} 18" width="{width}" height="18" aria-hidden="true">'
        f'<rect class="track" y="6" width="{width}" height="8" rx="4"/>'
        f'<rect class="fill" y="6" width="{filled:g}" height="8" rx="4"/>{mark}</svg>'
    )


_YEAR_WIDTH = 28


def gantt_axis(years: tuple[int, int]) -> Markup:
    """Return the fiscal years over the bars of steps, each above the place where it begins."""
    first, last = years
    width = (last - first + 1) * _YEAR_WIDTH
    words = "".join(
        _text((year - first) * _YEAR_WIDTH, 11, str(year))
        for year in range(first, last + 1)
        if (year - first) % 2 == 0
    )
    return _drawn(
        f'<svg viewBox="0 0 {width} 14" width="{width}" height="14" aria-hidden="true">{words}</svg>'
    )


def gantt_bar(start: int, end: int | None, years: tuple[int, int], *, is_inferred: bool) -> Markup:
    """Return the bar of a step over fiscal years; one without an end runs to the edge as an arrow."""
    first, last = years
    cell, height = _YEAR_WIDTH, 16
    width = (last - first + 1) * cell
    x = (start - first) * cell
    kind = "bar inferred" if is_inferred else "bar"
    if end is None:
        shape = f"M{x + 1} 3H{width - 8}l8 5l-8 5H{x + 1}Z"
    else:
        shape = f"M{x + 1} 3H{(end - first + 1) * cell - 1}v10H{x + 1}Z"
    lines = "".join(f"M{number * cell} 0v{height}" for number in range(last - first + 2))
    return _drawn(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<path class="grid" d="{lines}"/><path class="{kind}" d="{shape}"/></svg>'
    )


@dataclass(frozen=True)
class GateBar:
    """One gate of the history: its day, how many checks failed, and how many of these blocked."""

    day: date
    failed: int
    blocking: int


def gate_chart(bars: Sequence[GateBar]) -> Markup | None:
    """Return the failed checks of each gate as bars, the blocking ones dark and marked; nothing when there are no gates."""
    if not bars:
        return None
    step, height, floor = 34, 120, 92
    width = max(340, 40 + step * len(bars))
    most = max(1, *(bar.failed for bar in bars))
    body = [
        f'<path class="axis" d="M30 {floor}H{width - 8}"/>',
        _text(24, floor - 66, str(most), "end"),
        _text(24, floor + 4, "0", "end"),
    ]
    for number, bar in enumerate(bars):
        x = 34 + number * step
        tall, dark = (round(count / most * 70, 1) for count in (bar.failed, bar.blocking))
        body.append(f'<rect class="gate-warn" x="{x}" y="{floor - tall:g}" width="24" height="{tall:g}"/>')
        body.append(f'<rect class="gate-block" x="{x}" y="{floor - dark:g}" width="24" height="{dark:g}"/>')
        body.append(_text(x + 12, floor - tall - 5, f"{'✗' if bar.blocking else ''}{bar.failed}", "centre"))
        if number % max(1, -(-len(bars) // 12)) == 0:
            body.append(_text(x + 12, floor + 17, f"{bar.day.month}/{bar.day.day}", "centre"))
    return _drawn(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">{"".join(body)}</svg>'
    )


# Years before and after the register's that a chart of renewal spans; what lies beyond stands in the table alone.
RENEWAL_SPAN = (30, 60)


def renewal_chart(costs: Mapping[int, float], stated: int, unit: tuple[str, str]) -> Markup | None:
    """Return costs by the year in which useful lives end as bars; those ended by the year stated are hollow, left of a line."""
    shown = {
        year: cost
        for year, cost in sorted(costs.items())
        if cost > 0 and stated - RENEWAL_SPAN[0] <= year <= stated + RENEWAL_SPAN[1]
    }
    if not shown:
        return None
    first, last = min(stated, *shown), max(stated + 1, *shown)
    scale = ticks(0.0, max(shown.values()), 4)
    height, floor, edge = 220, 220 - _BOTTOM, _WIDTH - 12
    left = max(46, 10 + round(6.5 * max(len(tick_text(value)) for value in scale)))
    step = (edge - left) / (last - first + 1)
    wide = round(step * 0.8, 1)

    def x(year: int) -> float:
        return round(left + (year - first) * step, 1)

    def y(cost: float) -> float:
        return round(floor - cost / scale[-1] * (floor - _TOP - 8), 1)

    def bars(kind: str, years: Iterable[int]) -> str:
        shape = "".join(f"M{x(year):g} {floor}V{y(shown[year]):g}h{wide:g}V{floor}" for year in years)
        return f'<path class="{kind}" d="{shape}"/>' if shape else ""

    years = [year for year in range(first, last + 1) if year % (10 if last - first > 24 else 5) == 0]
    lines = "".join(f"M{left} {y(value):g}H{edge}" for value in scale)
    marks = "".join(f"M{round(x(year) + wide / 2, 1):g} {floor}v4" for year in years)
    now = round(x(stated + 1) - step * 0.1, 1)
    body = [
        f'<path class="grid" d="{lines}"/>',
        *(_text(left - 6, y(value) + 4, tick_text(value), "end") for value in scale),
        bars("lived", (year for year in shown if year <= stated)),
        bars("due", (year for year in shown if year > stated)),
        f'<path class="axis" d="{marks}M{left} {floor}H{edge}"/><path class="break" d="M{now:g} {_TOP}V{floor}"/>',
        *(_text(round(x(year) + wide / 2, 1), floor + 17, str(year), "centre") for year in years),
        *(_text(0, 14, words, style=language) for words, language in zip(unit, ("ja", "en"), strict=True)),
    ]
    return _drawn(f'<svg viewBox="0 0 {_WIDTH} {height}" aria-hidden="true">{"".join(body)}</svg>')
