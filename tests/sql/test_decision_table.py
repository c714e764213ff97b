"""Every row of the decision table, and its edges, in the SQL that ships."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.sql.engine import Case, Engine, Figure, Target

START, DEADLINE = date(2014, 4, 1), date(2018, 3, 31)
LEVEL = Target(1000, DEADLINE, 550, START)


def known(day: date, value: float | str, *, status: str = "final", after: int = 60, **more: object) -> Figure:
    return Figure(day, value, status, day + timedelta(days=after), **more)  # type: ignore[arg-type]


def judged(engine: Engine, case: Case, day: date = date(2026, 11, 23)) -> tuple[str, str, str]:
    verdict = engine.latest(case, day)
    return verdict["status"], verdict["grade"], verdict["reason_code"]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(
            Case([LEVEL], monitor_only=True),
            ("monitor_only", "F", "MONITOR_ONLY"),
            id="1 printed as monitored only",
        ),
        pytest.param(Case([Target(kind="none")]), ("no_target", "F", "NO_TARGET"), id="2 no target stated"),
        pytest.param(
            Case([Target(kind="not_set")]),
            ("target_pending", "F", "TARGET_PENDING"),
            id="3 level still to be set",
        ),
        pytest.param(
            Case([Target(-30, None, kind="change", comparator="<=")], direction="decrease"),
            ("deadline_pending", "N", "DEADLINE_PENDING"),
            id="5 level without deadline",
        ),
        pytest.param(Case([Target(1000, DEADLINE)]), ("no_data", "N", "NO_DATA"), id="6 no figure known"),
        pytest.param(
            Case([Target(1000, DEADLINE)], [known(date(2016, 4, 1), 800, series="other")]),
            ("not_comparable", "N", "SERIES_BREAK"),
            id="7 only figures across a break",
        ),
    ],
)
def test_rows_that_need_no_figure(engine: Engine, case: Case, expected: tuple[str, str, str]) -> None:
    assert judged(engine, case) == expected


@pytest.mark.parametrize(
    ("values", "direction", "expected"),
    [
        ([], "increase", ("no_data", "N")),
        ([5], "increase", ("baseline_only", "N")),
        ([5, 6], "increase", ("improving", "A")),
        ([5, 5], "increase", ("flat", "B")),
        ([5, 4], "increase", ("worsening", "B")),
        ([5, 4], "decrease", ("improving", "A")),
        ([5, 6], "decrease", ("worsening", "B")),
    ],
)
def test_row_4_direction_only(
    engine: Engine, values: list[int], direction: str, expected: tuple[str, str]
) -> None:
    figures = [known(date(2015 + index, 4, 1), value) for index, value in enumerate(values)]
    case = Case([Target(kind="direction_only")], figures, direction)
    assert judged(engine, case) == (*expected, "DIRECTION")


def test_row_5_shows_progress_where_it_can(engine: Engine) -> None:
    target = Target(-30, None, 0, START, kind="change", comparator="<=")
    verdict = engine.latest(Case([target], [known(date(2016, 4, 1), -15)], "decrease"))
    assert (verdict["status"], verdict["progress"], verdict["elapsed"]) == ("deadline_pending", 0.5, None)


def test_row_8_met_before_the_deadline(engine: Engine) -> None:
    case = Case([LEVEL], [known(date(2016, 4, 1), 1000)])
    assert judged(engine, case, date(2017, 1, 1)) == ("achieved", "A", "MET_EARLY")
    assert judged(engine, case, DEADLINE) == ("achieved", "A", "MET_EARLY")


def test_row_9_only_the_baseline(engine: Engine) -> None:
    assert judged(engine, Case([LEVEL]), date(2016, 1, 1)) == ("baseline_only", "N", "BASELINE_ONLY")


def test_row_9_without_any_baseline_says_so(engine: Engine) -> None:
    case = Case([Target(1000, DEADLINE)], [known(date(2016, 4, 1), 800, status="preliminary")])
    verdict = engine.latest(case, date(2017, 1, 1))
    assert (verdict["status"], verdict["reason_code"], verdict["progress"]) == (
        "baseline_only",
        "NO_BASELINE",
        None,
    )
    assert "NO_BASELINE" in verdict["flags"]


def test_without_a_baseline_being_met_can_still_be_said(engine: Engine) -> None:
    case = Case([Target(1000, DEADLINE)], [known(date(2016, 4, 1), 1200, status="preliminary")])
    assert judged(engine, case, date(2017, 1, 1)) == ("achieved", "A", "MET_EARLY")


def test_row_10_met_once_and_below_now(engine: Engine) -> None:
    case = Case([LEVEL], [known(date(2015, 4, 1), 1100), known(date(2016, 4, 1), 900)])
    assert judged(engine, case, date(2017, 1, 1)) == ("slipped", "B", "SLIPPED")


def test_row_10_a_baseline_that_met_the_target_counts_as_an_earlier_figure(engine: Engine) -> None:
    """From 120 to 95 with a target of 100: the arithmetic alone would call it ahead."""
    case = Case([Target(100, DEADLINE, 120, START)], [known(date(2016, 4, 1), 95)])
    verdict = engine.latest(case, date(2017, 1, 1))
    assert (verdict["status"], verdict["grade"], verdict["reason_code"]) == ("slipped", "B", "SLIPPED")
    assert verdict["first_met_date"] == START


def test_row_10_needs_no_baseline(engine: Engine) -> None:
    figures = [
        known(date(2015, 4, 1), 1100, status="preliminary"),
        known(date(2016, 4, 1), 900, status="preliminary"),
    ]
    case = Case([Target(1000, DEADLINE)], figures)
    assert judged(engine, case, date(2017, 1, 1)) == ("slipped", "B", "SLIPPED")


@pytest.mark.parametrize(
    ("value", "status", "letter"),
    [
        # Half of the time is gone (730 of 1460 days), so p = e at half of the gap.
        (200, "ahead", "A"),
        (199.99, "on_track", "B"),
        (195, "on_track", "B"),
        (194.99, "behind", "B"),
        (160, "behind", "B"),
        (159.99, "far_behind", "B"),
        (100, "far_behind", "B"),
        (99.99, "reversing", "B"),
        # A figure has ten decimals, and the last of them counts.
        ("199.9999999999", "on_track", "B"),
        ("99.9999999999", "reversing", "B"),
    ],
)
def test_row_11_pace_at_its_edges(engine: Engine, value: float | str, status: str, letter: str) -> None:
    target = Target(300, date(2018, 1, 1), 100, date(2014, 1, 2))
    half_way = date(2016, 1, 2)
    assert (half_way - date(2014, 1, 2)).days * 2 == (date(2018, 1, 1) - date(2014, 1, 2)).days
    case = Case([target], [known(half_way, value, after=0)])
    assert judged(engine, case, date(2016, 6, 1)) == (status, letter, "PACE")


def test_rows_12_the_value_at_the_deadline_decides_for_ever(engine: Engine) -> None:
    met = [known(DEADLINE, 1000)]
    assert judged(engine, Case([LEVEL], met)) == ("achieved", "A", "MET_AT_DEADLINE")
    fell = Case([LEVEL], [*met, known(date(2020, 4, 1), 999)])
    assert judged(engine, fell) == ("achieved_then_slipped", "A", "MET_AT_DEADLINE")
    assert judged(engine, fell, date(2019, 1, 1)) == ("achieved", "A", "MET_AT_DEADLINE")


def test_row_13_missed_and_met_later(engine: Engine) -> None:
    missed = [known(DEADLINE, 999)]
    assert judged(engine, Case([LEVEL], missed)) == ("missed", "B", "MISSED")
    later = engine.latest(Case([LEVEL], [*missed, known(date(2020, 4, 1), 1001)]))
    assert (later["status"], later["grade"], later["reason_code"]) == ("achieved_late", "B", "MISSED")
    assert (later["deadline_as_of_date"], later["first_met_date"]) == (DEADLINE, date(2020, 4, 1))


@pytest.mark.parametrize(
    ("days_before", "status"),
    [(31, "missed"), (32, "overdue_no_final_data"), (-1, "missed"), (-2, "overdue_no_final_data")],
)
def test_a_deadline_value_lies_within_31_days_before_or_on_the_day_after(
    engine: Engine, days_before: int, status: str
) -> None:
    case = Case([LEVEL], [known(DEADLINE - timedelta(days=days_before), 900)])
    assert judged(engine, case)[0] == status


def test_a_final_value_up_to_the_deadline_comes_before_the_day_after(engine: Engine) -> None:
    case = Case([LEVEL], [known(DEADLINE, 990), known(date(2018, 4, 1), 1005)])
    assert judged(engine, case) == ("achieved_late", "B", "MISSED")


def test_a_preliminary_value_gives_a_provisional_verdict_until_the_final_one(engine: Engine) -> None:
    preliminary = known(DEADLINE, 1000, status="preliminary")
    first = engine.latest(Case([LEVEL], [preliminary]))
    assert (first["status"], first["is_provisional"]) == ("achieved", True)
    assert "PROVISIONAL" in first["flags"]
    final = engine.latest(Case([LEVEL], [preliminary, known(DEADLINE, 990, after=300)]))
    assert (final["status"], final["is_provisional"]) == ("missed", False)


def test_row_14_met_before_the_deadline_and_never_below_since(engine: Engine) -> None:
    early = [known(date(2016, 4, 1), 1000)]
    assert judged(engine, Case([LEVEL], early)) == ("achieved", "A", "MET_BEFORE_DEADLINE")
    stayed = [*early, known(date(2020, 4, 1), 1100)]
    assert judged(engine, Case([LEVEL], stayed)) == ("achieved", "A", "MET_BEFORE_DEADLINE")
    fell = [*early, known(date(2020, 4, 1), 900)]
    assert judged(engine, Case([LEVEL], fell)) == ("overdue_no_final_data", "N", "NO_DEADLINE_VALUE")


def test_row_14_the_printed_baseline_is_later_than_an_older_figure(engine: Engine) -> None:
    older = known(date(2013, 4, 1), 900)
    assert judged(engine, Case([Target(1000, DEADLINE, 1000.5, START)], [older])) == (
        "achieved", "A", "MET_BEFORE_DEADLINE",
    )  # fmt: skip


def test_row_15_bracketed_by_a_figure_below_and_a_later_one_that_meets(engine: Engine) -> None:
    case = Case([LEVEL], [known(date(2016, 4, 1), 800), known(date(2020, 4, 1), 1100)])
    assert judged(engine, case) == ("achieved_date_unknown", "N", "DEADLINE_BRACKETED")
    from_baseline = Case([LEVEL], [known(date(2020, 4, 1), 1100)])
    assert judged(engine, from_baseline) == ("achieved_date_unknown", "N", "DEADLINE_BRACKETED")


def test_row_16_still_below_afterwards_what_cannot_fall(engine: Engine) -> None:
    figures = [known(date(2016, 4, 1), 800), known(date(2020, 4, 1), 900)]
    assert judged(engine, Case([LEVEL], figures, non_decreasing=True)) == ("missed", "B", "MISSED_LATER")
    assert judged(engine, Case([LEVEL], figures)) == ("overdue_no_final_data", "N", "NO_DEADLINE_VALUE")


def test_row_16_what_can_only_rise_may_have_been_low_enough_at_the_deadline(engine: Engine) -> None:
    target = Target(1000, DEADLINE, 550, START, comparator="<=")
    case = Case([target], [known(date(2020, 4, 1), 1100)], "decrease", non_decreasing=True)
    assert judged(engine, case)[1:] == ("N", "NO_DEADLINE_VALUE")


def test_row_17_keeps_the_last_pace(engine: Engine) -> None:
    verdict = engine.latest(Case([LEVEL], [known(date(2016, 4, 1), 800)]))
    assert (verdict["status"], verdict["grade"]) == ("overdue_no_final_data", "N")
    assert verdict["pace"] == pytest.approx((250 / 450) / (731 / 1460))


def test_the_deadline_day_itself_is_not_past(engine: Engine) -> None:
    case = Case([LEVEL], [known(date(2016, 4, 1), 800)])
    assert judged(engine, case, DEADLINE)[2] == "PACE"
    assert judged(engine, case, DEADLINE + timedelta(days=1))[2] == "NO_DEADLINE_VALUE"


@pytest.mark.parametrize(
    ("comparator", "value", "met"),
    [
        (">=", 1000, True),
        ("<=", 1000, True),
        ("=", 1000, True),
        ("=", 1001, False),
        (">=", 999, False),
        ("<=", 1001, False),
    ],
)
def test_the_comparator_is_the_stated_one(engine: Engine, comparator: str, value: int, met: bool) -> None:
    target = Target(1000, DEADLINE, 550, START, comparator=comparator)
    assert (judged(engine, Case([target], [known(DEADLINE, value)]))[0] == "achieved") is met


class TestBaseline:
    """printed; else the last final figure up to the plan's start (2015-06-30); else the first final one after it."""

    def test_the_last_final_figure_before_the_plan(self, engine: Engine) -> None:
        figures = [
            known(date(2013, 4, 1), 400), known(date(2015, 6, 30), 500), known(date(2016, 4, 1), 600),
            known(date(2015, 6, 1), 450, status="preliminary"),
        ]  # fmt: skip
        verdict = engine.latest(Case([Target(1000, DEADLINE)], figures), date(2016, 12, 1))
        assert (verdict["baseline_value"], verdict["baseline_basis"]) == (500, "before_plan")

    def test_the_first_final_figure_after_it(self, engine: Engine) -> None:
        figures = [
            known(date(2015, 7, 1), 500, status="preliminary"),
            known(date(2016, 4, 1), 600),
            known(date(2017, 4, 1), 700),
        ]
        verdict = engine.latest(Case([Target(1000, DEADLINE)], figures), date(2017, 12, 1))
        assert (verdict["baseline_value"], verdict["baseline_basis"], verdict["value"]) == (
            600,
            "first_observed",
            700,
        )

    def test_the_printed_number_governs(self, engine: Engine) -> None:
        figures = [known(START, 562, enters=False), known(date(2016, 4, 1), 700)]
        verdict = engine.latest(Case([LEVEL], figures), date(2016, 12, 1))
        assert (verdict["baseline_value"], verdict["baseline_basis"]) == (550, "printed")

    def test_a_baseline_after_the_deadline_gives_no_ratio(self, engine: Engine) -> None:
        figures = [known(date(2020, 4, 1), 800), known(date(2021, 4, 1), 1100)]
        verdict = engine.latest(Case([Target(1000, DEADLINE)], figures))
        assert (verdict["progress"], verdict["pace"]) == (None, None)
        assert verdict["status"] == "overdue_no_final_data"


