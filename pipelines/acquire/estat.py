"""Tables of the e-Stat API that a description names: all pages archived as received, once for each edition."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pipelines.acquire.archive import Archive, FileTooLargeError, Snapshot
from pipelines.acquire.estat_api import (
    APP_ID,
    BASE_URL,
    PAGE_SIZE,
    EstatAppIdError,
    EstatClient,
    EstatError,
    EstatShapeError,
    StatsDownload,
    fingerprint,
)
from pipelines.acquire.web import AcquisitionError, WebFetcher
from pipelines.catalog.loader import DescribedSource
from pipelines.catalog.published import EstatTable
from pipelines.defects import Defect, file_defect
from pipelines.files import sha256_of
from pipelines.progress import report
from pipelines.settings import Home

_ARCHIVE = ".tar.gz"
# When the API cannot be reached for one table, it cannot be for the others of this run.
_HOST_RULES = ("unreachable", "timeout")


class _NoDataError(ValueError):
    """The API knows the table and has no figure for the conditions."""


def acquire_estat(
    source: DescribedSource, home: Home, fetcher: WebFetcher, *, base_url: str = BASE_URL, page_size: int = PAGE_SIZE
) -> tuple[list[Snapshot], list[Defect]]:  # fmt: skip
    """Archive the tables of the e-Stat API that a source's published tables name (`estat:`).

    Returns a snapshot for each table, the one held when its figures and description are the same, and what could not
    be had. One page is archived as received; several lie as received in one `.tar.gz`. Without an application ID
    nothing is asked, and one warning says so.
    """
    wanted = {name: table.estat for name, table in source.description.published.items() if table.estat}
    snapshots: list[Snapshot] = []
    client = EstatClient(fetcher, base_url=base_url, page_size=page_size)
    defects: list[Defect] = []
    for name, table in wanted.items():
        report("acquire", detail=f"e-Stat {table.stats_data_id}")
        try:
            snapshots.append(_snapshot(client, Archive(home), source.source_id, name, table))
        except EstatAppIdError:
            return [], [_no_app_id(source.source_id, name)]
        except AcquisitionError as error:
            defects.append(_refused(source.source_id, name, table, error))
            if error.rule in _HOST_RULES:
                break
        except (EstatError, EstatShapeError, FileTooLargeError, _NoDataError) as error:
            defects.append(_refused(source.source_id, name, table, error))
    return snapshots, defects


def _snapshot(
    client: EstatClient, archive: Archive, source_id: str, name: str, table: EstatTable
) -> Snapshot:
    got = client.stats_data(table.stats_data_id, table.conditions)
    temporary = list(got.paths)
    try:
        if got.table.records.is_empty():
            raise _NoDataError(" ".join(got.table.warnings))
        edition = _edition(page.read_bytes() for page in got.paths)
        for held in archive.snapshots():
            is_like = (held.source_id, held.table) == (source_id, name) and "getStatsData" in held.origin_url
            if is_like and _held_edition(archive.path_of(held.snapshot_sha256), held) == edition:
                return held
        content, suffix = got.paths[0], ".json"
        if len(got.paths) > 1:
            content, suffix = content.with_suffix(_ARCHIVE), _ARCHIVE
            temporary.append(content)
            _pack(got.paths, content)
        return Snapshot(
            snapshot_sha256=archive.store(content),
            source_id=source_id,
            table=name,
            file_name=f"statsData_{table.stats_data_id}{suffix}",
            origin_url=got.pages[0].url,
            retrieved_at=got.pages[-1].retrieved_at,
            published_on=_updated_on(got),
            bytes=content.stat().st_size,
        )
    finally:
        for path in temporary:
            path.unlink(missing_ok=True)


def _edition(pages: Iterator[bytes]) -> str:
    """Return what is the same for two downloads of one edition: when the answers were given does not count."""
    return hashlib.sha256("".join(map(fingerprint, pages)).encode()).hexdigest()


def _held_edition(path: Path, held: Snapshot) -> str | None:
    """Return the edition of an archived table; None when its bytes were lost or damaged."""
    if not path.exists() or sha256_of(path) != held.snapshot_sha256:
        return None
    return _edition(_pages(path, held.file_name))


def _pages(path: Path, file_name: str) -> Iterator[bytes]:
    """Yield the pages of an archived table."""
    if not file_name.endswith(_ARCHIVE):
        yield path.read_bytes()
        return
    with tarfile.open(path, mode="r:gz") as archive:
        for member in archive:
            if stream := archive.extractfile(member):
                yield stream.read()


def _pack(pages: list[Path], target: Path) -> None:
    """Write all pages into one archive; the same pages give the same bytes."""
    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        for number, page in enumerate(pages, start=1):
            member = tarfile.TarInfo(f"page-{number:04}.json")
            member.size = page.stat().st_size
            with page.open("rb") as content:
                archive.addfile(member, content)


def _updated_on(got: StatsDownload) -> str | None:
    """Return the day on which e-Stat last changed the table; this edition was not known before."""
    for text in (got.table.info.updated_date, got.table.info.open_date):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            continue
    return None


def _no_app_id(source_id: str, table: str) -> Defect:
    return file_defect(
        source_id, table, "e-Stat API", "estat_app_id_missing", APP_ID,
        f"環境変数 {APP_ID} にe-StatのアプリケーションID（無料で発行）を設定すると取得できます。公表済みの数値はそのままです",
        f"Set {APP_ID} to an e-Stat application ID (issued free of charge) to acquire it; what is published stays",
        "warning",
    )  # fmt: skip


def _refused(source_id: str, name: str, table: EstatTable, error: Exception) -> Defect:
    place = (source_id, name, f"e-Stat {table.stats_data_id}")
    if isinstance(error, AcquisitionError):
        return file_defect(*place, error.rule, error.found, error.expected_ja, error.expected_en)
    if isinstance(error, EstatError):
        return file_defect(*place, "estat_refused", error.found, error.expected_ja, error.expected_en)
    if isinstance(error, FileTooLargeError):
        return file_defect(
            *place, "file_too_large", str(error),
            "記述の conditions で項目や年を絞ってください", "Limit items or years by the conditions of the description",
        )  # fmt: skip
    if isinstance(error, _NoDataError):
        return file_defect(
            *place, "estat_no_data", str(error),
            "記述の conditions に合う数値がありません。条件を確かめてください",
            "No figure meets the conditions of the description: check them",
        )  # fmt: skip
    return file_defect(
        *place, "estat_answer_shape", str(error),
        "時間をおいて再実行してください。続く場合は、APIの仕様が変わっていないか確かめてください",
        "Run again later; if it happens again, check whether the API has changed",
    )  # fmt: skip
