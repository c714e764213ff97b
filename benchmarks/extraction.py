"""Seconds to read publishers' files whole, beside the fastest bare read of the same bytes: `make bench`.

`python -m benchmarks.extraction --origin DIR` takes the largest file of each described table (`--all`: every file)
and measures in turn, in one process: cells alone (python-calamine, csv.reader, json.loads), our reading with header,
types, bodies, sums and figures, and the readers that people use instead (openpyxl read-only, pandas). Without a
folder it writes workbooks of like sizes with made-up bodies. A ratio is the median over rounds of one round's two times.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import json
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.acquire.archive import Snapshot
from pipelines.acquire.origin import published_files
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.extract.reading import decode
from pipelines.extract.sheet import WORKBOOKS
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.published import FileReading, PublishedReader
from pipelines.land.register import register_from
from pipelines.settings import Home

_RETRIEVED_AT = "2026-01-01T00:00:00+09:00"
# Readers of many seconds are measured less often.
_SLOW, _SLOW_ROUNDS = 1.0, 1
_MADE_UP_BODIES = 1741

Work = Callable[[], object]


@dataclass(frozen=True)
class MeasuredFile:
    """A file and the table that describes it."""

    source_id: str
    table: str
    name: str
    path: Path


@dataclass(frozen=True)
class Timing:
    """Median seconds of one file; a reader that cannot read it, or is not installed, has none."""

    name: str
    table: str
    bytes: int
    figures: int
    bare: float
    ours: float
    ratio: float
    first: float
    openpyxl: float | None
    pandas: float | None


def bare_read(path: Path, name: str, sheet: str | None, member: str | None = None) -> object:
    """Return a file's cells or texts with nothing done to them; of an archive those members that are described."""
    lower = name.lower()
    if lower.endswith(WORKBOOKS):
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_path(str(path))
        return book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python(skip_empty_area=False)
    if lower.endswith(".json"):
        return json.loads(path.read_bytes())
    if lower.endswith(".tar.gz"):
        with tarfile.open(path, mode="r:gz") as archive:
            wanted = [
                info for info in archive if info.isfile() and PurePosixPath(info.name).match(member or "*")
            ]
            streams = map(archive.extractfile, wanted)
            return [json.loads(stream.read()) for stream in streams if stream]
    if lower.endswith(".csv"):
        return list(csv.reader(io.StringIO(decode(path.read_bytes()), newline="")))
    raise ValueError(f"{name}: no bare reader")


def openpyxl_read(path: Path, sheet: str | None) -> object:
    """Return all cells of a sheet as openpyxl streams them."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return list(book[sheet or book.sheetnames[0]].iter_rows(values_only=True))
    finally:
        book.close()


def pandas_read(path: Path, name: str, sheet: str | None) -> object:
    """Return a sheet or a CSV file as a frame of pandas, with its fastest engine."""
    import pandas

    if name.lower().endswith(".csv"):
        return pandas.read_csv(io.StringIO(decode(path.read_bytes())), header=None, dtype=str)
    return pandas.read_excel(path, sheet_name=sheet or 0, header=None, engine="calamine")


def seconds_of(work: Work) -> float:
    """Return how long a piece of work takes, with the garbage of the last one out of the way."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def paired(bare: Work, ours: Work, rounds: int) -> tuple[float, float, float]:
    """Return both medians and the median ratio of the rounds; who goes first changes from round to round."""
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            own = seconds_of(ours)
            pairs.append((seconds_of(bare), own))
        else:
            pairs.append((seconds_of(bare), seconds_of(ours)))
    ratio = statistics.median(own / plain for plain, own in pairs)
    return statistics.median(plain for plain, _ in pairs), statistics.median(own for _, own in pairs), ratio


def _other(work: Work, rounds: int) -> float | None:
    """Return the median of a reader that people use; None when it cannot read the file or is not installed."""
    try:
        times = [seconds_of(work)]
        again = _SLOW_ROUNDS if times[0] > _SLOW else rounds
        return statistics.median(times + [seconds_of(work) for _ in range(again - 1)])
    except (ImportError, ValueError, KeyError):
        return None


