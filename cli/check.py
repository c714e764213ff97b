"""`check`: the defects of files, read as the pipeline would read them, without touching the warehouse."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cli.messages import Speaker
from cli.register import read_register, with_findings
from cli.tables import Cells, Columns, Marked
from cli.usage import UsageError
from pipelines.acquire.archive import MAX_BYTES, Archive, FileTooLargeError, Snapshot
from pipelines.acquire.fetch import acquire
from pipelines.acquire.origin import files_of, is_file_of
from pipelines.catalog.loader import Catalog, DescribedSource, load_catalog
from pipelines.land.published import FileReading, PublishedReader
from pipelines.land.register import load_register
from pipelines.land.source import SourceLanding
from pipelines.progress import report as progress
from pipelines.quality.defect_report import FileReport
from pipelines.register.about import About, is_about
from pipelines.settings import Home, now

_HEADER_RULES = {"unknown_header", "missing_header", "duplicate_header"}
# One header misspelt is an unknown and a missing one.
_FEW_HEADERS = 4


class _Checker:
    """Finds what a file is and reads it in a scratch home, with the areas that the warehouse knows."""

    def __init__(self, home: Home, source_id: str | None, say: Speaker) -> None:
        self._catalog: Catalog = load_catalog()
        if source_id is not None and source_id not in self._catalog.sources:
            known = ", ".join(self._catalog.sources)
            raise UsageError(say("unknown_source", text=source_id, known=known))
        chosen = [self._catalog.sources[source_id]] if source_id else list(self._catalog.sources.values())
        self._sources: list[DescribedSource] = chosen
        self._register = load_register(home)
        self._say = say

    def check(self, path: Path, name: str) -> FileReport | None:
        """Return the report of a file, or None when no source describes it."""
        own = [
            (source, table_name)
            for source in self._sources
            for table_name, table in source.description.tables.items()
            if table.file == path.name
        ]
        if len(own) == 1:
            return self._check_own(path, name, *own[0])
        if (report := self._check_register(path, name)) is not None:
            return report
        named = self._published(name, by_name=True)
        readings = self._readings(path, name, named or self._published(name, by_name=False))
        if not named:
            readings = [entry for entry in readings if _is_recognised(entry[2])]
        # A table for which the file has nothing says nothing of the file.
        readings = [entry for entry in readings if not entry[2].is_of_nothing] or readings
        if not readings:
            return None
        source, table_name, reading = min(readings, key=_badness)
        table = source.description.published[table_name]
        return FileReport(
            name, source.source_id, table_name, table.title.model_dump(), reading.frame is not None,
            reading.frame.height if reading.frame is not None else 0, reading.bodies,
            reading.span.label if reading.span else None, reading.defects,
        )  # fmt: skip

    def _check_register(self, path: Path, name: str) -> FileReport | None:
        """Return what is wrong with a register of assets; None when the file's name is not that of one."""
        for source in self._sources:
            for table in source.description.registers.values():
                if not is_file_of(name, table) or is_about(name):
                    continue
                if path.stat().st_size > MAX_BYTES:
                    raise UsageError(str(FileTooLargeError(str(path))))
                return with_findings(*read_register(path, name, source, self._register, About(), self._say))
        return None

    def known(self) -> str:
        """Return the sources that `--source` may name, for the error message."""
        return ", ".join(source.source_id for source in self._sources)

    def _published(self, name: str, *, by_name: bool) -> list[tuple[DescribedSource, str]]:
        return [
            (source, table_name)
            for source in self._sources
            for table_name, table in source.description.published.items()
            if not by_name or is_file_of(name, table)
        ]

    def _readings(
        self, path: Path, name: str, tables: list[tuple[DescribedSource, str]]
    ) -> list[tuple[DescribedSource, str, FileReading]]:
        with tempfile.TemporaryDirectory(prefix="mieruka-check-") as scratch:
            home = Home(Path(scratch))
            home.create()
            try:
                sha256 = Archive(home).store(path)
            except FileTooLargeError as error:
                raise UsageError(str(error)) from error
            found = []
            for source, table_name in tables:
                snapshot = Snapshot(
                    sha256, source.source_id, table_name, name, path.resolve().as_uri(), now().isoformat(), None,
                    path.stat().st_size,
                )  # fmt: skip
                reader = PublishedReader(source.description, table_name, self._register, self._catalog)
                found.append((source, table_name, reader.read(Archive(home).path_of(sha256), snapshot)))
            return found

    def _check_own(self, path: Path, name: str, source: DescribedSource, table_name: str) -> FileReport:
        with tempfile.TemporaryDirectory(prefix="mieruka-check-") as scratch:
            home = Home(Path(scratch) / "home")
            home.create()
            origin = Path(scratch) / "origin"
            origin.mkdir()
            if path.stat().st_size <= MAX_BYTES:
                (origin / path.name).write_bytes(path.read_bytes())
            snapshots, failures = acquire(source, home, origin)
            landed = {
                table.name: table for table in SourceLanding(source, self._catalog, home).land(snapshots)
            }
        table = landed.get(table_name)
        defects = [defect for defect in failures if defect.table == table_name] + (
            table.defects if table else []
        )
        title = source.description.tables[table_name].title.model_dump()
        accepted = table is not None and not any(defect.row is None for defect in defects)
        return FileReport(
            name, source.source_id, table_name, title, accepted, table.rows if table else 0, defects=defects
        )


def _is_recognised(reading: FileReading) -> bool:
    """Return whether a file of unknown name reads as a table, or would but for a few of its headers."""
    if reading.is_of_nothing:
        return False
    if reading.bodies or reading.frame is not None:
        return True
    rules = [defect.rule for defect in reading.defects]
    return 0 < len(rules) <= _FEW_HEADERS and set(rules) <= _HEADER_RULES


def _badness(entry: tuple[DescribedSource, str, FileReading]) -> tuple[bool, int]:
    reading = entry[2]
    return reading.frame is None, sum(defect.severity == "error" for defect in reading.defects)


def check_table(reports: list[FileReport], say: Speaker) -> tuple[Columns, list[Cells]]:
    """Return one row a file: what it was read as, whether it can be accepted, how many defects it has."""
    names = ("file", "table", "period", "accepted", "figures", "errors", "warnings")
    rows: list[Cells] = []
    for entry in reports:
        errors = sum(defect.severity == "error" for defect in entry.defects)
        word = Marked(say("check_yes"), "") if entry.accepted else Marked(say("check_no"), "bold red")
        rows.append(
            (entry.file, entry.table_title[say.language], entry.period, word, entry.figures, errors,
             len(entry.defects) - errors)
        )  # fmt: skip
    return Columns.of(say(f"check_{name}") for name in names), rows


def check_files(
    paths: list[Path], home: Home, source_id: str | None, say: Speaker
) -> tuple[list[FileReport], list[str]]:
    """Return a report for each file, also for each below a folder that a source describes, and what to say of others.

    Raises UsageError for a file that is not there.
    """
    checker = _Checker(home, source_id, say)
    reports: list[FileReport] = []
    unknown: list[str] = []
    for path in paths:
        if path.is_dir():
            files = list(files_of(path))
            for done, file in enumerate(files):
                progress("check", done, len(files), file.name)
                if (entry := checker.check(file.path, file.name)) is not None:
                    reports.append(entry)
            continue
        if not path.is_file():
            raise UsageError(say("no_file", path=path))
        report = checker.check(path, path.as_posix())
        if report is None:
            unknown.append(say("no_source_for_file", path=path, known=checker.known()))
        else:
            reports.append(report)
    return reports, unknown
