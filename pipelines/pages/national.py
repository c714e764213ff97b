"""The overview of all KPIs and a page for each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from pipelines.catalog.glossary import load_glossary
from pipelines.pages import queries
from pipelines.pages.charts import Cone, History, Path
from pipelines.pages.queries import grouped
from pipelines.pages.shown import both
from pipelines.pages.site import Site
from pipelines.pages.text import OFFICES
from pipelines.query import Record

_MINISTRY = re.compile(r"内閣官房|内閣府|[一-龥]{2,4}[省庁]")


def write(site: Site) -> None:
    """Write the overview, the verdicts of earlier days and the pages of the KPIs."""
    national = _National(site)
    national.write_overview()
    national.write_history()
    for kpi in national.kpis:
        national.write_kpi(kpi)


def ministries_of(printed: str) -> list[str]:
    """Return the ministries that a printed list of offices names, in its order."""
    found = _MINISTRY.findall(re.sub(r"制度所管府省庁", "", printed))
    return list(dict.fromkeys(found))


def groups_of(initiatives: list[Record], kpis: list[Record]) -> Iterator[tuple[list[Record], list[Record]]]:
    """Yield the initiatives with their KPIs; neighbours that share all their KPIs come together, each KPI once."""
    together: list[tuple[list[Record], list[Record]]] = []
    for initiative in initiatives:
        own = [kpi for kpi in kpis if initiative["initiative_no"] in kpi["initiative_nos"]]
        if own and together and together[-1][1] == own:
            together[-1][0].append(initiative)
        else:
            together.append(([initiative], own))
    seen: set[str] = set()
    for group, own in together:
        yield group, [kpi for kpi in own if kpi["kpi_id"] not in seen]
        seen |= {kpi["kpi_id"] for kpi in own}


class _National:
    """What the overview and the pages of KPIs share, read once."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.initiatives = site.rows(queries.INITIATIVES)
        self.kpis = site.rows(queries.KPIS)
        self.measures = grouped(site.rows(queries.MEASURES), "kpi_id")
        self.states = grouped(site.rows(queries.STATES), "measure_id")
        self.kpi_states = grouped(site.rows(queries.KPI_STATES), "kpi_id")
        self.areas = {row["measure_id"]: row["areas"] for row in site.rows(queries.AREA_COUNTS)}
        self.plans = {row["plan_id"]: row for row in site.rows(queries.PLANS)}
        self.series = grouped(site.rows(queries.SERIES), "item_id")
        self.figures = grouped(site.rows(queries.NATIONAL_FIGURES), "item_id")
        self.projections = grouped(site.rows(queries.PROJECTIONS), "measure_id")
        self.reasons = {
            row["measure_id"]: row["reason_code"] for row in site.rows(queries.PROJECTION_REASONS)
        }
        self.schemes = grouped(site.rows(queries.SCHEMES), "measure_id")
        self.forecasts = grouped(site.rows(queries.FORECASTS), "measure_id")

    def verdict(self, kpi_id: str) -> Record:
        """Return the verdict of a KPI that stands."""
        return next(row for row in self.kpi_states[kpi_id] if row["superseded_on"] is None)

    def versions(self, measure_id: str) -> list[Record]:
        """Return the verdicts of a measure that stand: the roadmap's own target first, then the others."""
        standing = [row for row in self.states[measure_id] if row["superseded_on"] is None]
        return [row | {"plan": self.plans[row["plan_id"]]} for row in standing]

    def write_overview(self) -> None:
        """Write `index.html`."""
        indicators = {row["item_id"]: row for row in self.site.rows(queries.INDICATORS)}
        groups = []
        for initiatives, kpis in groups_of(self.initiatives, self.kpis):
            named = (initiatives[0]["indicator_item_ids"] or "").split(";")
            groups.append(
                {
                    "numbers": [row["initiative_no"] for row in initiatives],
                    "row": initiatives[0],
                    "indicators": [indicators[item] for item in named if item in indicators],
                    "kpis": [self._listed(kpi) for kpi in kpis],
                }
            )
        verdicts = [self.verdict(kpi["kpi_id"]) for kpi in self.kpis]
        used = {row["status"] for rows in self.kpi_states.values() for row in rows}
        words = self.site.shown.wording.statuses
        self.site.page(
            "index.html", "overview.html", "overview",
            kpis=self.kpis, groups=groups, initiatives=self.initiatives,
            tally=Counter(row["grade"] for row in verdicts),
            ministries={name: OFFICES.get(name, name) for kpi in self.kpis for name in ministries_of(kpi["ministry_ja"])}.items(),
            statuses=[(key, pair) for key, pair in words.items() if key in used],
        )  # fmt: skip

    def _listed(self, kpi: Record) -> dict[str, Any]:
        rows = []
        for measure in self.measures[kpi["kpi_id"]]:
            now, *others = self.versions(measure["measure_id"])
            names = {name: measure[name] for name in ("name_ja", "name_en")}
            later = [row for row in others if row["plan_id"] != now["plan_id"]]
            rows.append(now | names | {"others": later, "areas": self.areas.get(measure["measure_id"], 0)})
        return {"row": kpi, "verdict": self.verdict(kpi["kpi_id"]), "measures": rows}

    def write_history(self) -> None:
        """Write the verdicts of all days as `data/history.js`: of each day the number of a piece of HTML."""
        shown: dict[str, int] = {}

        def place(piece: str) -> int:
            return shown.setdefault(piece, len(shown))

        measures = {
            measure_id: [
                (row["evaluated_on"], place(self.site.macro("measure", row)))
                for row in rows
                if row["is_primary"]
            ]
            for measure_id, rows in self.states.items()
        }
        kpis = {
            kpi_id: [
                (
                    row["evaluated_on"],
                    row["status"],
                    place(self.site.shown.status(row["status"], row["grade"])),
                )
                for row in rows
            ]
            for kpi_id, rows in self.kpi_states.items()
        }
        content = {"measures": measures, "kpis": kpis, "shown": list(shown)}
        self.site.script("data/history.js", "window.mierukaHistory", content)

    def write_kpi(self, kpi: Record) -> None:
        """Write the page of one KPI."""
        kpi_id = kpi["kpi_id"]
        self.site.page(
            f"kpi/{kpi_id}.html", "kpi.html", "overview",
            kpi=kpi, verdict=self.verdict(kpi_id), api=self.site.api(f"kpi/{kpi_id}.json"),
            initiatives=[row for row in self.initiatives if row["initiative_no"] in kpi["initiative_nos"]],
            measures=[self._explained(measure) for measure in self.measures[kpi_id]],
            terms={name: term for name, term in load_glossary().items() if kpi_id in term.explains},
        )  # fmt: skip

    def _explained(self, measure: Record) -> dict[str, Any]:
        measure_id, item_id = measure["measure_id"], measure["item_id"]
        versions = self.versions(measure_id)
        now = versions[0]
        figures = [row for row in self.figures.get(item_id, []) if row["is_latest"]]
        projections = [
            row
            for row in self.projections.get(measure_id, [])
            if row["target_version"] == now["target_version"]
        ]
        chart = _chart(measure, versions, figures, projections, self.series.get(item_id, []))
        shown_series = {row["series_id"] for row in figures} | {now["series_id"]}
        return {
            "row": measure, "name": both(measure["name_ja"], measure["name_en"]), "now": now, "versions": versions, "figures": figures, "projections": projections,
            "projection_reason": self.reasons.get(measure_id), "forecasts": self.forecasts.get(measure_id, []),
            "schemes": self.schemes.get(measure_id, []), "areas": self.areas.get(measure_id, 0),
            "series": [row for row in self.series.get(item_id, []) if row["series_id"] in shown_series],
            "history": _moves([row for row in self.states[measure_id] if row["is_primary"]]),
            "chart": chart.svg(), "legend": _legend(chart),
        }  # fmt: skip


