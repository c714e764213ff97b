"""Peers: ranks, scores, means, pace and neighbours in the SQL that ships, against examples and plain Python."""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pytest

from tests.sql.peers import PeerEngine, Row, rows

DAY = date(2024, 3, 31)
COMPARISON = ("int_peer_figure", "peer_comparison")


def bodies(count: int, area_type: str = "city") -> list[str]:
    """Return the codes of some made-up bodies."""
    return [f"{area_type[:2]}{number:04d}" for number in range(count)]


def figure(item: str, code: str, value: Any, day: date = DAY, **more: Any) -> Row:
    return {
        "item_id": item, "series_id": f"{item}__list", "area_code": code, "as_of_date": day, "value": value,
        "fiscal_year": day.year - (day.month < 4), **more,
    }  # fmt: skip


def compare(
    engine: PeerEngine,
    figures: Sequence[Row],
    groups: dict[str, str],
    scheme: str = "area_type",
    items: Sequence[Row] | None = None,
    **tables: Sequence[Row],
) -> duckdb.DuckDBPyConnection:
    """Run the comparison; `groups` gives each body its group."""
    names = sorted({str(entry["item_id"]) for entry in figures})
    return engine.run(
        COMPARISON,
        {
            "marts.fct_observation": figures,
            "marts.dim_item": items or [{"item_id": name, "unit": "%", "is_additive": False} for name in names],
            "marts.dim_area": [{"area_code": code, "area_type": "city"} for code in groups],
            "marts.area_peer_group": [
                {"area_code": code, "peer_scheme": scheme, "peer_group": group} for code, group in groups.items()
            ],
            **{f"{'intermediate' if name.startswith('int_') else 'marts'}.{name}": given for name, given in tables.items()},
        },
    )  # fmt: skip


def result(
    connection: duckdb.DuckDBPyConnection, item: str, scheme: str = "area_type"
) -> dict[str, dict[str, Any]]:
    found = rows(
        connection,
        f"select * from marts.peer_comparison where item_id = '{item}' and peer_scheme = '{scheme}' and as_of_date = "
        f"(select max(as_of_date) from marts.peer_comparison where item_id = '{item}')",
    )
    return {row["area_code"]: row for row in found}


def group_of(codes: list[str], group: str = "g") -> dict[str, str]:
    return dict.fromkeys(codes, group)


# Worked examples.


def test_q1_the_deviation_score_takes_the_whole_group(peers: PeerEngine) -> None:
    codes = bodies(5)
    figures = [figure("rate", code, 10 * (place + 1)) for place, code in enumerate(codes)]
    best = result(compare(peers, figures, group_of(codes)), "rate")[codes[4]]
    assert best["deviation_score"] == pytest.approx(64.1421, abs=5e-5)
    # With the sample's standard deviation it would be 62.6491.
    assert best["deviation_score"] != pytest.approx(62.6491, abs=1)


def test_q2_equal_values_share_a_rank_and_the_middle_percentile(peers_of_any_size: PeerEngine) -> None:
    codes = bodies(4)
    figures = [figure("rate", code, value) for code, value in zip(codes, (90, 80, 80, 70), strict=True)]
    found = result(compare(peers_of_any_size, figures, group_of(codes)), "rate")
    assert [found[code]["rank"] for code in codes] == [1, 2, 2, 4]
    assert [found[code]["percentile"] for code in codes] == [87.5, 50, 50, 12.5]


def test_q3_the_weighted_mean_is_the_sum_over_the_sum(peers: PeerEngine) -> None:
    codes = bodies(2)
    figures = [
        figure("share", codes[0], "0.1", numerator=10, denominator=100),
        figure("share", codes[1], "0.9", numerator=900, denominator=1000),
    ]
    items = [{"item_id": "share", "unit": "割合", "is_additive": False}]
    found = result(compare(peers, figures, group_of(codes), items=items), "share")[codes[0]]
    assert found["mean_unweighted"] == pytest.approx(0.5, abs=5e-5)
    assert found["mean_weighted"] == pytest.approx(0.8273, abs=5e-5)
    assert found["weighted_basis"] == "numerator_denominator"


