"""The publisher's files on the web: found on the pages that a description names, downloaded only when changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.acquire.archive import Archive, FileTooLargeError, Snapshot
from pipelines.acquire.content import Kind
from pipelines.acquire.estat import acquire_estat
from pipelines.acquire.web import AcquisitionError, Download, Limits, NotModified, WebFetcher, links_with_text
from pipelines.catalog.loader import DescribedSource
from pipelines.catalog.published import WebPlace
from pipelines.defects import Defect, file_defect
from pipelines.progress import report
from pipelines.settings import Home

# A page that does not answer at once is tried again tomorrow; a file may be large and slow.
_LIMITS = Limits(attempts=3, connect_seconds=10.0)
_UNSAFE = re.compile(r"[^\w.()（）・ー-]+")
# Any page or file of a host that cannot be reached at all stands for the others of this run.
_HOST_RULES = ("unreachable", "timeout")
_KINDS: dict[str, Kind] = {
    ".xlsx": "xlsx", ".xls": "xls", ".csv": "csv", ".json": "json", ".zip": "zip", ".html": "html", ".htm": "html",
}  # fmt: skip


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
        self._pages: dict[str, tuple[bytes, str]] = {}
        self._downloaded: dict[str, Snapshot] = {}

    def acquire(self, source: DescribedSource) -> tuple[list[Snapshot], list[Defect]]:
        """Return the snapshots found on the web, the unchanged ones included, and what could not be had."""
        held = {
            (entry.table, entry.snapshot_sha256): entry for entry in self._archive.current(source.source_id)
        }
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

    def _links(self, place: WebPlace) -> list[_Link]:
        """Return the files linked from a place; raise AcquisitionError where there is none: the page is another now."""
        if found := list(self._found_links(place)):
            return found
        wanted = " → ".join(filter(None, (place.follow, place.link)))
        raise AcquisitionError("no_link_found", place.page, f"{wanted} ({', '.join(place.suffixes)})")

    def _found_links(self, place: WebPlace) -> Iterator[_Link]:
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
        """Return a page and its address; several tables of one page ask the publisher for it once."""
        if address not in self._pages:
            self._pages[address] = self._asked_page(address)
        return self._pages[address]

    def _asked_page(self, address: str) -> tuple[bytes, str]:
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
        self,
        source_id: str,
        table: str,
        link: _Link,
        held: dict[tuple[str, str], Snapshot],
        defects: list[Defect],
    ) -> list[Snapshot]:
        kind = _KINDS.get(Path(urlsplit(link.address).path).suffix.lower())
        try:
            download = self._fetch(link.address, kind, conditional=True)
            if isinstance(download, NotModified):
                if known := self._known(source_id, table, download.snapshot_sha256, held):
                    return [known]
                # Archived by a run that ended before it could say whose the bytes are.
                download = self._fetch(link.address, kind, conditional=False)
        except AcquisitionError as error:
            defects.append(_defect(source_id, table, error))
            return []
        if isinstance(download, NotModified):
            raise TypeError("a file is asked for without conditions")
        try:
            sha256 = self._archive.store(download.path)
        except FileTooLargeError as error:
            defects.append(_too_large(source_id, table, link, error))
            return []
        finally:
            download.path.unlink(missing_ok=True)
        self._fetcher.remember(download, sha256)
        self._downloaded[sha256] = Snapshot(
            sha256, source_id, table, file_name_of(link.address, link.label), download.final_url,
            download.retrieved_at, download.last_modified_on, download.bytes,
        )  # fmt: skip
        return [self._downloaded[sha256]]

    def _known(
        self, source_id: str, table: str, sha256: str, held: dict[tuple[str, str], Snapshot]
    ) -> Snapshot | None:
        """Return the table's snapshot of bytes that are archived, though they came for another table of one file."""
        if known := held.get((table, sha256)):
            return known
        first = self._downloaded.get(sha256) or next(
            (entry for entry in self._archive.snapshots() if entry.snapshot_sha256 == sha256), None
        )
        return replace(first, source_id=source_id, table=table) if first else None


@cache
def web_source(home: Home) -> WebSource:
    """Return the one web source of a home in this process, so that a host that failed is not asked again."""
    return WebSource(home, WebFetcher(home, _LIMITS))


def _defect(source_id: str, table: str, error: AcquisitionError) -> Defect:
    return file_defect(
        source_id, table, error.url, error.rule, error.found, error.expected_ja, error.expected_en
    )


def _too_large(source_id: str, table: str, link: _Link, error: FileTooLargeError) -> Defect:
    return file_defect(
        source_id, table, link.address, "file_too_large", str(error),
        "正しいファイルか確かめてください", "Check that it is the right file",
    )  # fmt: skip
