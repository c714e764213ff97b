"""Charts, formats and words of the pages."""

from __future__ import annotations

import csv
import re
import string
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from cli.report import wording
from pipelines.pages.bodies import MAIN_ITEMS
from pipelines.pages.charts import (
    Cone,
    History,
    Path,
    PeerYear,
    Strip,
    body_chart,
    gantt_axis,
    gantt_bar,
    progress_bar,
    ticks,
    unbroken,
)
from pipelines.pages.explore import TILES
from pipelines.pages.national import groups_of, ministries_of
from pipelines.pages.shown import Shown, both, exact, offices, text
from pipelines.pages.site import link, percent
from pipelines.pages.text import OFFICES, TEXTS
from pipelines.publish.described import RUN
from pipelines.settings import SOURCES_DIR


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown(wording())


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.06, 1.46), (-21.4, 0), (1000, 1000), (0, 123456789), (98.2, 99.9), (-3, 5)]
)
def test_ticks_span_the_values_in_equal_steps(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    steps = {round(after - before, 9) for before, after in pairwise(found)}
    assert len(steps) == 1
    assert 2 <= len(found) <= 9


def test_every_text_has_both_languages_with_the_same_places() -> None:
    for key, (ja, en) in TEXTS.items():
        assert ja
        assert en
        places = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in (ja, en)]
        assert places[0] == places[1], key


def test_names_are_escaped_wherever_they_stand(shown: Shown) -> None:
    assert "<b>" not in both("<b>", "<i>")
    assert "<b>" not in text("version_line", version="<b>", day="x")
    assert "<b>" not in shown.value(Decimal("1"), "<b>", 0)
    assert "<b>" not in shown.label("area_types", "<b>")
    assert "<b>" not in shown.word("reasons", "<b>")
    chart = History([[(date(2016, 4, 1), 1.0)]], labels={(date(2016, 4, 1), 1.0): "<b>"}).svg()
    assert chart is not None
    assert "<b>" not in chart


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//elsewhere.example", "", None]
)
def test_only_the_web_is_linked(address: str | None) -> None:
    assert link(address) == "#"
    assert link("https://office.example/") == "https://office.example/"


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "ja", "en"),
    [
        ("0.7100000000", "指数", 2, "0.71", "0.71"),
        ("1013", "団体", 0, "1,013団体", "1,013 bodies"),
        ("50140000", "人", 0, "5,014万人", "50.14 million people"),
        ("150000000000", "円", 0, "1,500億円", "150 billion yen"),
        ("-8", "人", 0, "−8人", "−8 people"),
        ("1", "有無", 0, "有", "yes"),
    ],
)  # fmt: skip
def test_values_in_both_languages(
    shown: Shown, value: str, unit: str, decimals: int, ja: str, en: str
) -> None:
    assert shown.value(Decimal(value), unit, decimals) == both(ja, en)


def test_difference_of_percentages_is_in_points(shown: Shown) -> None:
    assert "12.4ポイント" in shown.change(-12.4, "%", 1)
    assert shown.change(-12.4, "%", 1).startswith("−")
    assert shown.change(Decimal("3.1"), "%", 1).startswith("+")


def test_no_value_says_so(shown: Shown) -> None:
    assert shown.value(None, "%", 1) == text("no_figure")


def test_all_digits_and_no_more() -> None:
    assert exact(Decimal("0.7100000000")) == "0.71"
    assert exact(Decimal("50140000.0000000000")) == "50140000"
    assert exact(None) == ""
    assert percent(0.9989561586638831) == "99.9%"


def test_progress_beyond_the_target_is_drawn_to_the_end_only() -> None:
    assert 'width="200" height="8" rx="4"/><path' in progress_bar(2.14, 1.75)
    assert 'class="fill" y="6" width="0"' in progress_bar(-0.5, None)


def test_chart_of_a_measure_shows_figures_target_and_projection() -> None:
    chart = History(
        series=[[(date(2014, 4, 1), 550.0), (date(2017, 4, 1), 948.0)]],
        excluded=[(date(2014, 4, 1), 562.0)],
        forecasts=[(date(2019, 4, 1), 1600.0)],
        paths=[Path((date(2014, 4, 1), 550.0), (date(2018, 3, 31), 1000.0), "1,000", True)],
        cone=Cone((date(2017, 4, 1), 948.0), date(2018, 3, 31), 1080.0, 948.0, 1100.0),
        breaks=[date(2016, 1, 1)],
    ).svg()
    assert chart is not None
    kinds = set(re.findall(r'class="([a-z0-9 ]+)"', chart))
    assert {"own s0", "dot", "hollow", "forecast", "path", "goal", "cone", "outlook", "break"} <= kinds
    assert History().svg() is None


def test_axis_starts_at_zero_unless_all_values_lie_far_from_it() -> None:
    low = History([[(date(2014, 4, 1), 550.0), (date(2017, 4, 1), 948.0)]]).svg()
    high = History([[(date(2014, 4, 1), 98.0), (date(2017, 4, 1), 99.0)]]).svg()
    assert low is not None
    assert high is not None
    assert ">0</text>" in low
    assert ">0</text>" not in high


