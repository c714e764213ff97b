"""`register`: one register of assets, read and computed as the warehouse would, in a home that is thrown away."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.messages import Speaker
from cli.reader import NotPublishedError, open_published
from cli.register_words import EXPLAINED, TERMS
from cli.tables import on_one_line
from cli.usage import UsageError
from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import DescribedSource, load_catalog
from pipelines.defects import Defect
from pipelines.files import make_folder, sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.parquet import write_parquet
from pipelines.land.register import load_register
from pipelines.normalize.area_codes import AreaCodeError, parse_area_code
from pipelines.quality.defect_report import FileReport
from pipelines.query import records
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
    "comparison": "select * from marts.register_rate_comparison where published_rate is not null order by source_id",
    "types": "select facility_type, name_ja, name_en from register.register_facility_type",
}
_SHOWN_BREAKDOWNS = ("total", "account_group", "account", "facility_type", "department", "acquisition_decade")
# Of departments, assets and unknown facilities so many are shown; `--json` has all.
_SHOWN = {"department": 10}
_SHOWN_DRIVERS = _SHOWN_UNKNOWN = 5
_ITEM = "asset_depreciation_rate"
_PEERS = """
select peer.peer_scheme, peer.value, peer.median, peer.rank, peer.group_size, groups.label_ja
from marts.peer_comparison as peer
left join (select distinct peer_group, label_ja from marts.area_peer_group) as groups using (peer_group)
where
    peer.area_code = $area and peer.item_id = $item and peer.fiscal_year = $year
    and peer.peer_scheme in ('similar_bodies', 'prefecture')
