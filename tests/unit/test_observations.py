"""The common shape of figures: units, provenance, and each rule at its edge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.catalog.loader import Catalog
from pipelines.catalog.models import Item, Table
from pipelines.catalog.vocabulary import Label
from pipelines.contracts.cells import read_cells
from pipelines.contracts.observations import OBSERVATION_CHECKS, OBSERVATION_SCHEMA, to_observations
from pipelines.defects import Defect
from pipelines.extract.table import ROW, Place

# A figure that keeps every rule; each test changes what it is about. Retrieved on 2026-01-15.
GOOD: dict[str, str | None] = {
    "item_id": "bodies", "series_id": "bodies__a", "area_code": "000000", "body_scope": "municipalities",
    "statistic": "count", "as_of": "2018年4月1日", "date_basis": "printed", "period_start": None, "value": "1013",
    "numerator": None, "denominator": None, "unit": "団体", "value_status": "reported",
    "observation_status": "final", "label_is_inferred": "false", "conflict_group": None, "enters_verdict": "true",
    "exclusion_reason": None, "document_id": "doc", "page": "1", "note_ja": None,
}  # fmt: skip
SHARE = {"item_id": "rate", "series_id": "rate__a", "statistic": "share", "unit": "%"}
DOCUMENT = {
    "document_id": "doc", "title_ja": "文書", "publisher_ja": "総務省", "url": "https://example.jp/doc",
    "published_on": date(2018, 4, 1), "published_on_basis": "printed", "original_publisher_ja": None,
    "is_secondary": False,
}  # fmt: skip


def _item(unit: str) -> Item:
    return Item(name=Label(ja="指標", en="item"), unit=unit, decimals=0, additive=True)


ITEMS = {
    name: _item(unit) for name, unit in [("bodies", "団体"), ("rate", "%"), ("people", "人"), ("cost", "円")]
}
LITTLE = Catalog({}, ITEMS)


@pytest.fixture(scope="session")
def figures(catalog: Catalog) -> Table:
    return catalog.sources["mieruka__cited_figures"].description.tables["figures"]


Observe = Callable[..., tuple[pl.DataFrame, list[Defect]]]


@pytest.fixture
def observe(figures: Table, place: Place) -> Observe:
    """Return a maker of observations: each row is GOOD with changes; `document` changes the cited document."""

    def run(
        *rows: dict[str, str | None], document: dict[str, Any] | None = None
    ) -> tuple[pl.DataFrame, list[Defect]]:
        texts = [GOOD | row for row in rows]
        frame = pl.DataFrame(
            [{ROW: number, **row} for number, row in enumerate(texts, start=2)],
            schema={ROW: pl.Int64, **dict.fromkeys(figures.columns, pl.String)},
        )
        typed, unreadable = read_cells(frame, figures, place)
        assert unreadable == []
        return to_observations(typed, figures, place, LITTLE, {"doc": DOCUMENT | (document or {})})

    return run


def rules(defects: list[Defect]) -> list[tuple[str, int | None]]:
    return [(defect.rule, defect.row) for defect in defects]


def test_good_figure_has_the_common_shape(observe: Observe) -> None:
    frame, defects = observe({})
    row = frame.row(0, named=True)
    assert defects == []
    assert dict(frame.schema) == OBSERVATION_SCHEMA
    assert (row["value"], row["unit"], row["raw_text"]) == (Decimal(1013), "団体", "1013")
    assert (row["as_of_date"], row["date_precision"], row["fiscal_year"]) == (date(2018, 4, 1), "day", 2018)
    assert (row["source_id"], row["sheet"], row["cell"]) == ("some_source", "some.csv", "2:value")
    assert (row["citation_url"], row["published_on"]) == ("https://example.jp/doc", date(2018, 4, 1))


@pytest.mark.parametrize(
    ("item_id", "text", "unit", "value"),
    [
        ("people", "5014.2", "万人", "50142000"),
        ("people", "約5,014", "万人", "50140000"),
        ("people", "0.00001", "万人", "0.1"),
        ("cost", "3999.7", "億円", "399970000000"),
        ("cost", "-0.1", "億円", "-10000000"),
        ("cost", "101502", "百万円", "101502000000"),
        ("bodies", "12", "市", "12"),
    ],
)
def test_value_is_kept_exactly_in_the_unit_of_its_item(
    observe: Observe, item_id: str, text: str, unit: str, value: str
) -> None:
    frame, defects = observe({"item_id": item_id, "value": text, "unit": unit})
    assert defects == []
    assert frame["value"].to_list() == [Decimal(value)]
    assert frame["unit"].to_list() == [ITEMS[item_id].unit]
    assert frame["raw_text"].to_list() == [text]


@pytest.mark.parametrize(
    ("item_id", "unit"),
    [("people", "円"), ("cost", "円/人"), ("rate", "団体"), ("rate", "ポイント"), ("bodies", "%")],
)
def test_wrong_unit_refuses_that_row_alone(observe: Observe, item_id: str, unit: str) -> None:
    frame, defects = observe({}, {"item_id": item_id, "unit": unit})
    assert rules(defects) == [("wrong_unit", 3)]
    assert (defects[0].column, defects[0].found) == ("unit", unit)
    assert ITEMS[item_id].unit in defects[0].expected_ja
    assert ITEMS[item_id].unit in defects[0].expected_en
    assert frame[ROW].to_list() == [2]


def test_wrong_unit_is_refused_even_without_a_value(observe: Observe) -> None:
    row = SHARE | {"value": None, "numerator": "1", "denominator": "2", "unit": "円"}
    assert rules(observe(row)[1]) == [("wrong_unit", 2)]


def test_value_too_large_in_the_unit_of_its_item_is_refused_not_a_crash(observe: Observe) -> None:
    frame, defects = observe({}, {"item_id": "cost", "value": "9" * 28, "unit": "億円"})
    assert [defect.row for defect in defects] == [3]
    assert frame[ROW].to_list() == [2]


# For every rule: a row that just keeps it, and a row that just breaks it (figure, document).
EDGES: list[tuple[str, tuple[dict[str, Any], dict[str, Any]], tuple[dict[str, Any], dict[str, Any]]]] = [
    (
        "value_iff_reported",
        (SHARE | {"value": None, "numerator": "1", "denominator": "2"}, {}),
        (SHARE | {"value": None, "numerator": "1"}, {}),
    ),
    (
        "value_iff_reported",
        ({"value": None, "value_status": "suppressed", "enters_verdict": "false", "exclusion_reason": "other_scope"}, {}),
        ({"value_status": "suppressed", "enters_verdict": "false", "exclusion_reason": "other_scope"}, {}),
    ),
    (
        "excluded_with_reason",
        ({"enters_verdict": "false", "exclusion_reason": "companion"}, {}),
        ({"enters_verdict": "false"}, {}),
    ),
    ("excluded_with_reason", ({}, {}), ({"exclusion_reason": "companion"}, {})),
    ("only_measured_enters", ({"observation_status": "preliminary"}, {}), ({"observation_status": "forecast"}, {})),
    ("only_measured_enters", ({}, {}), ({"observation_status": "derived"}, {})),
    ("only_measured_enters", ({}, {}), ({"observation_status": "official_claim"}, {})),
    (
        "only_measured_enters",
        ({"as_of": None, "enters_verdict": "false", "exclusion_reason": "undated"}, {}),
        ({"as_of": None}, {}),
    ),
    (
        "only_measured_enters",
        ({"label_is_inferred": "true", "enters_verdict": "false", "exclusion_reason": "label_inferred"}, {}),
        ({"label_is_inferred": "true"}, {}),
    ),
    (
        "only_measured_enters",
        (
            {
                "value": None, "value_status": "not_surveyed", "enters_verdict": "false",
                "exclusion_reason": "other_scope",
            },
            {},
        ),
        ({"value": None, "value_status": "not_surveyed"}, {}),
    ),
    ("published_before_as_of", ({}, {"published_on": date(2018, 4, 1)}), ({}, {"published_on": date(2018, 3, 31)})),
    (
        "published_before_as_of",
        ({"as_of": "2017年度末"}, {"published_on": date(2018, 3, 30)}),
        ({"as_of": "2018年3月31日"}, {"published_on": date(2018, 3, 30)}),
    ),
    (
        "published_before_as_of",
        (
            {"observation_status": "forecast", "enters_verdict": "false", "exclusion_reason": "forecast"},
            {"published_on": date(2017, 1, 1)},
        ),
        ({"enters_verdict": "false", "exclusion_reason": "companion"}, {"published_on": date(2017, 1, 1)}),
    ),
    (
        "measured_in_the_future",
        ({"as_of": "2026年1月15日"}, {"published_on": None}),
        ({"as_of": "2026年1月16日"}, {"published_on": None}),
    ),
    (
        "measured_in_the_future",
        (
            {
                "as_of": "2030年度末", "observation_status": "forecast", "enters_verdict": "false",
                "exclusion_reason": "forecast",
            },
            {},
        ),
        ({"as_of": "2030年度末"}, {}),
    ),
    (
        "share_within_whole",
        (SHARE | {"value": "100", "numerator": "2", "denominator": "2"}, {}),
        (SHARE | {"value": None, "numerator": "2.1", "denominator": "2"}, {}),
    ),
    (
        "share_within_whole",
        (SHARE | {"value": "0", "numerator": "0", "denominator": "1"}, {}),
        (SHARE | {"value": None, "numerator": "0", "denominator": "0"}, {}),
    ),
    # 1756/1788 is 98.2103 %: printed to one decimal it may be off by 0.1, printed whole by 0.5.
    (
        "share_as_printed",
        (SHARE | {"value": "98.3", "numerator": "1756", "denominator": "1788"}, {}),
        (SHARE | {"value": "98.4", "numerator": "1756", "denominator": "1788"}, {}),
    ),
    (
        "share_as_printed",
        (SHARE | {"value": "50", "numerator": "101", "denominator": "200"}, {}),
        (SHARE | {"value": "50", "numerator": "102", "denominator": "200"}, {}),
    ),
    (
        "share_as_printed",
        (SHARE | {"value": "約60", "numerator": "101", "denominator": "200"}, {}),
        (SHARE | {"value": "60", "numerator": "101", "denominator": "200"}, {}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "keeps", "breaks"), EDGES)
def test_rule_refuses_at_its_edge(
    observe: Observe,
    rule: str,
    keeps: tuple[dict[str, Any], dict[str, Any]],
    breaks: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    frame, defects = observe(keeps[0], document=keeps[1])
    assert (rules(defects), frame.height) == ([], 1)
    frame, defects = observe(breaks[0], document=breaks[1])
    assert rule in {defect.rule for defect in defects}
    assert {defect.rule for defect in defects} <= {check.id for check in OBSERVATION_CHECKS}
    assert frame.is_empty()


def test_every_rule_of_the_figures_has_an_edge_here() -> None:
    assert {rule for rule, *_ in EDGES} == {check.id for check in OBSERVATION_CHECKS}


@pytest.mark.parametrize("check", OBSERVATION_CHECKS, ids=lambda check: check.id)
def test_broken_rule_speaks_its_own_words(observe: Observe, check: Any) -> None:
    breaks = next(breaks for rule, _, breaks in EDGES if rule == check.id)
    defects = observe({"series_id": "other"}, breaks[0], document=breaks[1])[1]
    defect = next(defect for defect in defects if defect.rule == check.id and defect.row == 3)
    assert (defect.expected_ja, defect.expected_en) == (check.message.ja, check.message.en)
    assert defect.column == "value"


def test_same_figure_twice_is_refused(observe: Observe) -> None:
    frame, defects = observe({}, {"value": "1014"}, {"page": "2"})
    assert rules(defects) == [("duplicate_key", 2), ("duplicate_key", 4)]
    assert frame["value"].to_list() == [Decimal(1014)]


def test_same_value_in_two_units_is_the_same_figure(observe: Observe) -> None:
    rows = [
        {"item_id": "people", "value": "1", "unit": "万人"},
        {"item_id": "people", "value": "10000", "unit": "人"},
    ]
    assert rules(observe(*rows)[1]) == [("duplicate_key", 2), ("duplicate_key", 3)]


@pytest.fixture
def wide(make_table: Callable[..., Table]) -> Table:
    measures = {"item_id": "cost", "series_id": "cost__a", "statistic": "amount"}
    return make_table(
        {
            "area_code": {"from": ["コード"], "type": "area_code", "required": True},
            "fiscal_year": {"from": ["年度"], "type": "fiscal_year", "required": True},
            "cost": {"from": ["費用（百万円）"], "type": "decimal", "unit": "百万円", "measures": measures},
        },
        role="wide_figures",
        grain=["area_code", "fiscal_year"],
        figures={
            "body_scope": "each_body",
            "as_of": "fiscal_year_end",
            "date_basis": "printed",
            "observation_status": "final",
            "citation": {
                "document_id": "d",
                "title_ja": "題",
                "publisher_ja": "省",
                "url": "https://example.jp",
            },
        },
    )


def test_wide_row_gives_a_figure_for_each_filled_cell(wide: Table, place: Place) -> None:
    frame = pl.DataFrame(
        {
            ROW: [2, 3],
            "area_code": ["010006", "020001"],
            "fiscal_year": ["令和4年度", "R5"],
            "cost": ["約2.5", None],
        },
        schema={ROW: pl.Int64, **dict.fromkeys(wide.columns, pl.String)},
    )
    typed, _ = read_cells(frame, wide, place)
    observations, defects = to_observations(typed, wide, place, LITTLE, {})
    row = observations.row(0, named=True)
    assert (defects, observations.height) == ([], 1)
    assert (row["value"], row["unit"], row["value_is_approximate"]) == (Decimal(2500000), "円", True)
    assert (row["fiscal_year"], row["as_of_date"]) == (2022, date(2023, 3, 31))
    assert (row["cell"], row["raw_text"]) == ("2:費用（百万円）", "約2.5")
    assert row["enters_verdict"]
