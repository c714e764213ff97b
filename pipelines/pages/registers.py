"""What a body's page shows of its register of fixed assets: that of the newest year; a body without one shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup, escape

from pipelines.pages import queries
from pipelines.pages.charts import renewal_chart
from pipelines.pages.queries import grouped
from pipelines.pages.shown import Shown, both, text
from pipelines.pages.site import Site
from pipelines.query import Record

# Of departments so many are shown, those with the largest costs.
_SHOWN_DEPARTMENTS = 10


@dataclass(frozen=True)
class Breakdown:
    """The rates of one breakdown with the names of their classes; `classes` is how many there are, shown or not."""

    name: str
    rows: list[tuple[Markup, Record]]
    classes: int


@dataclass(frozen=True)
class Renewal:
    """Cost by the year in which useful lives end: the chart, and the same by decade and last digit in the chart's unit."""

    chart: Markup | None
    unit: tuple[str, str]
    decades: dict[int, dict[int, str]]
    undated: Record | None


@dataclass(frozen=True)
class Register:
    """The newest register of a body, that of its general accounts where one is held; `others` are the totals of its other accounts."""

    total: Record
    rates: list[Breakdown]
    more_rates: list[Breakdown]
    others: list[Record]
    renewal: Renewal | None
    comparisons: list[Record]
    drivers: list[Record]
    findings: list[Record]
    unknown: list[Record]
    files: list[Record]


_DETAILS = (
    queries.REGISTER_COMPARISONS, queries.REGISTER_DRIVERS, queries.REGISTER_RENEWAL, queries.REGISTER_FINDINGS,
    queries.REGISTER_UNKNOWN_FACILITIES, queries.REGISTER_FILES,
)  # fmt: skip


def read(site: Site, areas: list[str]) -> dict[str, Register]:
    """Return the newest register of each of the bodies that has one."""
    rates = grouped(site.rows(queries.REGISTER_RATES, areas=areas), "area_code")
    if not rates:
        return {}
    details = [grouped(site.rows(query, areas=areas), "area_code") for query in _DETAILS]
    found = {}
    for area, rows in rates.items():
        total, *others = (row for row in rows if row["breakdown"] == "total")
        classes, comparisons, drivers, renewal, findings, unknown, files = (
            [row for row in held.get(area, []) if row["entity"] == total["entity"]]
            for held in (rates, *details)
        )
        found[area] = Register(
            total, _breakdowns(site.shown, classes, ("account", "facility_type")),
            _breakdowns(site.shown, classes, ("department", "acquisition_decade")), others,
            _renewal(site.shown, renewal, total["fiscal_year"]), comparisons, drivers, findings, unknown, files,
        )  # fmt: skip
    return found


def _breakdowns(shown: Shown, rows: list[Record], names: tuple[str, ...]) -> list[Breakdown]:
    """Return some breakdowns, without those of which the register says nothing."""
    breakdowns = []
    for name in names:
        of_mart, class_name = _NAMED[name]
        found = [row for row in rows if row["breakdown"] in of_mart]
        if name == "account":
            found = _with_groups_first(found)
        if {row["breakdown_value"] for row in found} <= {"unknown"}:
            continue
        first = found[:_SHOWN_DEPARTMENTS] if name == "department" else found
        breakdowns.append(Breakdown(name, [(class_name(shown, row), row) for row in first], len(found)))
    return breakdowns


def _with_groups_first(rows: list[Record]) -> list[Record]:
    """Return accounts each below its group; one of the same name alone, such as goods, is not said twice."""
    apart = [
        row for row in rows if len(names := row["breakdown_value"].split("/")) == 1 or names[0] != names[1]
    ]
    return sorted(
        apart, key=lambda row: (row["breakdown_value"].startswith("unknown"), row["breakdown_value"])
    )


def _account_name(shown: Shown, row: Record) -> Markup:
    group, _, account = row["breakdown_value"].partition("/")
    if not account:
        return shown.word("register_terms", group)
    return Markup("　{}").format(shown.word("register_terms", account))


def _facility_name(_shown: Shown, row: Record) -> Markup:
    return both(row["facility_ja"] or row["breakdown_value"], row["facility_en"] or row["breakdown_value"])


def _department_name(_shown: Shown, row: Record) -> Markup:
    name = row["breakdown_value"]
    return text("register_no_department") if name == "unknown" else escape(name)


def _decade_name(_shown: Shown, row: Record) -> Markup:
    first = row["breakdown_value"]
    return (
        text("register_no_acquisition_decade") if first == "unknown" else text("register_decade", first=first)
    )


# Of each breakdown shown those of the mart that it is made of, and how its classes are named.
_NAMED: dict[str, tuple[tuple[str, ...], Callable[[Shown, Record], Markup]]] = {
    "account": (("account_group", "account"), _account_name),
    "facility_type": (("facility_type",), _facility_name),
    "department": (("department",), _department_name),
    "acquisition_decade": (("acquisition_decade",), _decade_name),
}


def _renewal(shown: Shown, rows: list[Record], stated: int) -> Renewal | None:
    if not rows:
        return None
    dated = {
        row["renewal_fiscal_year"]: row["renewal_cost"]
        for row in rows
        if row["renewal_fiscal_year"] is not None
    }
    divisor, unit = shown.drawn_in("円", max(map(float, dated.values()), default=0.0))
    decades: dict[int, dict[int, str]] = {}
    for year, cost in sorted(dated.items()):
        decades.setdefault(year // 10 * 10, {})[year % 10] = shown.rounded(
            cost / divisor, 2 if divisor > 1 else 0
        )
    chart = renewal_chart({year: float(cost) / divisor for year, cost in dated.items()}, stated, unit)
    undated = next((row for row in rows if row["renewal_fiscal_year"] is None), None)
    return Renewal(chart, unit, decades, undated)