def neighbours(engine: PeerEngine, places: dict[str, dict[str, float | None]]) -> list[dict[str, Any]]:
    connection = engine.run(
        ["nearest_neighbour"],
        {
            "intermediate.int_peer_feature": [
                {"area_code": code, "feature": name, "as_of_date": DAY, "value": value}
                for code, features in places.items()
                for name, value in features.items()
            ]
        },
    )
    return rows(connection, "select * from marts.nearest_neighbour order by area_code, position")


def test_q4_neighbours_by_standardised_distance(peers_of_any_size: PeerEngine) -> None:
    found = neighbours(
        peers_of_any_size, {"A": {"x": 1, "y": 10}, "B": {"x": 2, "y": 20}, "C": {"x": 3, "y": 60}}
    )
    distance = {(row["area_code"], row["neighbour_code"]): row["distance"] for row in found}
    assert distance["A", "B"] == pytest.approx(1.3093, abs=5e-5)
    assert distance["A", "C"] == pytest.approx(3.3700, abs=5e-5)
    assert distance["B", "C"] == pytest.approx(2.2200, abs=5e-5)
    rebased = [row["distance_rebased"] for row in found if row["area_code"] == "A"]
    assert rebased == [pytest.approx(0.3885, abs=5e-5), 1]
    assert [row["neighbour_code"] for row in found if row["area_code"] == "A"] == ["B", "C"]


def test_q5_no_score_without_spread_and_no_rank_in_a_small_group(peers: PeerEngine) -> None:
    same, few = bodies(5), bodies(4, "village")
    figures = [figure("same", code, 7) for code in same] + [
        figure("few", code, place) for place, code in enumerate(few)
    ]
    connection = compare(peers, figures, group_of(same, "same") | group_of(few, "few"))
    for row in result(connection, "same").values():
        assert (row["deviation_score"], row["suppressed_reason"], row["rank"]) == (None, "NO_SPREAD", 1)
    for row in result(connection, "few").values():
        assert row["suppressed_reason"] == "GROUP_TOO_SMALL"
        places = (
            "rank",
            "percentile",
            "deviation_score",
            "lower_quartile",
            "upper_quartile",
            "gap_to_median",
        )
        assert [row[name] for name in places] == [None] * len(places)
        assert row["median"] == 1.5


# Rules.


def test_a_direction_is_never_invented(peers: PeerEngine) -> None:
    codes = bodies(5)
    figures = [
        figure(item, code, place)
        for item in ("up", "down", "none", "torn")
        for place, code in enumerate(codes)
    ]
    measures = [
        {"measure_id": "1", "item_id": "up", "direction": "increase"},
        {"measure_id": "2", "item_id": "down", "direction": "decrease"},
        {"measure_id": "3", "item_id": "none", "direction": "none"},
        {"measure_id": "4", "item_id": "torn", "direction": "increase"},
        {"measure_id": "5", "item_id": "torn", "direction": "decrease"},
    ]
    connection = compare(peers, figures, group_of(codes), dim_measure=measures)
    top = {item: result(connection, item)[codes[0]] for item in ("up", "down", "none", "torn")}
    assert (top["up"]["top_quartile"], top["up"]["gap_to_top_quartile"]) == (3, -3)
    assert (top["down"]["top_quartile"], top["down"]["gap_to_top_quartile"]) == (1, -1)
    for item in ("none", "torn"):
        assert (top[item]["top_quartile"], top[item]["gap_to_top_quartile"]) == (None, None)
        assert top[item]["top_quartile_reason"] == "DIRECTION_NOT_DECLARED"
        assert top[item]["upper_quartile"] == 3


def test_a_flag_has_a_share_and_no_score(peers: PeerEngine) -> None:
    codes = bodies(5)
    figures = [figure("flag", code, int(place < 2), statistic="flag") for place, code in enumerate(codes)]
    row = result(compare(peers, figures, group_of(codes)), "flag")[codes[0]]
    assert row["mean_unweighted"] == 0.4
    assert (row["rank"], row["percentile"], row["deviation_score"]) == (None, None, None)
    assert row["suppressed_reason"] == row["weighted_reason"] == row["pace_reason"] == "BINARY"


