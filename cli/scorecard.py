"""The scorecard: every KPI of the roadmap under its initiative, as of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cli.formats import bar, day_text, percent, target_text, value_text
from cli.messages import FLAGS, REASONS, STATUSES, Speaker
from cli.reader import AS_OF, rows
from pipelines.normalize.text import circled
from pipelines.query import Record

if TYPE_CHECKING:
    import duckdb

_VERDICTS = f"""
select
    verdict.*,
    measure.kpi_id, measure.item_id, measure.body_scope, measure.name_ja, measure.name_en, measure.unit,
    measure.decimals, measure.direction, measure.display_order,
    target.plan_id, target.target_type, target.target_due_on, target.target_text_ja, target.value_is_approximate,
    target.date_is_approximate, target.condition_ja, target.known_on as target_known_on, target.series_id,
    figure.date_precision, figure.observation_status, figure.citation_url, figure.citation_title_ja,
    figure.citation_publisher_ja, figure.numerator, figure.denominator,
    deadline.date_precision as deadline_precision,
    publication.title_ja as publication_title_ja, publication.title_en as publication_title_en,
    publication.publisher_ja as publication_publisher_ja, publication.url as publication_url
from ({AS_OF}) as verdict
join marts.dim_measure as measure using (measure_id)
join marts.dim_target as target using (measure_id, target_version)
join marts.dim_publication as publication using (publication_id)
left join marts.fct_observation as figure on verdict.observation_id = figure.observation_id
left join marts.fct_observation as deadline on verdict.deadline_observation_id = deadline.observation_id
where verdict.area_code = '000000'
order by measure.display_order, not verdict.is_primary, target.known_on, verdict.target_version
"""

# What is known beside the verdicts: forecasts, claims, and the middle of the bodies where there is no national figure.
_BESIDE = """
select measure.measure_id, figure.*, measure.unit as measure_unit, measure.decimals
from marts.fct_observation as figure
join marts.dim_measure as measure using (item_id)
where
    (figure.known_on is null or figure.known_on <= $day)
    and figure.is_latest
    and (
        (figure.observation_status in ('forecast', 'official_claim') and figure.body_scope = measure.body_scope)
        or (figure.statistic = 'median' and figure.body_scope in ('prefectures', 'municipalities'))
    )
order by figure.as_of_date, figure.known_on, figure.observation_id
"""

_AREAS = """
select measure_id, count(distinct area_code) as areas
from marts.kpi_progress
where area_code <> '000000' and evaluated_on <= $day and value is not null
group by measure_id
"""

_INDICATORS = """
select * from (
    select
        figure.*, item.name_ja, item.name_en, item.decimals,
        row_number() over (
            partition by figure.item_id order by figure.as_of_date desc nulls last, figure.known_on desc
        ) = 1 as newest
    from marts.fct_observation as figure
    join marts.dim_item as item using (item_id)
    where
        figure.area_code = '000000' and figure.is_latest and figure.value is not null
        and figure.body_scope in ('municipalities', 'all_local_governments')
        and not figure.label_is_inferred and figure.as_of_date is not null
        and figure.observation_status in ('final', 'preliminary')
        and (figure.known_on is null or figure.known_on <= $day)
) where newest
"""

# Publications that should be out by their cadence and are not held. Of an earlier day it is not known what was held.
_OVERDUE = """
select
    publication.title_ja, publication.title_en, publication.publisher_ja, publication.publisher_en, publication.url,
    status.*, list(kpi.name_ja order by kpi.display_order) as kpi_names_ja,
    list(kpi.name_en order by kpi.display_order) as kpi_names_en
from meta.publication_status as status
join marts.dim_publication as publication using (publication_id)
join marts.dim_kpi as kpi on list_contains(status.kpi_ids, kpi.kpi_id)
where status.overdue_on <= $day and $day >= (select max(evaluated_on) from marts.kpi_progress)
group by all
order by min(kpi.display_order), status.publication_id
"""

_TONES = {
    "achieved": "bold green", "ahead": "green", "on_track": "green", "improving": "green", "maintained": "green",
    "behind": "yellow", "far_behind": "red", "reversing": "bold red", "missed": "bold red", "slipped": "red",
    "worsening": "red", "achieved_late": "yellow", "achieved_then_slipped": "yellow",
    "achieved_date_unknown": "cyan", "overdue_no_final_data": "magenta",
}  # fmt: skip


class BeforeEverythingError(ValueError):
    """The day asked for is before anything was known; carries the first possible day."""


@dataclass
class Scorecard:
    """The verdicts of one day and what stands beside them; lists of records, grouped by their keys."""

    day: date
    initiatives: list[Record]
    kpis: list[Record]
    primary: dict[str, Record]
    others: dict[str, list[Record]]
    beside: dict[str, list[Record]]
    areas: dict[str, int]
    indicators: dict[str, Record]
    verdicts: dict[str, Record]
    overdue: list[Record]

    def measures_of(self, kpi_id: str) -> list[Record]:
        """Return the primary verdicts of a KPI's measures in their order."""
        return [row for row in self.primary.values() if row["kpi_id"] == kpi_id]


