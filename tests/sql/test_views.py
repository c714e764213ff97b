"""The combined views: depreciation and burden, cost and financing, adoption by class and prefecture, whose gap it is."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.sql.peers import PeerEngine, Row, rows

DAY, BEFORE = date(2024, 3, 31), date(2023, 3, 31)
RATE, BURDEN = "asset_depreciation_rate", "future_burden_ratio"


def figure(item: str, code: str, value: Any, day: date = DAY, **more: Any) -> Row:
    return {
        "item_id": item, "series_id": f"{item}__list", "area_code": code, "as_of_date": day, "value": value,
        "fiscal_year": day.year - 1, **more,
    }  # fmt: skip


# Depreciation and burden.


def quadrants(
    engine: PeerEngine, figures: Sequence[Row], groups: dict[str, str]
) -> dict[tuple[str, int], dict[str, Any]]:
    connection = engine.run(
        ["int_peer_figure", "depreciation_burden"],
        {
            "marts.fct_observation": figures,
            "marts.dim_item": [
                {"item_id": item, "unit": "%", "is_additive": False} for item in (RATE, BURDEN)
            ],
            "marts.dim_area": [{"area_code": code, "area_type": "city"} for code in groups],
            "marts.area_peer_group": [
                {"area_code": code, "peer_scheme": "similar_bodies", "peer_group": group}
                for code, group in groups.items()
            ],
        },
    )
    found = rows(connection, "select * from marts.depreciation_burden")
    return {(row["area_code"], row["fiscal_year"]): row for row in found}


def test_quadrants_against_the_medians_of_the_year(peers: PeerEngine) -> None:
    groups = dict.fromkeys("abcde", "g")
    figures = [
        figure(item, code, value, day)
        for item, day, values in (
            (RATE, BEFORE, (50, 52, 60, 70, 80)),
            (BURDEN, BEFORE, (10, 90, 50, 20, 100)),
            (RATE, DAY, (72, 53, 60, 61, 80)),
            (BURDEN, DAY, (10, 90, 50, 60, 100)),
        )
        for code, value in zip("abcde", values, strict=True)
    ]
    found = quadrants(peers, figures, groups)
    assert {code: found[code, 2022]["quadrant"] for code in "abcde"} == {
        "a": "new_little_burden",
        "b": "new_and_burdened",
        # The body in the middle of both is above neither.
        "c": "new_little_burden",
        "d": "old_little_burden",
        "e": "old_and_burdened",
    }
    now = found["a", 2023]
    assert (now["depreciation_median"], now["burden_median"]) == (61, 60)
    assert (now["quadrant_before"], now["quadrant"], now["movement"]) == (
        "new_little_burden",
        "old_little_burden",
        "moved",
    )
    assert (now["depreciation_change"], now["burden_change"], now["date_before"]) == (22, 0, BEFORE)
    assert found["e", 2023]["movement"] == "stayed"
    assert found["a", 2022]["movement"] is None
    assert now["note_ja"] == "あるべき姿ないしは理想図を示したものではない"


def test_no_burden_is_no_zero(peers: PeerEngine) -> None:
    groups = dict.fromkeys("abcdefgh", "g")
    figures = [figure(RATE, code, 50 + place) for place, code in enumerate("abcdefgh")]
    figures += [
        figure(BURDEN, code, value) for code, value in zip("abcde", (10, 20, 30, 40, 50), strict=True)
    ]
    figures.append(figure(BURDEN, "f", None, value_status="not_calculated"))
    figures.append(figure(BURDEN, "g", None, value_status="nil_mark"))
    found = quadrants(peers, figures, groups)
    assert found["a", 2023]["burden_median"] == 30
    assert (found["a", 2023]["burden_bodies"], found["a", 2023]["not_calculated_bodies"]) == (5, 1)
    for code, status, reason in (
        ("f", "not_calculated", "BURDEN_NOT_CALCULATED"),
        ("g", "nil_mark", "BURDEN_NOT_HELD"),
        ("h", "not_held", "BURDEN_NOT_HELD"),
    ):
        row = found[code, 2023]
        assert (row["burden_ratio"], row["burden_status"], row["quadrant"]) == (None, status, None)
        assert (row["reason_code"], row["depreciation_side"], row["burden_side"]) == (reason, "high", None)


def test_small_groups_have_no_quadrants(peers: PeerEngine) -> None:
    groups = dict.fromkeys("abcde", "g")
    figures = [figure(RATE, code, place) for place, code in enumerate("abcde")]
    figures += [figure(BURDEN, code, place) for place, code in enumerate("abcd")]
    found = quadrants(peers, figures, groups)
    assert {found[code, 2023]["quadrant"] for code in "abcde"} == {None}
    assert found["a", 2023]["reason_code"] == "GROUP_TOO_SMALL"
    assert found["e", 2023]["reason_code"] == "BURDEN_NOT_HELD"


# Cost and financing.


def costs(engine: PeerEngine, figures: Sequence[Row], population: Sequence[Row]) -> dict[str, dict[str, Any]]:
    items = {str(entry["item_id"]) for entry in figures}
    connection = engine.run(
        ["int_peer_figure", "per_capita_cost_financing"],
        {
            "marts.fct_observation": figures,
            "intermediate.int_peer_population": population,
            "marts.dim_item": [{"item_id": item, "unit": "", "is_additive": True} for item in sorted(items)],
            "marts.dim_area": [
                {"area_code": "p", "area_type": "prefecture"},
                {"area_code": "c", "area_type": "city"},
            ],
        },
    )
    found = rows(connection, "select * from marts.per_capita_cost_financing")
    return {row["measure_basis"]: row for row in found}


SETTLED = [
    figure("prefecture_expenditure", "p", 4_000_000),
    figure("prefecture_local_tax", "p", 1_000_000),
    figure("prefecture_allocation_tax", "p", 1_200_000),
    figure("prefecture_national_subsidy", "p", 500_000),
]


def test_settled_amounts_are_divided_by_the_residents_counted_last(peers: PeerEngine) -> None:
    population = [
        {"area_code": "p", "as_of_date": day, "population": people}
        for day, people in (("2020-01-01", 1), ("2024-01-01", 10_000), ("2024-04-01", 7))
    ]
    accrual = figure("per_capita_cost_accrual", "p", "41.5")
    found = costs(peers, [*SETTLED, accrual, figure("per_capita_cost_accrual", "c", 60)], population)
    cash = found["cash"]
    # 4,000,000 thousand yen for 10,000 residents are 400,000 yen, 40 times 10,000 yen.
    assert (cash["cost"], cash["local_tax"], cash["allocation_tax"], cash["national_subsidy"]) == (
        40,
        10,
        12,
        5,
    )
    assert (cash["other_financing"], cash["basis"], cash["reason_code"]) == (13, "derived", None)
    assert cash["population_date"] == date(2024, 1, 1)
    assert found["accrual"]["cost"] == 41.5
    assert found["accrual"]["local_tax"] is found["accrual"]["other_financing"] is None
    assert found["accrual"]["reason_code"] == "FINANCING_IS_CASH_ONLY"
    assert len(found) == 2


def test_a_published_amount_goes_before_a_computed_one(peers: PeerEngine) -> None:
    found = costs(peers, [*SETTLED, figure("per_capita_cost_cash", "p", 39)], [])
    assert (found["cash"]["cost"], found["cash"]["basis"], found["cash"]["population_date"]) == (
        39,
        "published",
        None,
    )
    assert found["cash"]["reason_code"] == "FINANCING_NOT_HELD"


def test_without_residents_nothing_is_divided(peers: PeerEngine) -> None:
    cash = costs(peers, SETTLED, [])["cash"]
    assert (cash["cost"], cash["other_financing"], cash["reason_code"]) == (None, None, "POPULATION_NOT_HELD")


# Adoption by class, and by prefecture.


def flags(
    engine: PeerEngine, models: list[str], bodies: Sequence[Row], given: Mapping[str, Sequence[Row]]
) -> duckdb.DuckDBPyConnection:
    return engine.run(
        ["int_adoption_item", "int_peer_figure", "int_adoption_flag", *models],
        {"marts.dim_area": bodies, **given},
    )


def test_adoption_by_the_class_of_the_day(peers: PeerEngine) -> None:
    bodies = [{"area_code": code, "area_type": "city"} for code in "abc"]
    classes = [
        {
            "area_code": "a",
            "peer_scheme": "population_class",
            "peer_group": "large",
            "valid_to": "2020-01-01",
        },
        {
            "area_code": "a",
            "peer_scheme": "population_class",
            "peer_group": "small",
            "valid_from": "2020-01-01",
        },
        {"area_code": "b", "peer_scheme": "population_class", "peer_group": "small"},
        {"area_code": "c", "peer_scheme": "population_class", "peer_group": "small"},
    ]
    connection = flags(
        peers,
        ["adoption_by_population_class"],
        bodies,
        {
            "marts.area_peer_group": classes,
            "intermediate.int_sewerage_body": [
                {
                    "scope": "all_sewerage",
                    "as_of_date": f"{year}-04-01",
                    "area_code": code,
                    "is_applied": applied,
                }
                for year, code, applied in (
                    (2019, "a", 1),
                    (2019, "b", 0),
                    (2020, "a", 1),
                    (2020, "b", 0),
                    (2020, "x", 1),
                )
            ],
            "intermediate.int_adoption_state": [
                {
                    "adoption_id": "cloud",
                    "area_code": code,
                    "as_of_date": "2019-04-01",
                    "is_adopted": 1,
                    "is_counted": counted,
                }
                for code, counted in (("b", True), ("c", False))
            ],
            "marts.fct_observation": [
                figure("ai_adopted", "b", 1, statistic="flag"),
                figure("ai_adopted", "c", 0, statistic="flag"),
                figure("ai_adopted", "a", None, statistic="flag"),
                # Read from the list behind the measure instead.
                figure("cloud_adopted", "a", 1, date(2019, 4, 1), statistic="flag"),
            ],
            "marts.dim_item": [
                {"item_id": item, "unit": "有無", "is_additive": False}
                for item in ("ai_adopted", "cloud_adopted")
            ],
        },
    )
    found = connection.execute(
        "select item_id, year(as_of_date), population_class, bodies_in_class, bodies, bodies_adopted, share, basis "
        "from marts.adoption_by_population_class order by all"
    ).fetchall()
    sewerage = "public_enterprise_accounting_applied"
    assert found == [
        ("ai_adopted", 2024, "small", 3, 2, 1, 50.0, "survey"),
        ("cloud_adopted", 2019, "small", 2, 1, 1, 100.0, "list"),
        (sewerage, 2019, "large", 1, 1, 1, 100.0, "rebuilt_from_days"),
        (sewerage, 2019, "small", 2, 1, 0, 0.0, "rebuilt_from_days"),
        (sewerage, 2020, "small", 3, 2, 1, 50.0, "rebuilt_from_days"),
    ]


def participation(
    engine: PeerEngine, given: list[tuple[int, int, int]], prefectures: int = 47
) -> list[dict[str, Any]]:
    """Run prefectures of two towns each: (fiscal year, number of the prefecture, how many towns take part)."""
    bodies = [
        {"area_code": f"{number}-{town}", "area_type": "town", "prefecture_code": str(number)}
        for number in range(prefectures)
        for town in range(2)
    ]
    connection = flags(
        engine,
        ["prefecture_participation"],
        bodies,
        {
            "intermediate.int_sewerage_body": [
                {
                    "scope": "all",
                    "as_of_date": f"{year}-04-01",
                    "area_code": f"{number}-{town}",
                    "is_applied": int(town < count),
                }
                for year, number, count in given
                for town in range(2)
            ]
        },
    )
    return rows(connection, "select * from marts.prefecture_participation order by fiscal_year, area_code")


def test_growth_in_every_prefecture(peers: PeerEngine) -> None:
    every = range(47)
    found = participation(
        peers,
        [(2019, number, 0) for number in every]
        + [(2020, number, 1) for number in every]
        + [(2021, number, 2) for number in every]
        + [(2022, number, 1 if number == 3 else 2) for number in every],
    )
    by_year = {row["fiscal_year"]: row for row in found if row["area_code"] == "3"}
    assert [by_year[year]["movement"] for year in (2019, 2020, 2021, 2022)] == [
        "first",
        "grew",
        "grew",
        "fell",
    ]
    assert [by_year[year]["grew_in_all"] for year in (2019, 2020, 2021, 2022)] == [None, True, True, False]
    assert [by_year[year]["prefectures_grew"] for year in (2019, 2020, 2021, 2022)] == [0, 47, 47, 0]
    assert (by_year[2019]["reason_code"], by_year[2020]["reason_code"]) == ("FIRST_DAY", None)
    assert (by_year[2022]["prefectures_grew_or_full"], by_year[2022]["grew_in_all_or_full"]) == (46, False)
    assert (by_year[2021]["is_complete"], by_year[2021]["share"], by_year[2021]["participants_before"]) == (
        True,
        100,
        1,
    )


def test_nothing_is_said_of_all_prefectures_when_one_has_no_body(peers: PeerEngine) -> None:
    found = participation(
        peers, [(year, number, year - 2019) for year in (2019, 2020) for number in range(46)]
    )
    assert {row["grew_in_all"] for row in found} == {None}
    assert {row["reason_code"] for row in found} == {"PREFECTURE_WITHOUT_BODY"}
    assert {row["prefectures_grew"] for row in found if row["fiscal_year"] == 2020} == {46}


def test_one_day_of_a_fiscal_year_is_taken(peers: PeerEngine) -> None:
    bodies = [{"area_code": "t", "area_type": "town", "prefecture_code": "p"}]
    given = [
        {"scope": "all", "as_of_date": day, "area_code": "t", "is_applied": applied}
        for day, applied in (("2019-04-01", 0), ("2020-03-31", 1), ("2020-04-01", 1))
    ]
    connection = flags(peers, ["prefecture_participation"], bodies, {"intermediate.int_sewerage_body": given})
    found = connection.execute(
        "select fiscal_year, as_of_date, participants, movement from marts.prefecture_participation order by 1"
    ).fetchall()
    assert found == [(2019, date(2020, 3, 31), 1, "first"), (2020, date(2020, 4, 1), 1, "same")]


# Whose gap it is.


def contribution(
    engine: PeerEngine,
    state: Sequence[Row],
    targets: Sequence[Row],
    measures: Sequence[Row],
    population: Sequence[Row] | None = None,
) -> list[dict[str, Any]]:
    connection = engine.run(
        ["int_adoption_item", "prefecture_contribution"],
        {
            "intermediate.int_adoption_state": state,
            "intermediate.int_peer_population": population or [],
            "marts.dim_target": targets,
            "marts.dim_measure": measures,
        },
    )
    return rows(
        connection, "select * from marts.prefecture_contribution order by measure_id, as_of_date, area_code"
    )


def adopted(code: str, prefecture: str, value: int, adoption: str = "cloud", day: date = DAY) -> Row:
    return {
        "adoption_id": adoption, "area_code": code, "prefecture_code": prefecture, "as_of_date": day, "is_adopted": value,
    }  # fmt: skip


def target(measure: str, value: float, kind: str = "level") -> Row:
    return {
        "measure_id": measure,
        "target_version": "plan",
        "target_type": kind,
        "target_value": value,
        "is_primary": True,
    }


def test_each_prefecture_has_its_part_of_the_gap(peers: PeerEngine) -> None:
    state = [
        adopted(str(number), "p" if number < 6 else "q", int(number in (0, 6, 7, 8))) for number in range(9)
    ]
    measures = [
        {"measure_id": "cloud_municipalities", "unit": "団体"},
        {"measure_id": "advice_cases", "unit": "件"},
    ]
    found = contribution(
        peers, state, [target("cloud_municipalities", 6), target("advice_cases", 150)], measures
    )
    alone, first, second = found
    # Six of nine bodies: four of p's six, two of q's three.
    assert (first["area_code"], first["target_own"], first["reached"], first["gap"]) == ("p", 4, 1, 3)
    assert (second["area_code"], second["target_own"], second["reached"], second["gap"]) == ("q", 2, 3, -1)
    assert (first["gap_national"], first["target_nation"], first["reached_nation"]) == (2, 6, 4)
    assert (first["part_of_gap"], second["part_of_gap"]) == (1.5, -0.5)
    assert (alone["area_code"], alone["reason_code"], alone["gap"]) == (
        "000000",
        "NATIONAL_FIGURES_ONLY",
        None,
    )
    assert alone["target_nation"] == 150


def test_a_share_is_of_the_bodies_and_residents_weigh_by_their_number(peers: PeerEngine) -> None:
    state = [adopted("a", "p", 1, "facility_plan"), adopted("b", "q", 0, "facility_plan")]
    state += [adopted("a", "p", 1, "konbini_issuance"), adopted("b", "q", 0, "konbini_issuance")]
    measures = [
        {"measure_id": "facility_plan_adopted", "unit": "%"},
        {"measure_id": "konbini_issuance_population", "unit": "人"},
        {"measure_id": "konbini_issuance_bodies", "unit": "団体"},
    ]
    targets = [
        target("facility_plan_adopted", 100, "share"),
        target("konbini_issuance_population", 300),
        target("konbini_issuance_bodies", 1),
    ]
    population = [
        {"area_code": "a", "as_of_date": "2024-01-01", "population": 100},
        {"area_code": "b", "as_of_date": "2023-01-01", "population": 7},
        {"area_code": "b", "as_of_date": "2024-01-01", "population": 500},
    ]
    found = {
        (row["measure_id"], row["area_code"]): row
        for row in contribution(peers, state, targets, measures, population)
    }
    assert (
        found["facility_plan_adopted", "q"]["gap"] == found["facility_plan_adopted", "q"]["gap_national"] == 1
    )
    assert found["konbini_issuance_population", "p"]["gap"] == -50
    assert found["konbini_issuance_population", "q"]["gap"] == 250
    assert found["konbini_issuance_bodies", "p"]["part_of_gap"] is None
    assert found["konbini_issuance_bodies", "p"]["reason_code"] == "NO_GAP"


@pytest.mark.parametrize("value", [1000, 1600, 1, 719, 0])
def test_the_parts_add_up_to_the_national_gap_exactly(peers: PeerEngine, value: int) -> None:
    chance = random.Random(value)  # noqa: S311
    state = [
        adopted(f"{number}", f"{chance.randint(1, 47):02d}", int(chance.random() < 0.4), day=day)
        for day in (BEFORE, DAY)
        for number in range(1741)
    ]
    found = contribution(
        peers,
        state,
        [target("cloud_municipalities", value)],
        [{"measure_id": "cloud_municipalities", "unit": "団体"}],
    )
    for day in (BEFORE, DAY):
        parts = [row for row in found if row["as_of_date"] == day]
        reached = sum(int(row["is_adopted"]) for row in state if row["as_of_date"] == day)
        assert sum(row["gap"] for row in parts) == parts[0]["gap_national"] == Decimal(value - reached)
        assert sum(row["target_own"] for row in parts) == Decimal(value)
        assert sum(row["part_of_gap"] for row in parts) == pytest.approx(1)
        for row in parts:
            assert float(row["target_own"]) == pytest.approx(value * row["bodies"] / 1741, abs=2e-6)
