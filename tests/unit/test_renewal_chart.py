"""The chart of renewal: bars by year, hollow up to the register's year, with an axis that begins at zero."""

from __future__ import annotations

import re

from pipelines.pages.charts import RENEWAL_SPAN, renewal_chart

UNIT = ("億円", "×100 million yen")


def bars(svg: str, kind: str) -> list[tuple[float, float]]:
    """Return place and height of each bar of a kind."""
    path = re.search(f'<path class="{kind}" d="([^"]*)"', svg)
    found = re.findall(r"M([\d.]+) (\d+)V([\d.]+)", path.group(1)) if path else []
    return [(float(x), float(floor) - float(top)) for x, floor, top in found]


def test_what_has_ended_by_the_registers_year_is_hollow() -> None:
    svg = str(renewal_chart({2010: 1.0, 2017: 2.0, 2018: 4.0, 2040: 2.0}, 2017, UNIT))
    assert [len(bars(svg, kind)) for kind in ("lived", "due")] == [2, 2]
    line = float(re.search(r'class="break" d="M([\d.]+)', svg).group(1))  # type: ignore[union-attr]
    assert bars(svg, "lived")[-1][0] < line < bars(svg, "due")[0][0]


def test_heights_are_as_the_costs() -> None:
    svg = str(renewal_chart({2018: 4.0, 2040: 2.0, 2030: 0.0}, 2017, UNIT))
    (_, high), (_, low) = bars(svg, "due")
    assert abs(high - 2 * low) < 0.2


def test_years_far_away_are_left_to_the_table() -> None:
    before, after = RENEWAL_SPAN
    assert renewal_chart({2017 - before - 1: 5.0, 2017 + after + 1: 5.0, 2020: 0.0}, 2017, UNIT) is None
    svg = str(renewal_chart({2017 + after: 5.0, 9999: 5.0}, 2017, UNIT))
    assert len(bars(svg, "due")) == 1


def test_bars_stay_within_the_drawing() -> None:
    before, after = RENEWAL_SPAN
    costs = dict.fromkeys(range(2017 - before, 2017 + after + 1), 123456.7)
    svg = str(renewal_chart(costs, 2017, UNIT))
    places = [x for kind in ("lived", "due") for x, _ in bars(svg, kind)]
    assert len(places) == len(costs)
    assert min(places) >= 46
    assert max(places) < 720