def load(connection: duckdb.DuckDBPyConnection, day: date) -> Scorecard:
    """Read the scorecard of a day; raise BeforeEverythingError when it is too early."""
    values = {"day": day}
    first = rows(connection, "select min(evaluated_on) as first from marts.kpi_progress")[0]["first"]
    if first is None or day < first:
        raise BeforeEverythingError(first)
    verdicts = rows(connection, _VERDICTS, values)
    others: dict[str, list[Record]] = {}
    for row in verdicts:
        if not row["is_primary"]:
            others.setdefault(row["measure_id"], []).append(row)
    beside: dict[str, list[Record]] = {}
    for row in rows(connection, _BESIDE, values):
        beside.setdefault(row["measure_id"], []).append(row)
    together = rows(
        connection,
        "select * from marts.kpi_verdict_as_of($day) where scheme = 'default'",
        values,
    )
    return Scorecard(
        day=day,
        initiatives=rows(connection, "select * from marts.dim_initiative order by initiative_no"),
        kpis=rows(connection, "select * from marts.dim_kpi order by display_order"),
        primary={row["measure_id"]: row for row in verdicts if row["is_primary"]},
        others=others,
        beside=beside,
        areas={row["measure_id"]: row["areas"] for row in rows(connection, _AREAS, values)},
        indicators={row["item_id"]: row for row in rows(connection, _INDICATORS, values)},
        verdicts={row["kpi_id"]: row for row in together},
        overdue=rows(connection, _OVERDUE, values),
    )


def _forecasts(card: Scorecard, row: Record) -> list[Record]:
    return [
        entry
        for entry in card.beside.get(row["measure_id"], [])
        if entry["observation_status"] == "forecast"
        and entry["series_id"] == row["series_id"]
        and entry["as_of_date"] is not None
        and (
            entry["as_of_date"] > card.day
            or (row["status"] == "overdue_no_final_data" and entry["as_of_date"] == row["target_date"])
        )
    ]


def _as_record(card: Scorecard, row: Record) -> dict[str, Any]:
    """Return what `--json` gives of one measure."""
    names = (
        "measure_id", "kpi_id", "name_ja", "name_en", "unit", "status", "grade", "reason_code", "flags", "observation_id",
        "value", "as_of_date", "date_precision", "observation_status", "baseline_value", "baseline_date", "baseline_basis",
        "target_version", "target_type", "comparator", "target_value", "target_date", "target_text_ja", "target_due_on",
        "progress", "elapsed", "pace", "path_value", "gap_to_path", "projected_value", "projected_attainment_date",
        "deadline_value", "deadline_as_of_date", "is_provisional", "is_stale", "target_adopted_later", "replay_is_optimistic",
        "citation_title_ja", "citation_publisher_ja", "citation_url", "publication_title_ja", "publication_publisher_ja",
        "publication_url",
    )  # fmt: skip
    record = {name: row[name] for name in names}
    record["other_targets"] = [
        {
            name: other[name]
            for name in (
                "target_version",
                "plan_id",
                "target_type",
                "target_value",
                "target_date",
                "status",
                "grade",
                "reason_code",
            )
        }
        for other in card.others.get(row["measure_id"], [])
    ]
    record["forecasts"] = [
        {
            name: entry[name]
            for name in ("value", "unit", "as_of_date", "known_on", "citation_title_ja", "citation_url")
        }
        for entry in _forecasts(card, row)
    ]
    record["areas_with_figures"] = card.areas.get(row["measure_id"], 0)
    return record