def test_amounts_per_resident_are_weighted_by_the_residents_counted_last(peers: PeerEngine) -> None:
    codes = bodies(3)
    figures = [figure("cost", code, value) for code, value in zip(codes[:2], (10, 40), strict=True)]
    items = [{"item_id": "cost", "unit": "万円/人", "is_additive": False}]
    population = [
        {"area_code": codes[0], "as_of_date": "2020-01-01", "population": 5},
        {"area_code": codes[0], "as_of_date": "2024-03-31", "population": 100},
        {"area_code": codes[0], "as_of_date": "2024-04-01", "population": 7},
        {"area_code": codes[1], "as_of_date": "2022-01-01", "population": 300},
    ]
    found = result(
        compare(peers, figures, group_of(codes), items=items, int_peer_population=population), "cost"
    )
    row = found[codes[0]]
    assert (row["mean_unweighted"], row["mean_weighted"]) == (25, 32.5)
    assert (row["weighted_basis"], row["group_size"], row["missing_count"]) == ("population", 2, 1)
    without = result(
        compare(peers, figures, group_of(codes), items=items, int_peer_population=population[:3]), "cost"
    )
    assert (without[codes[0]]["mean_weighted"], without[codes[0]]["weighted_reason"]) == (
        None,
        "WEIGHT_MISSING",
    )


def test_a_rate_without_its_denominator_has_no_weighted_mean(peers: PeerEngine) -> None:
    codes = bodies(2)
    figures = [
        figure("rate", codes[0], 10, numerator=1, denominator=10),
        figure("rate", codes[1], 20),
        figure("people", codes[0], 10),
    ]
    items = [
        {"item_id": "rate", "unit": "%", "is_additive": False},
        {"item_id": "people", "unit": "人", "is_additive": True},
    ]
    connection = compare(peers, figures, group_of(codes), items=items)
    assert result(connection, "rate")[codes[0]]["weighted_reason"] == "NO_WEIGHT"
    assert result(connection, "people")[codes[0]]["weighted_reason"] == "COUNT"


def test_shares_in_per_cent_are_weighted_in_per_cent(peers: PeerEngine) -> None:
    codes = bodies(2)
    figures = [
        figure("rate", codes[0], 10, numerator=10, denominator=100),
        figure("rate", codes[1], 90, numerator=900, denominator=1000),
    ]
    assert result(compare(peers, figures, group_of(codes)), "rate")[codes[0]][
        "mean_weighted"
    ] == pytest.approx(82.727273, abs=1e-6)


@pytest.mark.parametrize(
    ("days", "since"),
    [
        ([date(2019, 3, 31), date(2021, 3, 31)], date(2019, 3, 31)),
        ([date(2018, 3, 31), date(2021, 3, 31)], date(2021, 3, 31)),
        ([date(2023, 3, 31)], date(2023, 3, 31)),
        ([date(2023, 4, 1)], None),
        ([], None),
    ],
)
def test_pace_is_measured_from_one_to_five_years_back(
    peers: PeerEngine, days: list[date], since: date | None
) -> None:
    codes = bodies(5)
    figures = [figure("rate", code, place) for place, code in enumerate(codes)]
    figures += [figure("rate", code, 10 + place, day) for day in days for place, code in enumerate(codes)]
    row = result(compare(peers, figures, group_of(codes)), "rate")[codes[2]]
    assert row["pace_from_date"] == since
    if since is None:
        assert (row["pace_per_year"], row["pace_reason"]) == (None, "NO_EARLIER_FIGURE")
    else:
        assert row["pace_per_year"] == pytest.approx(-10 * 365.25 / (DAY - since).days)
        assert (row["pace_reason"], row["pace_rank"], row["pace_percentile"]) == (None, 1, 50)