def _moves(states: list[Record]) -> list[Record]:
    """Return the days on which the verdict or its figure changed."""
    moved: list[Record] = []
    for row in states:
        if not moved or (row["status"], row["value"]) != (moved[-1]["status"], moved[-1]["value"]):
            moved.append(row)
    return moved


def _is_drawable(figure: Record, measure: Record) -> bool:
    return (
        figure["value"] is not None and figure["as_of_date"] is not None and figure["unit"] == measure["unit"]
        and figure["body_scope"] == measure["body_scope"]
    )  # fmt: skip


def _chart(
    measure: Record,
    versions: list[Record],
    figures: list[Record],
    projections: list[Record],
    series: list[Record],
) -> History:
    drawn = [row for row in figures if _is_drawable(row, measure)]
    entering = grouped((row for row in drawn if row["enters_verdict"]), "series_id")
    chart = History(
        series=[[_point(row) for row in rows] for rows in entering.values()],
        excluded=[
            _point(row)
            for row in drawn
            if not row["enters_verdict"] and row["observation_status"] != "forecast"
        ],
        forecasts=[_point(row) for row in drawn if row["observation_status"] == "forecast"],
        paths=[path for row in versions if (path := _path(row))],
        cone=_cone(projections, entering),
    )
    used = {row["series_id"] for row in drawn}
    chart.breaks = [
        row["valid_from"]
        for row in series
        if row["series_id"] in used and row["break_reason_ja"] and row["valid_from"]
    ]
    for points in chart.series:
        for point in {points[0], points[-1]}:
            chart.labels[point] = f"{point[1]:,.{measure['decimals']}f}"
    return chart


def _point(row: Record) -> tuple[date, float]:
    return row["as_of_date"], float(row["value"])


def _path(row: Record) -> Path | None:
    if row["target_value"] is None or row["target_date"] is None:
        return None
    start = None
    if (
        row["baseline_value"] is not None
        and row["baseline_date"] is not None
        and row["baseline_date"] < row["target_date"]
    ):
        start = (row["baseline_date"], float(row["baseline_value"]))
    label = f"{row['target_value']:,.{row['decimals']}f}"
    return Path(start, (row["target_date"], float(row["target_value"])), label, row["is_primary"])


def _cone(projections: list[Record], entering: dict[str, list[Record]]) -> Cone | None:
    chosen = next((row for row in projections if row["is_selected"]), None)
    if chosen is None or chosen["target_date"] is None:
        return None
    last = [row for rows in entering.values() for row in rows if row["as_of_date"] == chosen["last_date"]]
    if not last:
        return None
    return Cone(
        _point(last[-1]),
        chosen["target_date"],
        chosen["projected_value"],
        chosen["spread_low"],
        chosen["spread_high"],
    )


def _legend(chart: History) -> list[str]:
    """Return the entries of the legend that the chart needs."""
    needed = (
        ("own", chart.series), ("out", chart.excluded), ("forecast", chart.forecasts),
        ("path", [path for path in chart.paths if path.is_primary]),
        ("other_path", [path for path in chart.paths if not path.is_primary]), ("cone", chart.cone), ("break", chart.breaks),
    )  # fmt: skip
    return [name for name, present in needed if present]