def to_record(card: Scorecard) -> dict[str, Any]:
    """Return the scorecard for scripts."""
    return {
        "as_of": card.day,
        "initiatives": [
            {
                "initiative_no": entry["initiative_no"],
                "name_ja": entry["name_ja"],
                "name_en": entry["name_en"],
                "kpis": [
                    kpi["kpi_id"] for kpi in card.kpis if entry["initiative_no"] in kpi["initiative_nos"]
                ],
            }
            for entry in card.initiatives
        ],
        "kpis": [
            {
                "kpi_id": kpi["kpi_id"],
                "name_ja": kpi["name_ja"],
                "name_en": kpi["name_en"],
                "tier": kpi["tier"],
                "status": card.verdicts[kpi["kpi_id"]]["status"],
                "grade": card.verdicts[kpi["kpi_id"]]["grade"],
                "pace": card.verdicts[kpi["kpi_id"]]["pace"],
                "measures": [_as_record(card, row) for row in card.measures_of(kpi["kpi_id"])],
            }
            for kpi in card.kpis
        ],
        "overdue_publications": [
            {
                name: row[name]
                for name in (
                    "publication_id", "title_ja", "title_en", "publisher_ja", "url", "kpi_ids", "newest_as_of",
                    "expected_on", "overdue_on",
                )
            }
            for row in card.overdue
        ],
    }  # fmt: skip