def test_pace_is_never_measured_over_a_break(peers: PeerEngine) -> None:
    codes = bodies(6)
    before = date(2022, 3, 31)
    figures = [figure("rate", code, place) for place, code in enumerate(codes)]
    figures += [figure("rate", code, 0, before) for code in codes[:4]]
    figures.append(figure("rate", codes[4], 0, before, series_id="another"))
    changes = [
        {"from_code": "gone", "to_code": codes[0], "effective_on": "2023-01-01", "kind": "merger"},
        {"from_code": "gone", "to_code": codes[1], "effective_on": "2022-03-31", "kind": "merger"},
        {"from_code": codes[2], "to_code": "new", "effective_on": "2023-01-01", "kind": "split"},
        {"from_code": codes[3], "to_code": codes[3], "effective_on": "2023-01-01", "kind": "rename"},
    ]
    found = result(compare(peers, figures, group_of(codes), area_change=changes), "rate")
    assert [found[code]["pace_reason"] for code in codes] == [
        "BODY_CHANGED", "GROUP_TOO_SMALL", "BODY_CHANGED", "GROUP_TOO_SMALL", "NO_EARLIER_FIGURE", "NO_EARLIER_FIGURE",
    ]  # fmt: skip
    assert [found[code]["pace_per_year"] is None for code in codes] == [True, False, True, False, True, True]
    assert {row["pace_rank"] for row in found.values()} == {None}


def test_counts_are_compared_within_the_kind_of_body_only(peers: PeerEngine) -> None:
    codes = bodies(5)
    figures = [figure(item, code, place) for item in ("rate", "people") for place, code in enumerate(codes)]
    items = [
        {"item_id": "rate", "unit": "%", "is_additive": False},
        {"item_id": "people", "unit": "人", "is_additive": True},
    ]
    connection = peers.run(
        COMPARISON,
        {
            "marts.fct_observation": figures,
            "marts.dim_item": items,
            "marts.dim_area": [{"area_code": code, "area_type": "city"} for code in codes],
            "marts.area_peer_group": [
                {"area_code": code, "peer_scheme": scheme, "peer_group": "g"}
                for code in codes
                for scheme in ("area_type", "similar_bodies", "prefecture")
            ],
            "marts.nearest_neighbour": [
                {"area_code": codes[0], "position": place, "neighbour_code": code}
                for place, code in enumerate(codes[1:4], start=1)
            ],
        },
    )
    schemes = rows(connection, "select distinct item_id, peer_scheme from marts.peer_comparison order by all")
    assert [(row["item_id"], row["peer_scheme"]) for row in schemes] == [
        ("people", "area_type"), ("rate", "area_type"), ("rate", "nearest"), ("rate", "prefecture"), ("rate", "similar_bodies"),
    ]  # fmt: skip
    near = result(connection, "rate", "nearest")
    assert list(near) == [codes[0]]
    assert (near[codes[0]]["group_size"], near[codes[0]]["missing_count"]) == (4, 0)
    assert (near[codes[0]]["mean_unweighted"], near[codes[0]]["peer_group"]) == (1.5, codes[0])


def test_further_groups_take_one_day_of_a_fiscal_year(peers: PeerEngine) -> None:
    codes = bodies(6)
    days = [date(2023, 4, 30), date(2023, 12, 31), date(2024, 1, 31), date(2024, 5, 31)]
    figures = [figure("rate", code, 1, day) for day in days for code in codes]
    # The last day of fiscal 2023 has fewer bodies and is not the year's.
    figures += [figure("rate", code, 1, date(2024, 3, 31)) for code in codes[:3]]
    connection = compare(peers, figures, group_of(codes), scheme="similar_bodies")
    found = rows(connection, "select distinct as_of_date from marts.peer_comparison order by 1")
    assert [row["as_of_date"] for row in found] == [date(2024, 1, 31), date(2024, 5, 31)]
    monthly = compare(peers, figures, group_of(codes))
    (count,) = monthly.execute("select count(distinct as_of_date) from marts.peer_comparison").fetchall()
    assert count == (5,)