def test_strip_and_chart_of_a_body() -> None:
    strip = Strip.of([1.0, 1.0, 2.0, 5.0], 1.0, 1.5, 3.0)
    assert strip.x(1.0) == 8
    assert strip.x(5.0) == 332
    assert 'class="me"' in strip.svg(2.0)
    assert 'class="me"' not in strip.svg(None)
    assert Strip.of([3.0, 3.0], 3, 3, 3).svg(3.0)
    years = [PeerYear(date(year, 3, 31), 1, 2, 3) for year in (2022, 2023)]
    chart = body_chart([[(date(2022, 3, 31), 2.5)]], years)
    assert chart is not None
    assert "band" in chart
    assert body_chart([], years) is None


def test_axis_of_a_body_names_its_unit_and_no_label_is_cut_off(shown: Shown) -> None:
    chart = body_chart([[(date(2022, 3, 31), 2_601_133.0)]], [], ("千円", "thousand yen"))
    assert chart is not None
    assert 'class="ja">千円<' in chart
    assert 'class="en">thousand yen<' in chart
    for edge, label in re.findall(r'<text x="(\d+)"[^>]*class="end">([\d,]+)<', chart):
        assert int(edge) >= 6 * len(label)
    assert shown.drawn_in("千円", 2_601_133) == (100_000, ("億円", "×100 million yen"))
    assert shown.drawn_in("千円", 99_999)[0] == 1
    assert shown.drawn_in("人", 2_601_133) == (1, ("人", "people"))


def test_nothing_is_drawn_through_years_without_figures() -> None:
    days = [date(2006, 3, 31), date(2007, 3, 31), date(2010, 3, 31)]
    assert [len(piece) for piece in unbroken([(day, 1.0) for day in days])] == [2, 1]
    chart = body_chart([[(day, 1.0) for day in days]], [PeerYear(day, 0, 1, 2) for day in days])
    assert chart is not None
    assert chart.count('class="own s0"') == 1
    assert chart.count('class="gap"') == 1
    assert chart.count('class="band"') == 1


def test_step_without_an_end_runs_to_the_edge() -> None:
    assert "H104l8 5" in gantt_bar(2016, None, (2015, 2018), is_inferred=False)
    assert "inferred" in gantt_bar(2016, 2017, (2015, 2018), is_inferred=True)


def test_years_stand_over_the_bars_that_begin_in_them() -> None:
    axis = gantt_axis((2015, 2018))
    assert re.findall(r'x="(\d+)"[^>]*>(\d+)<', axis) == [("0", "2015"), ("56", "2017")]
    assert "M57 3" in gantt_bar(2017, 2017, (2015, 2018), is_inferred=False)


def test_no_two_prefectures_share_a_tile() -> None:
    assert len(TILES) == len(set(TILES.values())) == 47


def test_no_item_has_two_charts() -> None:
    items = [item for group in MAIN_ITEMS.values() for item in group]
    assert len(items) == len(set(items))


def test_every_office_that_the_roadmap_prints_has_an_english_name() -> None:
    folder = SOURCES_DIR / "cao__reform_roadmap_2017"
    for name in ("kpis.csv", "milestones.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                assert set(re.split("[、／]", row["ministry_ja"])) <= set(OFFICES)
                assert set(ministries_of(row["ministry_ja"])) <= set(OFFICES)
    assert offices("総務省自治財政局、まだない局") == both(
        "総務省自治財政局、まだない局", "Local Public Finance Bureau, MIC; まだない局"
    )


def test_ministries_of_a_printed_list() -> None:
    assert ministries_of("内閣官房 情報通信技術（ＩＴ）戦略室、番号制度推進室、総務省関係部局") == [
        "内閣官房",
        "総務省",
    ]
    assert ministries_of("内閣府政策統括官、制度所管府省庁担当局、総務省自治財政局") == ["内閣府", "総務省"]


def test_initiatives_with_the_same_kpis_come_together_and_each_kpi_once() -> None:
    initiatives = [{"initiative_no": number} for number in (6, 7, 8, 9)]
    kpis = [{"kpi_id": "a", "initiative_nos": [6, 8]}, {"kpi_id": "b", "initiative_nos": [8, 9]}]
    found = [
        ([row["initiative_no"] for row in group], [kpi["kpi_id"] for kpi in own])
        for group, own in groups_of(initiatives, kpis)
    ]
    assert found == [([6], ["a"]), ([7], []), ([8], ["b"]), ([9], [])]


def test_a_title_has_its_unit_and_an_index_has_none(shown: Shown) -> None:
    index = {"name_ja": "財政力指数", "name_en": "Fiscal strength index", "unit": "指数"}
    assert shown.titled(index) == ("財政力指数", "Fiscal strength index")
    people = {"name_ja": "人口", "name_en": "Population", "unit": "人"}
    assert shown.titled(people) == ("人口 (人)", "Population (people)")


def test_every_outcome_of_a_run_has_words() -> None:
    outcome = next(column for column in RUN.columns if column.name == "outcome")
    named = re.search(r"\((.*)\)", outcome.en)
    assert named is not None
    for word in re.split(", | or ", named[1]):
        assert f"outcome_{word.replace(' ', '_')}" in TEXTS