class ScorecardText:
    """The scorecard in words, as lines of rich markup; every text from the warehouse is escaped."""

    def __init__(self, card: Scorecard, say: Speaker) -> None:
        self._card = card
        self._say = say

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        from rich.markup import escape

        say, card = self._say, self._card
        yield f"[bold]{say('scorecard_title', day=card.day)}[/bold]"
        shown: set[str] = set()
        for group in self._groups():
            numbers = "".join(circled(entry["initiative_no"]) for entry in group)
            title = say.pick(group[0]["name_ja"], group[0]["name_en"])
            yield ""
            yield f"[bold reverse] {numbers} {escape(title)} [/bold reverse]"
            yield from self._indicators(group[0])
            for kpi in card.kpis:
                if kpi["kpi_id"] not in shown and group[0]["initiative_no"] in kpi["initiative_nos"]:
                    shown.add(kpi["kpi_id"])
                    yield from self._kpi(kpi)
        yield ""
        yield from self._summary()

    def _groups(self) -> Iterator[list[Record]]:
        """Yield the initiatives, those that share all their KPIs together."""
        pending: list[Record] = []
        for entry in self._card.initiatives:
            of_entry = [
                kpi["kpi_id"] for kpi in self._card.kpis if entry["initiative_no"] in kpi["initiative_nos"]
            ]
            of_pending = pending and [
                kpi["kpi_id"]
                for kpi in self._card.kpis
                if pending[0]["initiative_no"] in kpi["initiative_nos"]
            ]
            if pending and of_entry and of_entry == of_pending:
                pending.append(entry)
                continue
            if pending:
                yield pending
            pending = [entry]
        if pending:
            yield pending

    def _indicators(self, initiative: Record) -> Iterator[str]:
        from rich.markup import escape

        items = (initiative["indicator_item_ids"] or "").split(";")
        known = [self._card.indicators[item] for item in items if item in self._card.indicators]
        if not initiative["indicator_item_ids"]:
            return
        yield f"  {self._say('no_kpi')}"
        for row in known:
            name = escape(self._say.pick(row["name_ja"], row["name_en"]))
            value = value_text(row["value"], row["unit"], row["decimals"], self._say.language)
            yield f"    {name}: {value} ({day_text(row['as_of_date'], row['date_precision'], self._say.language)})"

    def _kpi(self, kpi: Record) -> Iterator[str]:
        from rich.markup import escape

        measures = self._card.measures_of(kpi["kpi_id"])
        name = escape(self._say.pick(kpi["name_ja"], kpi["name_en"]))
        verdict = self._card.verdicts[kpi["kpi_id"]]
        yield ""
        yield f"  {self._letter(verdict)}  [bold]{name}[/bold] [dim]{kpi['kpi_id']}[/dim]"
        for row in measures:
            if len(measures) > 1:
                label = escape(self._say.pick(row["name_ja"], row["name_en"]))
                yield f"     {self._letter(row)}  {label}"
            yield from (f"       {line}" for line in self._measure(row))

    def _letter(self, row: Record) -> str:
        tone = _TONES.get(row["status"], "default")
        return f"[{tone}]{row['grade']} {self._say.word(STATUSES, row['status'])}[/{tone}]"

    def _measure(self, row: Record) -> Iterator[str]:
        say = self._say
        label = "" if row["target_type"] in ("none", "not_set") else f"{say('target')} "
        yield f"{self._latest(row)}  {label}{target_text(row, say)}"
        if row["progress"] is not None and row["elapsed"] is not None:
            yield (
                rf"\{bar(row['progress'], row['elapsed'])} {say('progress')} {percent(row['progress'])} "
                f"{say('elapsed')} {percent(row['elapsed'])} {say('pace')} {row['pace']:.2f}"
            )
        if row["deadline_value"] is not None and row["deadline_as_of_date"] != row["as_of_date"]:
            value = value_text(row["deadline_value"], row["unit"], row["decimals"], say.language)
            day = day_text(row["deadline_as_of_date"], row["deadline_precision"], say.language)
            yield f"{say('deadline_value')} {value} ({day})"
        notes = [
            say.word(FLAGS, flag)
            for flag in row["flags"]
            if flag not in ("TARGET_APPROXIMATE", "NO_BASELINE")
        ]
        reason = say.word(REASONS, row["reason_code"])
        yield f"[dim]{'・'.join([reason, *notes]) if say.language == 'ja' else '; '.join([reason, *notes])}[/dim]"
        yield from self._others(row)
        yield from self._beside(row)
        if row["observation_id"] is None and row["value"] is None:
            yield f"{say('would_hold')}: {self._publication(row)}"

    def _latest(self, row: Record) -> str:
        say = self._say
        if row["value"] is None:
            return f"{say('latest')} {say('no_figure')}"
        value = value_text(row["value"], row["unit"], row["decimals"], say.language)
        if row["numerator"] is not None and row["denominator"] is not None:
            value += f" ({row['numerator']:,.0f}/{row['denominator']:,.0f})"
        return f"{say('latest')} [bold]{value}[/bold] ({day_text(row['as_of_date'], row['date_precision'], say.language)})"

    def _publication(self, row: Record) -> str:
        from rich.markup import escape

        title = self._say.pick(row["publication_title_ja"], row["publication_title_en"])
        return f"{escape(row['publication_publisher_ja'])} {escape(title)} {escape(row['publication_url'])}"

    def _others(self, row: Record) -> Iterator[str]:
        say = self._say
        for other in self._card.others.get(row["measure_id"], []):
            if other["plan_id"] == row["plan_id"]:
                continue
            status = say.word(STATUSES, other["status"])
            yield f"{say('successor')} {target_text(other, say)}: {other['grade']} {status}"

    def _beside(self, row: Record) -> Iterator[str]:
        from rich.markup import escape

        say = self._say
        for entry in _forecasts(self._card, row)[-2:]:
            value = value_text(entry["value"], entry["unit"], entry["decimals"], say.language)
            day = day_text(entry["as_of_date"], entry["date_precision"], say.language)
            known = (
                say("known_from", day=entry["known_on"]) if entry["known_on_basis"] != "not_before" else ""
            )
            yield f"{say('forecast')} {value} ({day}) {known}".rstrip()
        for entry in self._card.beside.get(row["measure_id"], []):
            day = day_text(entry["as_of_date"], entry["date_precision"], say.language)
            if entry["observation_status"] == "official_claim" and entry["series_id"] == row["series_id"]:
                yield f"{say('claim')}: {escape(entry['citation_publisher_ja'])} ({day})"
            if entry["statistic"] == "median":
                value = value_text(entry["value"], entry["unit"], entry["decimals"], say.language)
                scope = {
                    "prefectures": ("都道府県の中央値", "median of prefectures"),
                    "municipalities": ("市区町村の中央値", "median of municipalities"),
                }
                yield f"{say('reference')}: {say.word(scope, entry['body_scope'])} {value} ({day})"
        if count := self._card.areas.get(row["measure_id"]):
            yield say("areas_available", count=count)

    def _summary(self) -> Iterator[str]:
        letters = Counter(row["grade"] for row in self._card.verdicts.values())
        yield self._say("letters", **{letter: letters.get(letter, 0) for letter in "ABNF"})
        yield f"[dim]{self._say('bar_legend')}[/dim]"
        yield from self._overdue()

    def _overdue(self) -> Iterator[str]:
        """Name the publications that are overdue, each with the KPIs that wait for it."""
        from rich.markup import escape

        say = self._say
        if self._card.overdue:
            yield ""
            yield f"[yellow]{say('overdue_title')}[/yellow]"
        for row in self._card.overdue:
            names = row["kpi_names_ja"] if say.language == "ja" else row["kpi_names_en"]
            text = say(
                "overdue_publication",
                publisher=say.pick(row["publisher_ja"], row["publisher_en"]),
                title=say.pick(row["title_ja"], row["title_en"]),
                newest=row["newest_as_of"],
                expected=row["expected_on"],
                kpis=say("list_comma").join(names),
            )
            yield f"  {escape(text)}"
