"""The publisher's files on the web: found on the pages that a description names, downloaded only when changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.acquire.archive import Archive, FileTooLargeError, Snapshot
from pipelines.acquire.content import Kind
from pipelines.acquire.estat import acquire_estat
from pipelines.acquire.web import AcquisitionError, Download, Limits, NotModified, WebFetcher, links_with_text
from pipelines.catalog.loader import DescribedSource
from pipelines.catalog.published import WebPlace
from pipelines.defects import Defect
from pipelines.progress import report
from pipelines.settings import Home

# A page that does not answer at once is tried again tomorrow; a file may be large and slow.
_LIMITS = Limits(attempts=3, connect_seconds=10.0)
_UNSAFE = re.compile(r"[^\w.()（）・ー-]+")
# Any page or file of a host that cannot be reached at all stands for the others of this run.
_HOST_RULES = ("unreachable", "timeout")
_KINDS: dict[str, Kind] = {".xlsx": "xlsx", ".xls": "xls", ".csv": "csv", ".json": "json", ".zip": "zip"}


@dataclass(frozen=True)
class _Link:
    """A file linked from a page; `label` is the text of the page or link that may name its year."""

    address: str
    label: str


def file_name_of(address: str, label: str) -> str:
    """Return a safe name for a file: the label that names its year as a folder, then the end of its address."""
    name = _UNSAFE.sub("_", unquote(urlsplit(address).path.rsplit("/", 1)[-1])).strip("._") or "file"
    folder = _UNSAFE.sub("_", label).strip("._")[:80]
    return f"{folder}/{name}" if folder else name


class WebSource:
    """Acquires the published tables of one source; a host that failed once is not asked again."""

    def __init__(self, home: Home, fetcher: WebFetcher) -> None:
        self._home = home
        self._archive = Archive(home)
        self._fetcher = fetcher
        self._failed_hosts: dict[str, AcquisitionError] = {}

    def acquire(self, source: DescribedSource) -> tuple[list[Snapshot], list[Defect]]:
        """Return the snapshots found on the web, the unchanged ones included, and what could not be had."""
        held = {entry.snapshot_sha256: entry for entry in self._archive.current(source.source_id)}
        snapshots: list[Snapshot] = []
        defects: list[Defect] = []
        for name, table in source.description.published.items():
            for place in table.web:
                try:
                    for link in self._links(place):
                        snapshots += self._file(source.source_id, name, link, held, defects)
                except AcquisitionError as error:
                    defects.append(_defect(source.source_id, name, error))
        if any(table.estat for table in source.description.published.values()):
            answers, failures = acquire_estat(source, self._home, self._fetcher)
            snapshots += answers
            defects += failures
        return snapshots, defects

    def _links(self, place: WebPlace) -> Iterator[_Link]:
        page, address = self._page(place.page)
        pages = [(page, address, "")]
        if place.follow:
            followed = links_with_text(page, address, place.follow)
            pages += [(*self._page(target), text) for target, text in followed.items()]
        seen = set()
        for html, base, label in pages:
            for suffix in place.suffixes:
                for target, text in links_with_text(html, base, place.link, suffix=suffix).items():
                    if target not in seen:
                        seen.add(target)
                        yield _Link(target, label or text)

    def _page(self, address: str) -> tuple[bytes, str]:
        # Old pages are fragments or XHTML: whatever has links is a page.
        download = self._fetch(address, None, conditional=False)
        if isinstance(download, NotModified):
            raise TypeError("a page is asked for without conditions")
        try:
            return download.path.read_bytes(), download.final_url
        finally:
            download.path.unlink(missing_ok=True)

    def _fetch(self, address: str, expected: Kind | None, *, conditional: bool) -> Download | NotModified:
        host = urlsplit(address).netloc
        if host in self._failed_hosts:
            first = self._failed_hosts[host]
            raise AcquisitionError(first.rule, address, first.found)
        report("acquire", detail=address)
        try:
            return self._fetcher.fetch(address, expected=expected, conditional=conditional)
        except AcquisitionError as error:
            if error.rule in _HOST_RULES:
                self._failed_hosts[host] = error
            raise

    def _file(
        self, source_id: str, table: str, link: _Link, held: dict[str, Snapshot], defects: list[Defect]
    ) -> list[Snapshot]:
        kind = _KINDS.get(Path(urlsplit(link.address).path).suffix.lower())
        try:
            download = self._fetch(link.address, kind, conditional=True)
        except AcquisitionError as error:
            defects.append(_defect(source_id, table, error))
            return []
        if isinstance(download, NotModified):
            known = held.get(download.snapshot_sha256)
            return [known] if known and known.table == table else []
        try:
            sha256 = self._archive.store(download.path)
        except FileTooLargeError as error:
            defects.append(_too_large(source_id, table, link, error))
            return []
        finally:
            download.path.unlink(missing_ok=True)
        self._fetcher.remember(download, sha256)
        return [
            Snapshot(
                snapshot_sha256=sha256,
                source_id=source_id,
                table=table,
                file_name=file_name_of(link.address, link.label),
                origin_url=download.final_url,
                retrieved_at=download.retrieved_at,
                published_on=download.last_modified_on,
                bytes=download.bytes,
            )
        ]


@cache
def web_source(home: Home) -> WebSource:
    """Return the one web source of a home in this process, so that a host that failed is not asked again."""
    return WebSource(home, WebFetcher(home, _LIMITS))


def _defect(source_id: str, table: str, error: AcquisitionError) -> Defect:
    return Defect(
        source_id=source_id, table=table, file=error.url, snapshot_sha256=None, sheet=None, row=None, column=None,
        cell=None, rule=error.rule, found=error.found, expected_ja=error.expected_ja, expected_en=error.expected_en,
    )  # fmt: skip


def _too_large(source_id: str, table: str, link: _Link, error: FileTooLargeError) -> Defect:
    return Defect(
        source_id=source_id, table=table, file=link.address, snapshot_sha256=None, sheet=None, row=None, column=None,
        cell=None, rule="file_too_large", found=str(error), expected_ja="正しいファイルか確かめてください",
        expected_en="Check that it is the right file",
    )  # fmt: skip
