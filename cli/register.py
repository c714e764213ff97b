"""`register`: one register of assets, read and computed as the warehouse would, in a home that is thrown away."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.messages import Speaker
from cli.register_words import TERMS
from cli.tables import on_one_line
from cli.usage import UsageError
from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import DescribedSource, load_catalog
from pipelines.files import make_folder, sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.parquet import write_parquet
from pipelines.land.register import load_register
from pipelines.normalize.area_codes import AreaCodeError, parse_area_code
from pipelines.quality.defect_report import FileReport
from pipelines.register.about import About, AboutError, about_beside
from pipelines.register.reading import RegisterReader, RegisterReading, add_stated_totals
from pipelines.register.schema import LINES, TOTALS, partition_of
from pipelines.settings import Home, now, today

if TYPE_CHECKING:
    import duckdb

_TABLES = {
    "rates": "select * from marts.register_rate order by breakdown, breakdown_value",
    "conventions": "select * from marts.register_convention where is_applied",
    "findings": "select * from marts.register_finding order by severity desc, finding_count desc, rule, finding_no",
    "drivers": "select * from marts.register_driver order by place",
    "renewal": "select * from marts.register_renewal where breakdown = 'total' order by renewal_fiscal_year",
    "unknown_facilities": "select * from marts.register_unknown_facility order by place",
    "totals": "select * from marts.register_total",
    "rules": "select rule, label_ja, label_en from register.register_rule",
    "types": "select facility_type, name_ja, name_en from register.register_facility_type",
}
_SHOWN_BREAKDOWNS = ("total", "account_group", "account", "facility_type")
_SPAN = 10
_UNITS = {"yen": "円", "thousand": "千円", "million": "百万円"}


@dataclass
class Examined:
    """What is wrong with the file, and the rows of each table computed from it."""

    report: FileReport
    reading: RegisterReading
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """Return everything for scripts."""
        return {"file": self.report.as_record(), **self.tables}


def _about(arguments: Namespace, say: Speaker) -> About:
    if arguments.area:
        try:
            parse_area_code(arguments.area)
        except AreaCodeError as error:
            raise UsageError(say("register_bad_area", text=arguments.area)) from error
    if arguments.year is not None and not 1990 <= arguments.year <= 2100:
        raise UsageError(say("register_bad_year", text=arguments.year))
    return About(area_code=arguments.area, fiscal_year=arguments.year, unit=_UNITS.get(arguments.unit))


def _source() -> DescribedSource:
    return next(source for source in load_catalog().sources.values() if source.description.registers)


def read_register(
    path: Path, name: str, source: DescribedSource, areas: AreaRegister, said: About, say: Speaker
) -> tuple[RegisterReading, FileReport]:
    """Return what a register holds and what is wrong with it; what is `said` goes before the file beside it."""
    try:
        beside = about_beside(path)
    except AboutError as error:
        raise UsageError(say("register_bad_about", path=path.parent, detail=error)) from error
    about = beside.model_copy(update=said.model_dump(exclude_defaults=True))
    table_name, table = next(iter(source.description.registers.items()))
    snapshot = Snapshot(
        sha256_of(path), source.source_id, table_name, name, path.resolve().as_uri(), now().isoformat(), None,
        path.stat().st_size,
    )  # fmt: skip
    reading = RegisterReader(source.source_id, table_name, table, areas).read(path, snapshot, about)
    add_stated_totals(reading, table, about, snapshot)
    report = FileReport(
        name, source.source_id, table_name, table.title.model_dump(), reading.lines is not None,
        reading.lines.height if reading.lines is not None else 0, 1 if reading.area_code else None,
        f"FY{reading.fiscal_year}" if reading.fiscal_year is not None else None, reading.defects,
    )  # fmt: skip
    return reading, report


def examine(arguments: Namespace, home: Home, say: Speaker) -> Examined:
    """Read a register, and compute what the warehouse would of it; raise UsageError for what cannot be asked."""
    path = Path(arguments.file)
    if not path.is_file():
        raise UsageError(say("no_file", path=path))
    said = _about(arguments, say)
    reading, report = read_register(path, path.name, _source(), load_register(home), said, say)
    return Examined(report, reading, _computed(reading))


def _computed(reading: RegisterReading) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that the models make of one register."""
    if reading.lines is None:
        return {}
    import duckdb

    from assets.dbt_runner import DbtRunner

    with tempfile.TemporaryDirectory(prefix="mieruka-register-") as scratch:
        home = Home(Path(scratch))
        home.create()
        for table, frame in ((LINES, reading.lines), (TOTALS, reading.totals)):
            folder = partition_of(home, table, str(reading.area_code), int(reading.fiscal_year or 0))
            make_folder(folder)
            write_parquet(frame, folder / "register.parquet", "register")
        for _ in DbtRunner(home, today()).build(select="tag:register"):
            pass
        with duckdb.connect(str(home.build_database), read_only=True) as connection:
            return tables_of(connection)


