"""A folder of publishers' files: which of its files belong to which described table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipelines.acquire.content import PAGES
from pipelines.acquire.errors import TooManyFilesError
from pipelines.catalog.published import Period, PublishedTable
from pipelines.catalog.registers import RegisterTable
from pipelines.normalize.japanese_dates import DateExpressionError
from pipelines.normalize.spans import find_parts
from pipelines.normalize.text import normalise_width
from pipelines.stamps import files_below

if TYPE_CHECKING:
    from pipelines.catalog.loader import DescribedSource

MAX_FILES = 20_000


@dataclass(frozen=True)
class OriginFile:
    """A file of an origin folder by its path below it, such as `population/2003ssjin.xlsx`."""

    path: Path
    name: str


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        # Whoever reads it says so.
        return True


def files_of(origin: Path) -> tuple[OriginFile, ...]:
    """Return the files below a folder, in the order of their paths; links that lead out of it are left out.

    Hidden files and folders are passed over, and linked folders are not entered, so that only a link to a file can lead out.
    """
    root = origin.resolve()
    found = []
    for path in map(Path, files_below(origin)):
        if not _is_file(path) or (path.is_symlink() and not path.resolve().is_relative_to(root)):
            continue
        found.append(OriginFile(path, path.relative_to(origin).as_posix()))
        if len(found) > MAX_FILES:
            raise TooManyFilesError(f"{origin}: > {MAX_FILES}")
    return tuple(sorted(found, key=lambda file: file.name.split("/")))


@lru_cache(MAX_FILES)
def _comparable(name: str) -> PurePosixPath:
    # Each name is held against the patterns of every table.
    path = PurePosixPath(normalise_width(name))
    return path.with_suffix(path.suffix.lower())


def is_file_of(name: str, table: PublishedTable | RegisterTable) -> bool:
    """Return whether a path is one that a table's patterns name; patterns bind at the end of the path.

    A page (`.html`) belongs only to a table whose pattern says that it is one.
    """
    path = _comparable(name)
    patterns = [normalise_width(pattern) for pattern in table.file_patterns()]
    if path.name.lower().endswith(PAGES):
        patterns = [pattern for pattern in patterns if pattern.lower().endswith(PAGES)]
    return any(path.match(pattern) for pattern in patterns)


def name_other_years(period: Period, first: str, second: str) -> bool:
    """Return whether two file names name different years, by the patterns of the period."""
    try:
        parts = [find_parts(period.file, name) for name in (first, second)]
    except DateExpressionError:
        # Whoever reads the file says that there is no such year.
        return False
    return all(parts) and len({found[0].get("year") for found in parts if found}) > 1


def published_files(
    table: PublishedTable | RegisterTable, origin: Path, files: tuple[OriginFile, ...] | None = None
) -> list[OriginFile]:
    """Return the files of a table in an origin folder; `files` saves looking through it again."""
    listed = files_of(origin) if files is None else files
    return [file for file in listed if is_file_of(file.name, table)]


def passed_over(sources: Iterable[DescribedSource], origin: Path) -> list[str]:
    """Return the files of an origin folder that no source describes, by their paths below it."""
    described = [source.description for source in sources]
    tables = [table for description in described for table in description.collected().values()]
    own = {
        name
        for description in described
        for table in description.tables.values()
        for name in (table.file, f"{description.source_id}/{table.file}")
    }
    return [
        file.name
        for file in files_of(origin)
        if file.name not in own and not any(is_file_of(file.name, table) for table in tables)
    ]