def test_the_publishers_own_figure_goes_before_a_transcription(peers: PeerEngine) -> None:
    codes = bodies(2)
    figures = [
        figure("rate", codes[0], 1),
        figure("rate", codes[0], 9, is_secondary=True, known_on="2025-01-01"),
        figure("rate", codes[1], 5, is_latest=False),
    ]
    found = result(compare(peers, figures, group_of(codes)), "rate")
    assert {code: row["value"] for code, row in found.items()} == {codes[0]: 1}
    assert found[codes[0]]["missing_count"] == 1


# Properties, in one batch, against plain Python.


def batch(seed: int) -> tuple[list[Row], dict[str, str], list[Row]]:
    """Return figures of 400 groups with ties, missing bodies and earlier figures."""
    chance = random.Random(seed)  # noqa: S311
    figures: list[Row] = []
    groups: dict[str, str] = {}
    for group in range(400):
        codes = [f"b{group:03d}{place:03d}" for place in range(chance.randint(1, 14))]
        groups |= dict.fromkeys(codes, f"g{group}")
        scale = chance.choice((1, 10, 1000))
        for code in codes:
            if chance.random() < 0.15:
                continue
            denominator = chance.randint(1, 500)
            numerator = chance.randint(0, denominator)
            value = (
                chance.randint(0, 6) * scale if chance.random() < 0.5 else round(chance.uniform(-50, 50), 3)
            )
            figures.append(figure("rate", code, value, numerator=numerator, denominator=denominator))
            if chance.random() < 0.8:
                figures.append(
                    figure(
                        "rate",
                        code,
                        round(chance.uniform(-50, 50), 1),
                        date(chance.choice((2020, 2021, 2022)), 3, 31),
                    )
                )
    return figures, groups, [{"item_id": "rate", "unit": "人", "is_additive": False}]


def middle_percentile(value: float, values: list[float]) -> float:
    below = sum(other < value for other in values)
    equal = sum(other == value for other in values)
    return 100 * (below + equal / 2) / len(values)


def test_every_number_agrees_with_plain_python(peers: PeerEngine) -> None:
    figures, groups, items = batch(7)
    found = result(compare(peers, figures, groups, items=items), "rate")
    now = {str(row["area_code"]): row for row in figures if row["as_of_date"] == DAY}
    before = {str(row["area_code"]): row for row in figures if row["as_of_date"] != DAY}
    assert found.keys() == now.keys()
    members: dict[str, list[str]] = defaultdict(list)
    for code in now:
        members[groups[code]].append(code)
    for code, row in found.items():
        peers_of = members[groups[code]]
        values = [float(now[peer]["value"]) for peer in peers_of]
        own = float(now[code]["value"])
        assert row["group_size"] == len(values)
        assert row["missing_count"] == sum(group == groups[code] for group in groups.values()) - len(values)
        assert row["mean_unweighted"] == pytest.approx(statistics.fmean(values), abs=1e-7)
        assert row["median"] == pytest.approx(statistics.median(values), abs=1e-7)
        weights = sum(now[peer]["denominator"] for peer in peers_of)
        assert row["mean_weighted"] == pytest.approx(
            sum(now[peer]["numerator"] for peer in peers_of) / weights, abs=1e-7
        )
        if len(values) < 5:
            assert row["suppressed_reason"] == "GROUP_TOO_SMALL"
            continue
        assert row["rank"] == 1 + sum(value > own for value in values)
        assert row["percentile"] == pytest.approx(middle_percentile(own, values))
        quartiles = statistics.quantiles(values, n=4, method="inclusive")
        assert [row["lower_quartile"], row["upper_quartile"]] == pytest.approx(
            [quartiles[0], quartiles[2]], abs=1e-7
        )
        assert row["gap_to_median"] == pytest.approx(own - statistics.median(values), abs=1e-6)
        spread = statistics.pstdev(values)
        if spread == 0:
            assert row["deviation_score"] is None
        else:
            score = 50 + 10 * (own - statistics.fmean(values)) / spread
            assert row["deviation_score"] == pytest.approx(score, abs=1e-5)
        pace = {
            peer: (float(now[peer]["value"]) - float(before[peer]["value"]))
            * 365.25
            / (DAY - before[peer]["as_of_date"]).days
            for peer in peers_of
            if peer in before
        }
        if code in pace and len(pace) >= 5:
            assert row["pace_per_year"] == pytest.approx(pace[code])
            assert row["pace_median"] == pytest.approx(statistics.median(pace.values()), abs=1e-7)
            assert row["pace_rank"] == 1 + sum(round(p, 10) > round(pace[code], 10) for p in pace.values())
            rounded = [round(p, 10) for p in pace.values()]
            assert row["pace_percentile"] == pytest.approx(middle_percentile(round(pace[code], 10), rounded))
        else:
            assert row["pace_rank"] is None


