"""What `explain` tells beside the verdict: other schemes, published methods, moved targets, forecasts, the outlook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from cli.formats import value_text
from cli.messages import REASONS, SCHEMES, STATUSES, Speaker
from cli.outlook_words import CLASSES, METHODS, MODELS, PROJECTION_REASONS, TRENDS
from cli.reader import rows
from pipelines.query import Record

if TYPE_CHECKING:
    import duckdb

# The rows of the day's verdict: the tables beside it share its key and have a row for each of its days.
_DAY = """
select measure_id, area_code, target_version, evaluated_on, is_primary
from marts.kpi_progress_as_of($day)
where scheme = 'default' and measure_id = $measure_id and area_code = $area_code
"""

_QUERIES = {
    "schemes": """
        select scheme, target_version, is_primary, status, grade, reason_code, progress, elapsed, pace, flags
        from marts.kpi_progress_as_of($day)
        where scheme <> 'default' and measure_id = $measure_id and area_code = $area_code
        order by not is_primary, target_version, scheme
    """,
    "methods": f"""
        select method.*, whole.class as class_in_fiscal_years
        from marts.scheme_comparison as method
        join ({_DAY}) as verdict using (measure_id, area_code, target_version, evaluated_on)
        left join marts.scheme_comparison as whole
            on
                whole.measure_id = method.measure_id and whole.area_code = method.area_code
                and whole.evaluated_on = method.evaluated_on and whole.target_version = method.target_version
                and whole.scheme = method.scheme and whole.time_basis = 'fiscal_years'
        where verdict.is_primary and method.time_basis = 'days' and method.class is not null
        order by method.scheme
    """,
    "target_changes": """
        select * from marts.target_change
        where measure_id = $measure_id and changed_on <= $day
        order by changed_on, from_version
    """,
    "targets_pending": """
        select
            * exclude (set_by_version, set_on, days_after_due, outcome),
            case when set_on <= $day then set_by_version end as set_by_version,
            case when set_on <= $day then set_on end as set_on
        from marts.target_pending
        where measure_id = $measure_id
    """,
    "forecasts": """
        select
            * exclude (outcome_observation_id, outcome_date, outcome_value, error, relative_error, outcome_progress),
            case when outcome_known_on <= $day then outcome_date end as outcome_date,
            case when outcome_known_on <= $day then outcome_value end as outcome_value,
            case when outcome_known_on <= $day then error end as error
        from marts.forecast_score
        where measure_id = $measure_id and area_code = $area_code and made_on <= $day
        order by made_on, forecast_for
    """,
    "trend": f"""
        select trend.*
        from marts.kpi_trend as trend
        join ({_DAY}) as verdict using (measure_id, area_code, target_version, evaluated_on)
        where verdict.is_primary
    """,
    "projections": f"""
        select projection.*, verdict.is_primary
        from marts.kpi_projection as projection
        join ({_DAY}) as verdict using (measure_id, area_code, target_version, evaluated_on)
        order by not verdict.is_primary, target_version, not projection.is_selected, projection.model
    """,
}


def load_beside(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> dict[str, list[Record]]:
    """Return the records that stand beside the verdicts of one measure, area and day."""
    return {name: rows(connection, query, values) for name, query in _QUERIES.items()}


def beside_lines(content: dict[str, list[Record]], measure: Record, say: Speaker) -> Iterator[str]:
    """Yield the lines, as rich markup, of everything that there is to say."""
    parts: tuple[tuple[str, str, Callable[[Record, Record, Speaker], str]], ...] = (
        ("schemes", "explain_schemes", _scheme),
        ("methods", "explain_methods", _method),
        ("target_changes", "explain_changes", _change),
        ("targets_pending", "explain_pending", _pending),
        ("forecasts", "explain_forecasts", _forecast),
        ("trend", "explain_trend", _trend),
        ("projections", "explain_projections", _projection),
    )
    for name, heading, line in parts:
        lines = [text for row in content[name] if (text := line(row, measure, say))]
        if lines:
            yield f"[bold]{say(heading)}[/bold]"
            yield from (f"  {text}" for text in lines)
            yield ""


def _value(value: Any, measure: Record, say: Speaker) -> str:
    return value_text(value, measure["unit"], measure["decimals"], say.language)


def _numbers(**named: float | None) -> str:
    return ", ".join(f"{name} = {value:.6f}" for name, value in named.items() if value is not None)


def _scheme(row: Record, measure: Record, say: Speaker) -> str:
    name = say.word(SCHEMES, row["scheme"])
    numbers = _numbers(p=row["progress"], e=row["elapsed"], pace=row["pace"])
    mark = "! " if "DIFFERS_FROM_DEFAULT" in row["flags"] else ""
    verdict = f"{row['grade']} {say.word(STATUSES, row['status'])} - {say.word(REASONS, row['reason_code'])}"
    return f"{mark}{name} [dim]{row['scheme']} {row['target_version']}[/dim]: {verdict}{'; ' if numbers else ''}{numbers}"


def _method(row: Record, measure: Record, say: Speaker) -> str:
    mark = "! " if row["differs_from_letter"] else ""
    ratio = "" if row["ratio"] is None else f" ({row['ratio']:.4f})"
    text = f"{mark}{say.word(METHODS, row['scheme'])} [dim]{row['scheme']}[/dim]: {say.word(CLASSES, row['class'])}{ratio}"
    if row["class_in_fiscal_years"] in (None, row["class"]):
        return text
    return f"{text}; {say('in_fiscal_years')}: {say.word(CLASSES, row['class_in_fiscal_years'])}"


def _change(row: Record, measure: Record, say: Speaker) -> str:
    shift = row["deadline_shift_days"]
    parts = [
        f"{row['from_version']} → {row['to_version']} ({row['changed_on']}): "
        f"{_value(row['from_value'], measure, say)} → {_value(row['to_value'], measure, say)}"
    ]
    if row["stringency_change"] is not None:
        parts.append(say("stringency", change=f"{row['stringency_change']:+.1%}"))
    if shift is not None:
        parts.append(say("deadline_moved", days=f"{shift:+,}"))
    if row["is_rebased"]:
        parts.append(say("rebased"))
    if row["reason_code"]:
        parts.append(row["reason_code"])
    return "; ".join(parts)


def _pending(row: Record, measure: Record, say: Speaker) -> str:
    due = row["target_due_on"]
    if row["set_on"] is None:
        return say("not_set_yet", version=row["target_version"], due=due)
    days = (row["set_on"] - due).days if isinstance(due, date) else 0
    return say(
        "set_after",
        version=row["target_version"],
        due=due,
        by=row["set_by_version"],
        on=row["set_on"],
        days=f"{days:+,}",
    )


def _forecast(row: Record, measure: Record, say: Speaker) -> str:
    text = f"{row['made_on']} → {row['forecast_for']}: {_value(row['forecast_value'], measure, say)}"
    if row["outcome_value"] is None:
        return f"{text}; {say('no_outcome')}"
    value, error = _value(row["outcome_value"], measure, say), f"{row['error']:+,.2f}"
    return f"{text}; {say('outcome', day=row['outcome_date'], value=value, error=error)}"


def _trend(row: Record, measure: Record, say: Speaker) -> str:
    if row["points"] < 2:
        return ""
    numbers = _numbers(
        change_per_year=row["change_per_year"],
        cagr=row["cagr"],
        theil_sen_slope=row["theil_sen_slope"],
        gap_closing_rate=row["gap_closing_rate"],
        kendall_p=row["kendall_p"],
    )
    return f"n = {row['points']} ({row['first_date']} - {row['last_date']}): {say.word(TRENDS, row['trend'])}; {numbers}"


def _projection(row: Record, measure: Record, say: Speaker) -> str:
    model = f"{say.word(MODELS, row['model'])} [dim]{row['model']} {row['target_version']}[/dim]"
    if row["projected_value"] is None:
        return f"{model}: {say.word(PROJECTION_REASONS, row['reason_code'])}"
    mark = "* " if row["is_selected"] else ""
    text = f"{mark}{model}: {_value(row['projected_value'], measure, say)} (n = {row['points']})"
    if row["interval_low"] is not None:
        low, high = (_value(row[name], measure, say) for name in ("interval_low", "interval_high"))
        text += f" \\[{low}, {high}]"
    if row["probability_of_attainment"] is not None:
        text += f", P = {row['probability_of_attainment']:.3f}"
    return text
