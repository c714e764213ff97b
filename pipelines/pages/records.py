"""The pages about the data: coverage, schedule, quality, sources, dictionary, and how to read them all."""

from __future__ import annotations

from typing import Any

from pipelines.catalog.glossary import KINDS, load_glossary
from pipelines.pages import quality, queries
from pipelines.pages.charts import gantt_axis, gantt_bar
from pipelines.pages.queries import grouped
from pipelines.pages.shown import text
from pipelines.pages.site import Site
from pipelines.publish.described import DescribedColumn, DescribedTable
from pipelines.publish.dictionary import described_tables
from pipelines.query import Record

# What a reason of a verdict says is missing.
_MISSING = {
    "NO_DATA": "missing_no_figure", "SERIES_BREAK": "missing_no_figure", "BASELINE_ONLY": "missing_no_figure",
    "NO_DEADLINE_VALUE": "missing_deadline", "NO_TARGET": "missing_target", "TARGET_PENDING": "missing_target",
    "MONITOR_ONLY": "missing_target", "DEADLINE_PENDING": "missing_target_date", "DEADLINE_BRACKETED": "missing_later",
    "NO_BASELINE": "missing_baseline",
}  # fmt: skip


def write(site: Site) -> None:
    """Write all of them."""
    _write_coverage(site)
    _write_schedule(site)
    quality.write(site)
    _write_sources(site)
    _write_dictionary(site)
    _write_glossary(site)
    site.page("about.html", "about.html", "about")


def missing(verdict: Record) -> list[Any]:
    """Return what is missing for a verdict, in words; `verdict` is a row of the verdicts that stand."""
    keys = []
    if verdict["value"] is None and verdict["reason_code"] in (
        "NO_TARGET",
        "TARGET_PENDING",
        "MONITOR_ONLY",
        "DIRECTION",
        "DEADLINE_PENDING",
    ):
        keys.append("missing_no_figure")
    if key := _MISSING.get(verdict["reason_code"]):
        keys.append(key)
    return [
        text(key, day=verdict["target_date"]) if key == "missing_deadline" else text(key)
        for key in dict.fromkeys(keys)
    ]


def _write_coverage(site: Site) -> None:
    standing = [
        row for row in site.rows(queries.STATES) if row["superseded_on"] is None and row["is_primary"]
    ]
    verdicts = {row["measure_id"]: row for row in standing}
    counts = {row["measure_id"]: row for row in site.rows(queries.FIGURE_COUNTS)}
    areas = {row["measure_id"]: row["areas"] for row in site.rows(queries.AREA_COUNTS)}
    measures = [
        row | {
            "verdict": verdicts[row["measure_id"]], "counts": counts[row["measure_id"]],
            "areas": areas.get(row["measure_id"], 0), "missing": missing(verdicts[row["measure_id"]]),
        }
        for row in site.rows(queries.MEASURES) if row["measure_id"] in verdicts
    ]  # fmt: skip
    cells = site.rows(queries.ITEM_COVERAGE)
    years = sorted(
        {row["fiscal_year"] for row in cells if row["fiscal_year"] is not None and row["fiscal_year"] >= 2005}
    )
    by_item = {
        item: {row["fiscal_year"]: row for row in rows} for item, rows in grouped(cells, "item_id").items()
    }
    items = [row | {"years": by_item.get(row["item_id"], {})} for row in site.rows(queries.AREA_ITEMS)]
    site.page("coverage.html", "coverage.html", "coverage", measures=measures, items=items, years=years)


def _write_schedule(site: Site) -> None:
    steps = site.rows(queries.MILESTONES)
    names = {row["initiative_no"]: row for row in site.rows(queries.INITIATIVES)}
    numbers = [row[name] for row in steps for name in ("starts_fiscal_year", "ends_fiscal_year") if row[name]]
    years = (min(numbers), max(numbers)) if numbers else (0, 0)
    for row in steps:
        inferred = row["column_basis"] == "inferred"
        row["bar"] = gantt_bar(
            row["starts_fiscal_year"], row["ends_fiscal_year"], years, is_inferred=inferred
        )
    groups = [(names[number], rows) for number, rows in grouped(steps, "initiative_no").items()]
    site.page(
        "schedule.html", "schedule.html", "schedule", groups=groups, years=years, axis=gantt_axis(years)
    )


def _write_sources(site: Site) -> None:
    status = grouped(site.rows(queries.SOURCE_STATUS), "source_id")
    files = grouped(site.rows(queries.SNAPSHOTS), "source_id")
    sources = site.rows(queries.SOURCES)
    site.page(
        "sources.html", "sources.html", "sources",
        sources=sources, status=status, files=files, cadences=site.shown.vocabulary.cadences,
    )  # fmt: skip
    # The files grow with every month: they have pages of their own, and the first one stays light.
    for source in sources:
        if held := files.get(source["source_id"]):
            site.page(f"files/{source['source_id']}.html", "files.html", "sources", source=source, files=held)


def _write_dictionary(site: Site) -> None:
    described = described_tables()

    def words(known: DescribedTable | DescribedColumn | None, comment: str | None) -> tuple[str, str]:
        ja = comment or (known.ja if known else "")
        return ja, (known.en if known else "") or ja

    tables: dict[tuple[str, str], dict[str, Any]] = {}
    for row in site.rows(queries.TABLES):
        tables[row["schema_name"], row["name"]] = {
            **row,
            "words": words(known := described.get(f"{row['schema_name']}.{row['name']}"), row["comment"]),
            "key": known.key if known else (),
            "columns": [],
        }
    for row in site.rows(queries.COLUMNS):
        if table := tables.get((row["schema_name"], row["table_name"])):
            known = described.get(f"{row['schema_name']}.{row['table_name']}")
            column = known.column(row["column_name"]) if known else None
            table["columns"].append(
                (
                    row["column_name"],
                    row["data_type"],
                    column.unit if column else None,
                    words(column, row["comment"]),
                )
            )
    site.page("dictionary.html", "dictionary.html", "dictionary", tables=list(tables.values()))
    for (schema, name), table in tables.items():
        site.page(f"dictionary/{schema}.{name}.html", "dictionary_table.html", "dictionary", table=table)


def _write_glossary(site: Site) -> None:
    """Write the terms by their kinds; figures of KPIs are linked to their pages."""
    terms = load_glossary()
    kpis = {row["kpi_id"] for row in site.rows(queries.KPIS)}
    groups = [(kind, {name: term for name, term in terms.items() if term.kind == kind}) for kind in KINDS]
    site.page("glossary.html", "glossary.html", "about", groups=groups, terms=terms, kpis=kpis)