def test_percentiles_average_to_the_middle_and_scores_to_fifty(peers: PeerEngine) -> None:
    figures, groups, items = batch(11)
    connection = compare(peers, figures, groups, items=items)
    for row in rows(
        connection,
        "select avg(percentile) as percentile, avg(deviation_score) as score, min(rank) as best "
        "from marts.peer_comparison where rank is not null group by item_id, as_of_date, peer_group",
    ):
        assert row["percentile"] == pytest.approx(50)
        assert row["score"] is None or row["score"] == pytest.approx(50, abs=1e-5)
        assert row["best"] == 1


def test_neighbours_agree_with_plain_python(peers: PeerEngine) -> None:
    chance = random.Random(5)  # noqa: S311
    places: dict[str, dict[str, float | None]] = {
        f"{number:03d}": {"x": chance.gauss(0, 3), "y": chance.lognormvariate(0, 2), "flat": 1.0}
        for number in range(60)
    }
    places["999"] = {"x": None, "y": 1.0, "flat": 1.0}
    known = {code: place for code, place in places.items() if code != "999"}
    scaled: dict[str, list[float]] = defaultdict(list)
    for name in ("x", "y"):
        # A body that lacks one feature still counts in the others.
        held = {code: float(place[name]) for code, place in places.items() if place[name] is not None}  # type: ignore[arg-type]
        mean, spread = statistics.fmean(held.values()), statistics.pstdev(held.values())
        for code in known:
            scaled[code].append((held[code] - mean) / spread)

    def distance(a: str, b: str) -> float:
        return sum((p - q) ** 2 for p, q in zip(scaled[a], scaled[b], strict=True)) ** 0.5

    found = neighbours(peers, places)
    assert [
        (row["area_code"], row["position"], row["reason_code"]) for row in found if row["position"] == 0
    ] == [("999", 0, "FEATURE_MISSING")]
    by_body: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        by_body[row["area_code"]].append(row)
    for code in known:
        others = sorted((round(distance(code, other), 8), other) for other in known if other != code)
        assert [row["neighbour_code"] for row in by_body[code]] == [other for _, other in others[:15]]
        for row, (expected, _) in zip(by_body[code], others, strict=False):
            assert row["distance"] == pytest.approx(expected, abs=2e-8)
            assert row["distance_rebased"] == pytest.approx(expected / others[-1][0], abs=1e-7)
        assert by_body[code][0]["features"] == ["flat", "x", "y"]


# Which group a body belongs to.