class TestReplay:
    """Nothing known later is used."""

    def test_a_figure_counts_from_the_day_it_was_known(self, engine: Engine) -> None:
        case = Case([LEVEL], [known(date(2016, 4, 1), 800, after=100)])
        assert judged(engine, case, date(2016, 7, 9))[0] == "baseline_only"
        assert judged(engine, case, date(2016, 7, 10))[0] == "ahead"

    def test_a_revision_replaces_the_figure_from_its_own_day(self, engine: Engine) -> None:
        case = Case([LEVEL], [known(date(2016, 4, 1), 800), known(date(2016, 4, 1), 700, after=400)])
        assert engine.latest(case, date(2016, 12, 1))["value"] == 800
        assert engine.latest(case, date(2017, 12, 1))["value"] == 700

    def test_a_final_figure_is_not_undone_by_a_later_preliminary_one(self, engine: Engine) -> None:
        case = Case(
            [LEVEL],
            [known(date(2016, 4, 1), 800), known(date(2016, 4, 1), 700, status="preliminary", after=400)],
        )
        assert engine.latest(case, date(2017, 12, 1))["value"] == 800

    def test_an_unknown_release_date_makes_the_replay_optimistic(self, engine: Engine) -> None:
        case = Case([LEVEL], [Figure(date(2016, 4, 1), 800)])
        past, today = engine.latest(case, date(2016, 12, 1)), engine.latest(case)
        assert (past["replay_is_optimistic"], today["replay_is_optimistic"]) == (True, False)
        assert (
            engine.latest(Case([LEVEL], [known(date(2016, 4, 1), 800)]), date(2016, 12, 1))[
                "replay_is_optimistic"
            ]
            is False
        )

    def test_a_status_that_turns_on_an_undated_figure_is_optimistic_too(self, engine: Engine) -> None:
        met, below = Figure(date(2015, 4, 1), 1100), known(date(2016, 4, 1), 900)
        slipped = engine.latest(Case([LEVEL], [met, below]), date(2017, 1, 1))
        assert (slipped["status"], slipped["replay_is_optimistic"]) == ("slipped", True)
        short = engine.latest(Case([LEVEL], [Figure(date(2015, 4, 1), 700), below]), date(2017, 1, 1))
        assert (short["status"], short["replay_is_optimistic"]) == ("ahead", False)

    def test_a_printed_baseline_goes_stale_on_its_own_day(self, engine: Engine) -> None:
        rows = engine.run([Case([LEVEL])]).execute(
            "select evaluated_on, is_stale from marts.kpi_progress where scheme = 'default' order by 1"
        )
        stale_from = START + timedelta(days=551)
        found = dict(rows.fetchall())
        assert found[stale_from] is True
        assert not any(is_stale for day, is_stale in found.items() if day < stale_from)

    def test_a_kpi_is_never_judged_by_some_of_its_measures(self, engine: Engine) -> None:
        early = Target(1000, DEADLINE, 550, date(2013, 4, 1), adopted_on=None)
        cases = [
            Case([early], kpi="dual"),
            Case([Target(1000, DEADLINE, adopted_on=None)], [known(date(2016, 4, 1), 800)], kpi="dual"),
        ]
        counts = engine.run(cases).execute("select distinct measure_count from marts.kpi_verdict").fetchall()
        assert counts == [(2,)]

    def test_a_replay_before_adoption_uses_the_primary_target_and_says_so(self, engine: Engine) -> None:
        target = Target(1000, DEADLINE, 550, START, adopted_on=date(2017, 12, 21))
        case = Case([target], [known(date(2016, 4, 1), 800)])
        before, after = engine.latest(case, date(2016, 12, 31)), engine.latest(case, date(2018, 1, 1))
        assert (before["target_adopted_later"], after["target_adopted_later"]) == (True, False)
        assert "TARGET_ADOPTED_LATER" in before["flags"]
        assert before["reason_code"] == "PACE"

    def test_a_successor_exists_from_its_adoption_and_leaves_the_first_verdict(self, engine: Engine) -> None:
        successor = Target(
            1600, date(2024, 3, 31), version="later", primary=False, adopted_on=date(2018, 6, 15)
        )
        connection = engine.run([Case([LEVEL, successor], [known(DEADLINE, 1013)])])
        first = connection.execute(
            "select min(evaluated_on) from marts.kpi_progress where target_version = 'later' and scheme = 'default'"
        ).fetchone()
        assert first == (date(2018, 6, 15),)
        final = connection.execute(
            "select target_version, status, baseline_value from marts.kpi_progress "
            "where evaluated_on = date '2026-11-23' and scheme = 'default' order by is_primary desc"
        ).fetchall()
        assert final == [("plan", "achieved", 550), ("later", "overdue_no_final_data", 1013)]

    def test_stale_after_550_days(self, engine: Engine) -> None:
        case = Case([LEVEL], [known(date(2016, 4, 1), 800, after=0)])
        day = date(2016, 4, 1) + timedelta(days=550)
        assert engine.latest(case, day)["is_stale"] is False
        assert engine.latest(case, day + timedelta(days=1))["is_stale"] is True

    def test_between_two_days_of_the_table_the_verdict_stands(self, engine: Engine) -> None:
        """Every day on which a verdict changes has its row, so the row before a day is that day's verdict."""
        case = Case(
            [LEVEL], [known(date(2015, 4, 1), 728), known(date(2016, 4, 1), 787), known(DEADLINE, 1013)]
        )
        columns = "status, grade, reason_code, value, progress, pace, is_stale, is_provisional, target_adopted_later"
        days = [date(2014, 1, 1) + timedelta(days=17 * step) for step in range(250)]
        every = engine.run([case], days).execute(
            f"select evaluated_on, {columns} from marts.kpi_progress where evaluated_on = any(?) and scheme = 'default'",
            [days],
        )
        expected = {row[0]: row[1:] for row in every.fetchall()}
        shipped = (
            engine.run([case])
            .execute(
                f"select evaluated_on, {columns} from marts.kpi_progress where scheme = 'default' order by 1"
            )
            .fetchall()
        )
        assert len(expected) > 200
        for day, verdict in expected.items():
            before = [row for row in shipped if row[0] <= day]
            if before:
                assert before[-1][1:] == verdict, day


