"""When the next publication is expected: by cadence, usual month, period or day of publication."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cli.messages import FRESHNESS, FRESHNESS_BASES
from pipelines.catalog.loader import Catalog
from pipelines.catalog.models import Source
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.freshness import BASES, STATES, Freshness, Held, add_months, freshness_of, together
from pipelines.settings import DBT_PROJECT_DIR


def source(cadence: str, **more: Any) -> Source:
    return Source.model_validate(
        {
            "source_id": "publisher__thing",
            "publisher": {"ja": "公表者", "en": "publisher"},
            "title": {"ja": "題", "en": "title"},
            "licence": "pdl_1",
            "landing_url": "https://example.org/",
            "cadence": cadence,
            "tables": {
                "t": {
                    "file": "t.csv", "role": "reference", "title": {"ja": "表", "en": "t"}, "anchor": "a", "grain": ["a"],
                    "columns": {"a": {"type": "text"}},
                }
            },
            **more,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cadence", "held", "basis", "expected", "overdue"),
    [
        ("yearly", [Held("FY2022"), Held("FY2023")], "period", "2026-03-31", "2026-06-29"),
        ("yearly", [Held("2020-01-01")], "period", "2022-01-01", "2022-04-01"),
        ("monthly", [Held("2026-01-31")], "period", "2026-03-31", "2026-05-01"),
        ("monthly", [Held("2025-12-15")], "period", "2026-02-15", "2026-03-18"),
        ("quarterly", [Held("2025-11-30")], "period", "2026-05-31", "2026-07-15"),
        ("daily", [Held("2026-01-01")], "period", "2026-01-03", "2026-01-06"),
        ("yearly", [Held("FY2023", date(2025, 3, 28))], "published_on", "2026-03-28", "2026-06-26"),
        ("yearly", [Held(None, date(2025, 3, 28)), Held(None)], "published_on", "2026-03-28", "2026-06-26"),
        # The newest period counts, though an older one was published again later.
        ("yearly", [Held("FY2022", date(2026, 1, 9)), Held("FY2023")], "period", "2026-03-31", "2026-06-29"),
    ],
)
def test_next_publication_follows_from_what_is_held(
    cadence: str, held: list[Held], basis: str, expected: str, overdue: str
) -> None:
    found = freshness_of(source(cadence), held)
    assert (found.basis, str(found.expected_on), str(found.overdue_on)) == (basis, expected, overdue)


@pytest.mark.parametrize(
    ("cadence", "held", "basis", "state"),
    [
        ("yearly", [], "nothing_held", "unknown"),
        ("once", [], "nothing_held", "unknown"),
        ("yearly", [Held(None)], "no_date", "unknown"),
        ("irregular", [Held("FY2023")], "irregular", "unknown"),
        ("once", [Held(None)], "once", "fresh"),
    ],
)
def test_without_a_day_the_reason_is_told(cadence: str, held: list[Held], basis: str, state: str) -> None:
    found = freshness_of(source(cadence), held)
    assert (found.basis, found.expected_on, found.state(date(2030, 1, 1))) == (basis, None, state)


MONTH = {"month": 8, "stated_at": "https://example.org/when", "wording_ja": "毎年8月ごろ"}


@pytest.mark.parametrize(
    ("period", "expected"),
    [("2020-01-01", "2021-08-31"), ("FY2022", "2024-08-31"), ("2020-09-15", "2022-08-31")],
)
def test_usual_month_counts_from_the_end_of_the_next_period(period: str, expected: str) -> None:
    found = freshness_of(source("yearly", published_in_month=MONTH), [Held(period, date(2020, 8, 5))])
    assert (found.basis, str(found.expected_on)) == ("month", expected)


@pytest.mark.parametrize("more", [{"cadence": "monthly"}, {"published_in_month": {**MONTH, "month": 13}}])
def test_usual_month_is_for_yearly_publications(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        source(**{"cadence": "yearly", "published_in_month": MONTH, **more})


@pytest.mark.parametrize(
    ("day", "state"),
    [("2026-03-30", "fresh"), ("2026-03-31", "due"), ("2026-06-28", "due"), ("2026-06-29", "overdue")],
)
def test_state_changes_on_the_days_named(day: str, state: str) -> None:
    found = Freshness("period", None, date(2026, 3, 31), date(2026, 6, 29))
    assert found.state(date.fromisoformat(day)) == state


def test_last_day_of_a_month_stays_one() -> None:
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2025, 2, 28), 12) == date(2026, 2, 28)
    assert add_months(date(2025, 2, 28), 1) == date(2025, 3, 31)
    assert add_months(date(2025, 1, 30), 1) == date(2025, 2, 28)
    assert add_months(date(2025, 11, 15), 2) == date(2026, 1, 15)


@given(
    st.sampled_from(["daily", "monthly", "quarterly", "yearly"]),
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    st.booleans(),
)
def test_a_newer_publication_is_never_expected_earlier(cadence: str, day: date, by_period: bool) -> None:
    def expected(held: date) -> date:
        entry = Held(held.isoformat()) if by_period else Held(None, held)
        found = freshness_of(source(cadence), [entry])
        assert found.expected_on is not None
        assert found.overdue_on is not None
        assert held < found.expected_on < found.overdue_on
        return found.expected_on

    # The last days of short months are together, so that a later day may have the same expectation or one a little less.
    assert expected(day + timedelta(days=31)) >= expected(day)


def test_a_source_is_as_late_as_its_latest_table() -> None:
    assert together(["fresh", "overdue", "unknown", "due"]) == "overdue"
    assert together(["fresh", "due"]) == "due"
    assert together(["unknown", "fresh"]) == "fresh"
    assert together(["unknown"]) == together([]) == "unknown"


def test_every_state_and_basis_has_words() -> None:
    assert set(FRESHNESS) == set(STATES)
    assert set(FRESHNESS_BASES) == set(BASES)


def test_sql_has_the_cadences_of_the_vocabulary() -> None:
    macro = (DBT_PROJECT_DIR / "macros" / "freshness.sql").read_text(encoding="utf-8")
    listed = re.findall(r"\('([a-z]+)', (\w+), (\w+), (\d+)\)", macro)
    regular = {
        name: (str(word.months or "null"), str(word.days or "null"), str(word.grace_days))
        for name, word in load_vocabulary().cadences.items()
        if word.months or word.days
    }
    assert {name: rest for name, *rest in listed} == {name: list(rest) for name, rest in regular.items()}


def test_each_usual_month_names_who_says_so(catalog: Catalog) -> None:
    stated = [
        entry.description.published_in_month
        for entry in catalog.sources.values()
        if entry.description.published_in_month
    ]
    assert stated
    assert all(f"{entry.month}月" in entry.wording_ja for entry in stated)