TYPES: list[Row] = [
    {"peer_scheme": "similar_bodies", "peer_group": "core_cities", "published_text": "中核市", "body_class": "core_city",
     "population_class": "core_cities", "label_ja": "中核市", "valid_from": "2005-04-01"},
    *(
        {"peer_scheme": "similar_bodies", "peer_group": f"type_city_{size}_{kind}", "label_ja": f"都市{size}－{kind}",
         "published_text": f"都市{roman}－{wide}", "body_class": "city", "population_class": f"city_{size}",
         "population_min": low, "population_below": high, "valid_from": "2005-04-01",
         "secondary_tertiary_min": 95 if kind > 1 else None, "secondary_tertiary_below": None if kind > 1 else 95,
         "tertiary_min": {3: 65, 1: 55}.get(kind), "tertiary_below": {2: 65, 0: 55}.get(kind)}
        for size, roman, low, high in ((1, "Ⅰ", 0, 50_000), (2, "Ⅱ", 50_000, None))
        for kind, wide in enumerate("０１２３")
    ),
    *(
        {"peer_scheme": "population_class", "peer_group": name, "label_ja": name, "body_class": "municipality",
         "population_class": name, "population_min": low, "population_below": high}
        for name, low, high in (("small", 0, 30_000), ("large", 30_000, None))
    ),
]  # fmt: skip
GROUPING = ("int_peer_type_published", "int_peer_type_derived", "area_peer_group", "peer_group_agreement")
CENSUS = {"census_on": "2020-10-01", "holds_from": "2022-04-01"}


def census(code: str, population: int) -> Row:
    return figure("population", code, population, date(2020, 10, 1), series_id="population__census")


def listed(number: int, code: str, text: str, year: int = 2023) -> tuple[Row, Row]:
    """Return a row of a list of types, and the figure of the same row that says whose it is."""
    end, sha = date(year + 1, 3, 31), f"sha{year}"
    return (
        {"source_id": "list", "source_table": "types", "snapshot_sha256": sha, "as_of": end, "file_row": number,
         "type_text": text, "citation_url": "https://example.jp"},
        figure("cost", code, 1, end, source_id="list", snapshot_sha256=sha, cell=f"D{number}"),
    )  # fmt: skip


def grouped(
    engine: PeerEngine,
    areas: Sequence[Row],
    types: Sequence[tuple[Row, Row]],
    *figures: Row,
    population: Sequence[Row] | None = None,
) -> duckdb.DuckDBPyConnection:
    return engine.run(
        GROUPING,
        {
            "staging.stg_peer_group": TYPES,
            "staging.stg_peer_census": [CENSUS],
            "staging.stg_peer_type": [entry for entry, _ in types],
            "marts.fct_observation": [*(whose for _, whose in types), *figures],
            "intermediate.int_peer_population": population or [],
            "marts.dim_area": areas,
        },
    )


def spells(connection: duckdb.DuckDBPyConnection, scheme: str = "similar_bodies") -> list[tuple[Any, ...]]:
    return connection.execute(
        "select area_code, valid_from, valid_to, peer_group, basis, reason_code from marts.area_peer_group "
        "where peer_scheme = ? order by area_code, valid_from",
        [scheme],
    ).fetchall()


def test_a_published_type_goes_before_the_derived_one(peers: PeerEngine) -> None:
    areas = [{"area_code": code, "area_type": "city"} for code in ("a", "b")]
    connection = grouped(
        peers, areas, [listed(2, "a", "都市Ⅱ－３")], census("a", 20_000), census("b", 20_000)
    )
    start = date(2022, 4, 1)
    assert spells(connection) == [
        ("a", start, None, "type_city_2_3", "published", None),
        ("b", start, None, None, "derived", "INDUSTRY_NOT_HELD"),
    ]


def test_a_type_lasts_as_long_as_the_status_of_the_body(peers: PeerEngine) -> None:
    areas = [
        {"area_code": "a", "area_type": "city", "valid_to": "2025-04-01"},
        {"area_code": "a", "area_type": "core_city", "valid_from": "2025-04-01"},
        {"area_code": "c", "area_type": "core_city", "valid_from": "2000-04-01"},
    ]
    types = [listed(2, "a", "都市Ⅱ－３"), listed(3, "c", "中核市"), listed(9, "a", "都市Ⅱ－２", 2024)]
    connection = grouped(peers, areas, types, census("a", 60_000))
    assert spells(connection) == [
        ("a", date(2022, 4, 1), date(2024, 4, 1), "type_city_2_3", "published", None),
        ("a", date(2024, 4, 1), date(2025, 4, 1), "type_city_2_2", "published", None),
        ("a", date(2025, 4, 1), None, "core_cities", "derived", None),
        ("c", date(2005, 4, 1), date(2022, 4, 1), "core_cities", "derived", None),
        ("c", date(2022, 4, 1), None, "core_cities", "published", None),
    ]