order by peer.peer_scheme desc, groups.label_ja
"""
_WITHOUT = ("department", "acquisition_decade")
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
    return Examined(report, reading, computed(reading, home))


def _published_beside(reading: RegisterReading, home: Home, scratch: Home) -> list[dict[str, Any]] | None:
    """Put the body's published rates into the scratch database, and return its peers; None where nothing is published here."""
    import duckdb

    from assets.build_state import prepare

    values = {"area": reading.area_code, "item": _ITEM}
    try:
        with open_published(home) as published:
            figures = published.execute(
                "select * from marts.fct_observation where area_code = $area and item_id = $item", values
            ).to_arrow_table()
            peers = records(published.execute(_PEERS, {**values, "year": reading.fiscal_year}))
    except (NotPublishedError, duckdb.Error):
        return None
    prepare(scratch, today(), full=False)
    with duckdb.connect(str(scratch.build_database)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create or replace table marts.fct_observation as select * from figures")
    return peers if len(figures) else []


def with_findings(reading: RegisterReading, report: FileReport) -> FileReport:
    """Return the report of an accepted register with what the checks of its lines find, as the warehouse would say it."""
    found = [
        Defect(
            report.source_id, report.table, report.file, row["snapshot_sha256"], row["sheet"], row["row_no"], None, None, row["rule"],
            row["found"], _expected(row, "ja"), _expected(row, "en"), "warning",
        )
        for row in computed(reading, None).get("findings", [])
    ]  # fmt: skip
    return replace(report, defects=[*report.defects, *found])


def _expected(row: dict[str, Any], language: str) -> str:
    more = {"ja": "（{}）", "en": " ({})"}[language].format(row["expected"]) if row["expected"] else ""
    return f"{row[f'expected_{language}']}{more}"


def computed(reading: RegisterReading, published: Home | None) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that the models make of one register, beside what is published of its body."""
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
        peers = _published_beside(reading, published, home) if published else None
        select = "tag:register" if peers is None else "tag:register register_rate_comparison"
        for _ in DbtRunner(home, today()).build(select=select):
            pass
        with duckdb.connect(str(home.build_database), read_only=True) as connection:
            return {**tables_of(connection, compared=peers is not None), "peers": peers or []}


def tables_of(
    connection: duckdb.DuckDBPyConnection, *, compared: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table shown, of a database built from one register."""
    return {
        name: connection.execute(query).pl().to_dicts() if compared or name != "comparison" else []
        for name, query in _TABLES.items()
    }


def _name_of(row: dict[str, Any], found: Examined, say: Speaker) -> str:
    if row["breakdown"] == "total":
        return say("register_total")
    names = {entry["facility_type"]: entry[f"name_{say.language}"] for entry in found.tables["types"]}
    value = str(row["breakdown_value"])
    if row["breakdown"] == "facility_type":
        return f"　{names.get(value, value)}"
    if value == "unknown":
        return (
            f"　{say('register_no_' + row['breakdown'])}"
            if row["breakdown"] in _WITHOUT
            else f"　{say.word(TERMS, value)}"
        )
    if row["breakdown"] == "department":
        return f"　{on_one_line(value)}"
    if row["breakdown"] == "acquisition_decade":
        return f"　{say('register_decade', first=value)}"
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
    yield from _comparison(found, say)
    yield from _drivers(found, say)
    yield from _convention(found, say)
    yield from _renewal(found, say)
    yield from _findings(found, say)


def _rates(found: Examined, say: Speaker) -> Iterator[str]:
    yield f"{say('register_rates')}: {say('register_rate')} | {say('register_accumulated')} / {say('register_cost')}"
    for breakdown in _SHOWN_BREAKDOWNS:
        rows = [
            row for row in found.tables["rates"]
            if row["breakdown"] == breakdown and row["depreciation_rate"] is not None
        ]  # fmt: skip
        if [row["breakdown_value"] for row in rows] == ["unknown"] and breakdown in _WITHOUT:
            continue
        if most := _SHOWN.get(breakdown):
            rows = sorted(rows, key=lambda row: -row["depreciating_cost"])[:most]
        if breakdown != "total" and rows:
            yield f"　[{say('register_by_' + breakdown)}]"
        for row in rows:
            rate = f"{row['depreciation_rate']:.1f}"
            yield f"{_name_of(row, found, say)}: {rate} | {row['depreciating_accumulated']:,} / {row['depreciating_cost']:,}"
    unknown = found.tables["unknown_facilities"]
    if unknown:
        names = "、".join(
            on_one_line("・".join(filter(None, (row["use_name"], row["asset_name"]))))
            for row in unknown[:_SHOWN_UNKNOWN]
        )
        yield "　" + say("register_unknown_facilities", count=len(unknown), names=names)


def _comparison(found: Examined, say: Speaker) -> Iterator[str]:
    """Yield the published rate of the same body and year, what the difference comes from, and the peers."""
    for row in found.tables["comparison"]:
        yield say(
            "register_published", rate=f"{row['published_rate']:.1f}", difference=f"{row['difference']:+.1f}",
            source=row["source_id"], why=say.word(EXPLAINED, row["explained_by"]),
        )  # fmt: skip
        if row["part_of_lines"] is not None and row["explained_by"] != "agrees":
            yield "　" + say(
                "register_parts", lines=f"{row['part_of_lines']:+.1f}", rest=f"{row['unexplained']:+.1f}"
            )
    if not found.tables["comparison"] and found.reading.entity == "general":
        yield say("register_not_published", year=found.reading.fiscal_year)
    for row in found.tables.get("peers", []):
        yield "　" + say(
            "register_peers", group=row["label_ja"] or row["peer_scheme"], median=f"{row['median']:.1f}",
            rank=row["rank"], size=row["group_size"],
        )  # fmt: skip


def _drivers(found: Examined, say: Speaker) -> Iterator[str]:
    """Yield the assets that carry most of the accumulated depreciation."""
    rows = found.tables["drivers"][:_SHOWN_DRIVERS]
    if rows:
        yield say("register_drivers")
    for row in rows:
        name = on_one_line(row["asset_name"] or row["asset_no"] or "-")
        rate = "-" if row["depreciation_rate"] is None else f"{row['depreciation_rate']:.1f}"
        yield f"　{name}: {row['share_of_accumulated']:.1f} | {rate} | {row['accumulated_depreciation']:,} / {row['acquisition_cost']:,}"


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