class TestShares:
    """A 100% target is judged on the share; the published rate wins over the computed one."""

    TARGET = Target(100, date(2017, 3, 31), kind="share")

    def test_computed_from_numerator_and_denominator(self, engine: Engine) -> None:
        figure = Figure(
            date(2017, 3, 31),
            None,
            known_on=date(2017, 10, 25),
            numerator=1756,
            denominator=1788,
            statistic="share",
        )
        verdict = engine.latest(Case([self.TARGET], [figure]))
        assert float(verdict["value"]) == pytest.approx(98.2102908, abs=1e-6)
        assert verdict["status"] == "missed"

    def test_published_rate_wins(self, engine: Engine) -> None:
        figure = Figure(
            date(2017, 3, 31),
            100,
            known_on=date(2017, 10, 25),
            numerator=1787,
            denominator=1788,
            statistic="share",
        )
        assert engine.latest(Case([self.TARGET], [figure]))["status"] == "achieved"


@pytest.mark.parametrize(
    ("letters", "together"),
    [("AA", "A"), ("AB", "B"), ("AN", "N"), ("BN", "B"), ("FF", "F"), ("AF", "F"), ("NF", "N")],
)
def test_a_kpi_of_several_measures(engine: Engine, letters: str, together: str) -> None:
    kinds = {
        "A": Case([LEVEL], [known(DEADLINE, 1000)], kpi="dual"),
        "B": Case([LEVEL], [known(DEADLINE, 900)], kpi="dual"),
        "N": Case([LEVEL], kpi="dual"),
        "F": Case([Target(kind="none")], kpi="dual"),
    }
    connection = engine.run([kinds[letter] for letter in letters])
    verdict = connection.execute(
        "select grade, measure_count, pace from marts.kpi_verdict where evaluated_on = date '2026-11-23' and scheme = 'default'"
    ).fetchall()
    assert len(verdict) == 1
    assert verdict[0][:2] == (together, 2)