def test_an_unknown_type_is_said_to_be_unknown(peers: PeerEngine) -> None:
    connection = grouped(peers, [{"area_code": "a", "area_type": "city"}], [listed(2, "a", "都市Ⅸ－９")])
    assert spells(connection) == [("a", date(2022, 4, 1), None, None, "published", "TYPE_UNKNOWN")]


@pytest.mark.parametrize(
    ("population", "both", "tertiary", "expected"),
    [
        (49_999, 95, 65, "type_city_1_3"),
        (50_000, 95, 65, "type_city_2_3"),
        (50_000, 95, "64.9", "type_city_2_2"),
        (50_000, "94.9", 55, "type_city_2_1"),
        (50_000, "94.9", "54.9", "type_city_2_0"),
        (50_000, "94.9", 99, "type_city_2_1"),
    ],
)
def test_types_by_the_limits(
    peers: PeerEngine, population: int, both: Any, tertiary: Any, expected: str
) -> None:
    day = date(2020, 10, 1)
    connection = grouped(
        peers,
        [{"area_code": "a", "area_type": "city"}],
        [],
        census("a", population),
        figure("secondary_tertiary_employment_share", "a", both, day),
        figure("tertiary_employment_share", "a", tertiary, day),
    )
    assert spells(connection) == [("a", date(2022, 4, 1), None, expected, "derived", None)]


def test_agreement_is_counted_where_something_could_be_derived(peers: PeerEngine) -> None:
    areas = [{"area_code": code, "area_type": "city"} for code in ("a", "b", "d")]
    areas.append({"area_code": "c", "area_type": "core_city"})
    types = [
        listed(2, "a", "都市Ⅰ－３"),
        listed(3, "b", "都市Ⅱ－３"),
        listed(4, "c", "中核市"),
        listed(5, "d", "都市Ⅰ－１"),
    ]
    connection = grouped(peers, areas, types, census("a", 20_000), census("b", 20_000))
    found = {
        (row["level"], row["published_group"]): row
        for row in rows(connection, "select * from marts.peer_group_agreement")
    }
    level = found["population_class", "city_2"]
    assert (level["derived_group"], level["is_agreement"]) == ("city_1", False)
    assert (level["bodies_compared"], level["bodies_agreeing"], level["agreement_share"]) == (3, 2, 66.6667)
    assert found["type", "type_city_1_1"]["reason_code"] == "POPULATION_NOT_HELD"
    assert found["type", "type_city_1_3"]["reason_code"] == "INDUSTRY_NOT_HELD"
    assert (
        found["type", "core_cities"]["bodies_compared"],
        found["type", "core_cities"]["agreement_share"],
    ) == (1, 100)


def test_population_classes_change_with_the_figures(peers: PeerEngine) -> None:
    areas = [
        {"area_code": "a", "area_type": "city", "valid_to": "2020-01-01"},
        {"area_code": "w", "area_type": "ward"},
    ]
    population = [
        {"area_code": code, "as_of_date": day, "population": people}
        for code, day, people in (
            ("a", "2008-03-31", 31_000), ("a", "2013-03-31", 30_000), ("a", "2014-01-01", 29_999),
            ("a", "2015-01-01", 29_000), ("a", "2017-01-01", 30_500), ("w", "2015-01-01", 1),
        )
    ]  # fmt: skip
    connection = grouped(peers, areas, [], population=population)
    assert [row[:4] for row in spells(connection, "population_class")] == [
        ("a", date(2008, 3, 31), date(2014, 1, 1), "large"),
        ("a", date(2014, 1, 1), date(2017, 1, 1), "small"),
        ("a", date(2017, 1, 1), date(2020, 1, 1), "large"),
    ]
    assert [row[0] for row in spells(connection, "area_type")] == ["a", "w"]
    assert [row[0] for row in spells(connection, "prefecture")] == ["a"]