def tables_of(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table shown, of a database built from one register."""
    return {name: connection.execute(query).pl().to_dicts() for name, query in _TABLES.items()}


def _name_of(row: dict[str, Any], found: Examined, say: Speaker) -> str:
    if row["breakdown"] == "total":
        return say("register_total")
    names = {entry["facility_type"]: entry[f"name_{say.language}"] for entry in found.tables["types"]}
    value = str(row["breakdown_value"])
    if row["breakdown"] == "facility_type":
        return f"　{names.get(value, value)}"
    return f"　{' '.join(say.word(TERMS, part) for part in value.split('/'))}"


def as_lines(found: Examined, say: Speaker) -> Iterator[str]:
    """Yield what an officer reads; nothing where the register was refused."""
    if not found.tables:
        return
    reading = found.reading
    yield ""
    yield say(
        "register_head", area=reading.area_code, year=reading.fiscal_year, entity=say.word(TERMS, reading.entity),
        lines=f"{found.report.figures:,}",
    )  # fmt: skip
    yield from _rates(found, say)
    yield from _convention(found, say)
    yield from _renewal(found, say)
    yield from _findings(found, say)


def _rates(found: Examined, say: Speaker) -> Iterator[str]:
    yield f"{say('register_rates')}: {say('register_rate')} | {say('register_accumulated')} / {say('register_cost')}"
    for breakdown in _SHOWN_BREAKDOWNS:
        for row in found.tables["rates"]:
            if row["breakdown"] == breakdown and row["depreciation_rate"] is not None:
                yield (
                    f"{_name_of(row, found, say)}: {row['depreciation_rate']:.1f} | "
                    f"{row['depreciating_accumulated']:,} / {row['depreciating_cost']:,}"
                )


def _convention(found: Examined, say: Speaker) -> Iterator[str]:
    applied = found.tables["conventions"]
    for row in applied:
        yield say(
            "register_convention", convention=say.word(TERMS, row["convention"]),
            tested=f"{row['lines_tested']:,}", matched=f"{row['lines_matched']:,}",
        )  # fmt: skip
    if not applied:
        yield say("register_no_convention")


def _renewal(found: Examined, say: Speaker) -> Iterator[str]:
    rows = found.tables["renewal"]
    yield say("register_renewal")
    for status, label in (("overdue", "register_overdue"), ("unknown", "register_unknown_end")):
        cost = sum(row["renewal_cost"] for row in rows if row["renewal_status"] == status)
        if cost:
            yield f"　{say(label)}: {cost:,}"
    due: dict[int, Any] = {}
    for row in rows:
        if row["renewal_status"] == "due":
            first = row["renewal_fiscal_year"] // _SPAN * _SPAN
            due[first] = due.get(first, 0) + row["renewal_cost"]
    for first, cost in sorted(due.items()):
        yield f"　{say('register_due', first=first, last=first + _SPAN - 1)}: {cost:,}"


def _findings(found: Examined, say: Speaker) -> Iterator[str]:
    rows = found.tables["findings"]
    labels = {entry["rule"]: entry[f"label_{say.language}"] for entry in found.tables["rules"]}
    yield say("register_findings") if rows else say("register_clean")
    for row in rows:
        if row["finding_no"] == 1:
            yield "　" + say(
                "register_finding", label=labels[row["rule"]], count=f"{row['finding_count']:,}",
                expected=row[f"expected_{say.language}"],
            )  # fmt: skip
        if row["finding_no"] <= 3 and row["row_no"] is not None:
            said = " → ".join(
                on_one_line(row[name]) for name in ("found", "expected") if row[name] is not None
            )
            yield "　" + say(
                "register_at", file=on_one_line(row["source_file"]), sheet=on_one_line(row["sheet"]) if row["sheet"] != row["source_file"] else "",
                row=row["row_no"], number=on_one_line(row["asset_no"] or "-"), found=said,
            )  # fmt: skip
