"""`explain`: the arithmetic of a verdict step by step, and where each of its figures comes from."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from cli.explain_beside import beside_lines, load_beside
from cli.formats import day_text, target_text, value_text
from cli.messages import DATE_BASES, FLAGS, REASONS, STATUSES, Speaker
from cli.reader import AS_OF, rows
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.languages import choose
from pipelines.query import Record

if TYPE_CHECKING:
    import duckdb

_MEASURES = """
select measure.*, kpi.name_ja as kpi_name_ja, kpi.name_en as kpi_name_en, kpi.is_monitor_only
from marts.dim_measure as measure
join marts.dim_kpi as kpi using (kpi_id)
where measure.kpi_id = $id or measure.measure_id = $id
order by measure.display_order
"""

_VERDICTS = f"""
select verdict.*, target.*exclude (measure_id, target_version, is_primary, comparator, baseline_value, baseline_date,
    baseline_basis, target_value, target_date), plan.started_on as plan_started_on
from ({AS_OF}) as verdict
join marts.dim_target as target using (measure_id, target_version)
join marts.dim_plan as plan using (plan_id)
where verdict.measure_id = $measure_id and verdict.area_code = $area_code
order by not verdict.is_primary, target.known_on, verdict.target_version
"""

_FIGURES = """
select figure.*, snapshot.file_name, snapshot.origin_url
from marts.fct_observation as figure
left join meta.source_snapshot as snapshot using (snapshot_sha256)
where
    figure.item_id = $item_id and figure.area_code = $area_code
    and (figure.known_on is null or figure.known_on <= $day)
order by figure.as_of_date nulls last, figure.known_on, figure.observation_id
"""

_HISTORY = """
select evaluated_on, status, grade, value, as_of_date
from marts.kpi_progress
where measure_id = $measure_id and area_code = $area_code and is_primary and evaluated_on <= $day and scheme = 'default'
qualify status is distinct from lag(status) over (order by evaluated_on)
    or value is distinct from lag(value) over (order by evaluated_on)