def test_the_pace_of_a_kpi_is_the_lowest(engine: Engine) -> None:
    day = date(2016, 4, 1)
    cases = [Case([LEVEL], [known(day, value)], kpi="dual") for value in (900, 700)]
    connection = engine.run(cases, [date(2017, 1, 1)])
    paces = connection.execute(
        "select pace from marts.kpi_progress where evaluated_on = date '2017-01-01' and scheme = 'default' order by pace"
    ).fetchall()
    together = connection.execute(
        "select pace from marts.kpi_verdict where evaluated_on = date '2017-01-01' and scheme = 'default'"
    ).fetchone()
    assert together == paces[0]
    assert paces[0] < paces[1]


def test_areas_have_rows_only_where_the_target_applies_to_them(engine: Engine) -> None:
    figures = [
        Figure(date(2023, 3, 31), 50, area_code="010006"),
        Figure(date(2024, 3, 31), 51, area_code="010006"),
    ]
    each = Case([Target(kind="none", applies_to="each_area")], figures)
    nation = Case([Target(kind="none")], figures)
    connection = engine.run([each, nation])
    rows = connection.execute(
        "select measure_id, max(value) from marts.kpi_progress where area_code = '010006' group by 1"
    ).fetchall()
    assert rows == [("m0", 51)]