def measure(
    file: MeasuredFile, catalog: Catalog, register: AreaRegister, rounds: int, *, others: bool = True
) -> Timing | None:
    """Return the times of one file; None when it is refused or there is no bare reader for it."""
    source = catalog.sources[file.source_id].description
    size = file.path.stat().st_size
    snapshot = Snapshot(
        sha256_of(file.path),
        file.source_id,
        file.table,
        file.name,
        file.path.as_uri(),
        _RETRIEVED_AT,
        None,
        size,
    )
    readings: list[FileReading] = []

    def ours() -> None:
        reader = PublishedReader(source, file.table, register, catalog)
        readings[:] = [reader.read(file.path, snapshot)]

    first = seconds_of(ours)
    reading = readings[0]
    if reading.frame is None:
        return None
    sheet, member = reading.sheet, source.published[file.table].member_of(file.name)
    try:
        bare_read(file.path, file.name, sheet, member)
    except ValueError:
        return None
    bare, own, ratio = paired(lambda: bare_read(file.path, file.name, sheet, member), ours, rounds)
    lower = file.name.lower()
    with_openpyxl = with_pandas = None
    if others and lower.endswith((".xlsx", ".xlsm")):
        with_openpyxl = _other(lambda: openpyxl_read(file.path, sheet), rounds)
    if others and lower.endswith((*WORKBOOKS, ".csv")):
        with_pandas = _other(lambda: pandas_read(file.path, file.name, sheet), rounds)
    return Timing(
        file.name, f"{file.source_id}.{file.table}", size, reading.frame.height, bare, own, ratio, first,
        with_openpyxl, with_pandas,
    )  # fmt: skip


def files_of(catalog: Catalog, origin: Path, *, every: bool) -> Iterator[MeasuredFile]:
    """Yield the largest file of each format of each table of figures in a folder, or every file."""
    for source_id, source in catalog.sources.items():
        for name, table in source.description.published.items():
            if table.role != "figures":
                continue
            found = [
                MeasuredFile(source_id, name, file.name, file.path) for file in published_files(table, origin)
            ]
            largest: dict[str, MeasuredFile] = {}
            for file in sorted(found, key=lambda file: file.path.stat().st_size):
                largest[file.path.suffix.lower()] = file
            yield from found if every else largest.values()


def made_up_files(catalog: Catalog, folder: Path) -> tuple[list[MeasuredFile], AreaRegister]:
    """Write workbooks and CSV files of the size of real ones for some tables, and return them with their bodies."""
    from pipelines.normalize.area_codes import check_digit
    from tests.made_up_areas import MadeUpArea, made_up_areas, made_up_register
    from tests.workbooks import make_file

    few = made_up_areas()
    home = next(area for area in few if area.area_type == "prefecture")
    many = [
        MadeUpArea(code + check_digit(code), f"作物{number}村", home.name, home.area_code, "village")
        for number in range(_MADE_UP_BODIES)
        for code in [f"{80000 + number:05}"]
    ]
    areas = sorted([*few, *many], key=lambda area: area.area_code)
    files = []
    for source_id, name in (
        ("soumu__fiscal_indices", "municipalities"),
        ("soumu__resident_population", "municipalities"),
        ("soumu__mynumber_cards", "municipalities"),
    ):
        table = catalog.sources[source_id].description.published[name]
        made = make_file(table, table.layouts[-1], areas, catalog)
        place = folder / source_id
        place.mkdir()
        as_csv = table.files[0].endswith(".csv") and made.csv_name is not None
        path = made.write_csv(place) if as_csv else made.write_xlsx(place)
        files.append(MeasuredFile(source_id, name, str(made.csv_name) if as_csv else made.name, path))
    return files, made_up_register(areas)


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:,.1f}"


def report(timings: list[Timing]) -> Iterator[str]:
    """Yield a Markdown table with a row for each file and one for all of them together."""
    yield "| file | bytes | figures | bare ms | ours ms | ratio | first ms | openpyxl ms | pandas ms |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for timing in timings:
        cells = [_ms(timing.bare), _ms(timing.ours), f"{timing.ratio:.2f}", _ms(timing.first)]
        cells += [_ms(timing.openpyxl), _ms(timing.pandas)]
        yield f"| {timing.name} | {timing.bytes:,} | {timing.figures:,} | {' | '.join(cells)} |"
    bare, ours = sum(timing.bare for timing in timings), sum(timing.ours for timing in timings)
    yield (
        f"| all {len(timings)} files together | {sum(timing.bytes for timing in timings):,} "
        f"| {sum(timing.figures for timing in timings):,} | {_ms(bare)} | {_ms(ours)} | {ours / bare:.2f} | | | |"
    )


def main() -> int:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origin", type=Path, help="folder of publishers' files; made-up ones without it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="every file, without the other readers")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    catalog = load_catalog()
    timings: list[Timing] = []
    with tempfile.TemporaryDirectory(prefix="mieruka-bench-") as temporary:
        folder = Path(temporary)
        if arguments.origin:
            register = register_from(arguments.origin, Home(folder / "home"), catalog)
            files = list(files_of(catalog, arguments.origin, every=arguments.all))
        else:
            files, register = made_up_files(catalog, folder)
        for file in files:
            timing = measure(file, catalog, register, arguments.rounds, others=not arguments.all)
            if timing is None:
                print(f"not measured: {file.name} ({file.source_id}.{file.table})", file=sys.stderr)
            else:
                timings.append(timing)
    if not timings:
        print("no file was read", file=sys.stderr)
        return 1
    print("\n".join(report(timings)))
    if arguments.json:
        content: list[dict[str, Any]] = [asdict(timing) for timing in timings]
        arguments.json.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