order by evaluated_on
"""


class UnknownKpiError(ValueError):
    """No such KPI or measure; carries the nearest names."""


class UnknownAreaError(ValueError):
    """The measure has no verdict for the area."""


def load(connection: duckdb.DuckDBPyConnection, name: str, area_code: str, day: date) -> dict[str, Any]:
    """Return everything that `explain` tells of a KPI (all its measures) or of one measure."""
    measures = rows(connection, _MEASURES, {"id": name})
    if not measures:
        known = [
            row["id"]
            for row in rows(
                connection,
                "select kpi_id as id from marts.dim_kpi union select measure_id from marts.dim_measure",
            )
        ]
        raise UnknownKpiError(
            ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.3)) or ", ".join(sorted(known))
        )
    area = rows(
        connection,
        "select * from marts.dim_area_current where area_code = $area_code",
        {"area_code": area_code},
    )
    explained = []
    for measure in measures:
        values = {
            "measure_id": measure["measure_id"],
            "item_id": measure["item_id"],
            "area_code": area_code,
            "day": day,
        }
        verdicts = rows(connection, _VERDICTS, values)
        if not verdicts:
            continue
        for verdict in verdicts:
            verdict |= {
                "unit": measure["unit"],
                "decimals": measure["decimals"],
                "direction": measure["direction"],
            }
        series = rows(
            connection,
            "select * from marts.dim_series where series_id = $series_id",
            {"series_id": verdicts[0]["series_id"]},
        )
        explained.append(
            {
                "measure": measure,
                "series": series[0] if series else None,
                "verdicts": verdicts,
                "figures": rows(connection, _FIGURES, values),
                "history": rows(connection, _HISTORY, values),
                "beside": load_beside(connection, values),
            }
        )
    if not area or not explained:
        raise UnknownAreaError(area_code)
    return {"id": name, "as_of": day, "area": area[0], "measures": explained}


class Explanation:
    """An explanation in words; every text from the warehouse is escaped."""

    def __init__(self, content: dict[str, Any], say: Speaker) -> None:
        self._content = content
        self._say = say

    def lines(self) -> Iterator[str]:
        """Yield the lines as rich markup."""
        from rich.markup import escape

        for part in self._content["measures"]:
            measure = part["measure"]
            yield f"[bold]{escape(self._say.pick(measure['name_ja'], measure['name_en']))}[/bold] [dim]{measure['measure_id']}[/dim]"
            yield f"{self._say('explain_area')}: {escape(self._content['area']['name_ja'])} ({self._content['area']['area_code']})"
            if part["series"]:
                yield f"{self._say('explain_series')}: {escape(part['series']['definition_ja'])}"
            figures = {figure["observation_id"]: figure for figure in part["figures"]}
            for verdict in part["verdicts"]:
                yield ""
                yield from self._verdict(verdict, figures)
            yield from self._doubling(part["verdicts"])
            yield ""
            yield from beside_lines(part["beside"], measure, self._say)
            yield from self._figures(part)
            yield from self._history(part["history"], measure)
            yield ""

    def _value(self, value: Any, row: Record) -> str:
        return value_text(value, row["unit"], row["decimals"], self._say.language)

    def _verdict(self, verdict: Record, figures: dict[str, Record]) -> Iterator[str]:
        from rich.markup import escape

        say = self._say
        kind = say("explain_primary") if verdict["is_primary"] else say("explain_other")
        yield f"[bold]{kind}[/bold]: {target_text(verdict, say)} [dim]{verdict['target_version']}[/dim]"
        if verdict["target_text_ja"]:
            page = f" {verdict['source_page']}" if verdict["source_page"] else ""
            yield f"  {escape(verdict['target_text_ja'])}{page} {escape(verdict['source_url'])}"
        if verdict["note_ja"]:
            yield f"  [dim]{escape(verdict['note_ja'])}[/dim]"
        yield f"  {say('explain_verdict')}: {verdict['grade']} {say.word(STATUSES, verdict['status'])} - {say.word(REASONS, verdict['reason_code'])} [dim]{verdict['reason_code']}[/dim]"
        for flag in verdict["flags"]:
            yield f"    ! {say.word(FLAGS, flag)} [dim]{flag}[/dim]"
        yield from self._inputs(verdict, figures)
        yield from (f"    {line}" for line in self._arithmetic(verdict))

    def _inputs(self, verdict: Record, figures: dict[str, Record]) -> Iterator[str]:
        say = self._say
        named = (
            ("baseline", "baseline_value", "baseline_date", "baseline_observation_id"),
            ("latest", "value", "as_of_date", "observation_id"),
            ("deadline_value", "deadline_value", "deadline_as_of_date", "deadline_observation_id"),
        )
        for label, value, day, observation in named:
            if verdict[value] is None:
                continue
            figure = figures.get(verdict[observation] or "")
            precision = figure["date_precision"] if figure else None
            basis = (
                f" [dim]{say.word(DATE_BASES, verdict['baseline_basis'])}[/dim]"
                if label == "baseline"
                else ""
            )
            yield f"  {say(label)}: {self._value(verdict[value], verdict)} ({day_text(verdict[day], precision, say.language)}){basis}"
            if figure:
                yield f"    {self._citation(figure)}"

    def _citation(self, figure: Record) -> str:
        from rich.markup import escape

        say = self._say
        publisher = figure["citation_publisher_ja"]
        if figure["original_publisher_ja"]:
            publisher += f" ← {figure['original_publisher_ja']}"
        return (
            f"[dim]{say('explain_source')}: {escape(publisher)} 「{escape(figure['citation_title_ja'])}」 "
            f"{escape(figure['citation_url'])} · {say('explain_ours')}: {figure['source_id']}/{figure['sheet']} {figure['cell']} "
            f"sha256:{figure['snapshot_sha256'][:12]}[/dim]"
        )

    def _arithmetic(self, verdict: Record) -> Iterator[str]:
        if verdict["progress"] is None:
            return
        base, value, target = (
            self._number(verdict[name], verdict) for name in ("baseline_value", "value", "target_value")
        )
        yield f"p = ({value} - {base}) / ({target} - {base}) = {verdict['progress']:.6f}"
        if verdict["elapsed"] is None:
            return
        passed = (verdict["as_of_date"] - verdict["baseline_date"]).days
        whole = (verdict["target_date"] - verdict["baseline_date"]).days
        yield (
            f"e = ({verdict['as_of_date']} - {verdict['baseline_date']}) / ({verdict['target_date']} - {verdict['baseline_date']})"
            f" = {passed} / {whole} = {verdict['elapsed']:.6f}"
        )
        yield f"p / e = {verdict['pace']:.6f}"
        yield from self._outlook(verdict)

    def _outlook(self, verdict: Record) -> Iterator[str]:
        for name, label in (
            ("path_value", "path(t) = y0 + (yT - y0) e"),
            ("gap_to_path", "d (y - path)"),
            ("required_per_year", "(yT - y) / years left"),
            ("actual_per_year", "(y - y0) / years passed"),
            ("projected_value", "y0 + (y - y0) / e"),
        ):
            if verdict[name] is not None:
                yield f"{name}: {label} = {verdict[name]:,.4f}"
        if verdict["projected_attainment_date"] is not None:
            yield f"projected_attainment_date: t0 + days / p = {verdict['projected_attainment_date']}"

    def _number(self, value: Any, row: Record) -> str:
        return f"{value:,.{row['decimals']}f}"

    def _doubling(self, verdicts: list[Record]) -> Iterator[str]:
        primary = verdicts[0]
        for other in verdicts[1:]:
            if other["plan_id"] == primary["plan_id"] and other["target_value"] not in (
                None,
                primary["target_value"],
            ):
                yield f"  ! {self._say('doubling_differs', version=other['target_version'], value=self._value(other['target_value'], other))}"

    def _figures(self, part: dict[str, Any]) -> Iterator[str]:
        entering = [figure for figure in part["figures"] if figure["enters_verdict"]]
        excluded = [figure for figure in part["figures"] if not figure["enters_verdict"]]
        for label, group in (("explain_figures", entering), ("explain_excluded", excluded)):
            yield f"[bold]{self._say(label)}[/bold]"
            if not group:
                yield f"  {self._say('explain_none')}"
            for figure in group:
                yield from self._figure(figure, part["measure"])

    def _figure(self, figure: Record, measure: Record) -> Iterator[str]:
        vocabulary, language = load_vocabulary(), self._say.language
        row = measure | {"unit": figure["unit"]}
        value = "-" if figure["value"] is None else self._value(figure["value"], row)
        status = vocabulary.observation_statuses[figure["observation_status"]]
        scope = vocabulary.body_scopes[figure["body_scope"]]
        words = [choose((status.ja, status.en), language), choose((scope.ja, scope.en), language)]
        if figure["exclusion_reason"]:
            reason = vocabulary.exclusion_reasons[figure["exclusion_reason"]]
            words.append(choose((reason.ja, reason.en), language))
        if figure["conflict_group"]:
            words.append(f"conflict:{figure['conflict_group']}")
        day = day_text(figure["as_of_date"], figure["date_precision"], language)
        yield f"  {day}  {value}  ({' / '.join(words)})"
        yield f"    {self._citation(figure)}"

    def _history(self, history: list[Record], measure: Record) -> Iterator[str]:
        if not history:
            return
        yield f"[bold]{self._say('explain_history')}[/bold]"
        for row in history:
            value = "-" if row["value"] is None else self._value(row["value"], measure)
            yield f"  {row['evaluated_on']}  {row['grade']} {self._say.word(STATUSES, row['status'])}  {value}"
