"""A publisher's pages as origin: files found by their links, asked for conditionally, every vintage kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import openpyxl
import pytest
from pydantic import ValidationError

from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import acquire
from pipelines.acquire.origin import is_file_of
from pipelines.acquire.web import Limits, WebFetcher
from pipelines.acquire.web_source import WebSource, file_name_of
from pipelines.catalog.loader import DescribedSource
from pipelines.catalog.models import Source
from pipelines.settings import Home


class Site:
    """A made-up ministry: pages and files by path; counts how often a file's body was sent."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.sent: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.content.get(self.path)
                tag = f'"{hashlib.sha256(body or b"").hexdigest()[:12]}"'
                if body is None:
                    self.send_error(404)
                elif self.headers.get("If-None-Match") == tag:
                    self.send_response(304)
                    self.end_headers()
                else:
                    site.sent.append(self.path)
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.send_header(
                        "Content-Type",
                        "text/html" if self.path.endswith(".html") else "application/octet-stream",
                    )
                    self.send_header("ETag", tag)
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


def workbook(path: Path, text: str) -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = text
    book.save(path)
    return path.read_bytes()


def described(address: str, folder: Path, **changes: object) -> DescribedSource:
    label = {"ja": "見本", "en": "sample"}
    table = {
        "role": "reference", "title": label, "files": ["*.xlsx"], "period": {"kind": "fiscal_year", "file": ["{year}年?度"]},
        "web": [{"page": f"{address}/index.html", "follow": "令和.年度", "link": "指標一覧"}],
        "layouts": [{"from": 2000, "sheet": ["*"], "anchor": ["A"], "columns": {"a": {"from": ["A"], "type": "text"}}}],
    } | changes  # fmt: skip
    description = {
        "source_id": "made_up", "publisher": label, "title": label, "licence": "pdl_1",
        "landing_url": "https://example.org/", "cadence": "yearly", "published": {"indices": table},
    }  # fmt: skip
    return DescribedSource(Source.model_validate(description), folder)


def web(home: Home) -> WebSource:
    limits = Limits(attempts=2, connect_seconds=2, read_seconds=5, total_seconds=10, host_interval_seconds=0)
    return WebSource(home, WebFetcher(home, limits, allow_private=True, sleep=lambda _: None))


@pytest.fixture
def ministry(site: Site, tmp_path: Path) -> Site:
    site.content["/index.html"] = (
        "<a href='r4.html'>令和4年度</a> <a href='r5.html'>令和５年度</a> <a href='other.html'>資料</a>"
    ).encode()
    for year in (4, 5):
        site.content[f"/r{year}.html"] = (
            f"<a href='/f/00{year}.xlsx'>指標一覧（Excel）</a><a href='/f/x.pdf'>指標一覧</a>".encode()
        )
        site.content[f"/f/00{year}.xlsx"] = workbook(tmp_path / "book.xlsx", f"令和{year}年度")
    return site


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


def test_files_are_found_over_the_pages_of_the_years(ministry: Site, home: Home, tmp_path: Path) -> None:
    source = described(ministry.address, tmp_path)
    snapshots, defects = acquire(source, home, web=web(home))
    assert defects == []
    assert [entry.file_name for entry in snapshots] == ["令和4年度/004.xlsx", "令和５年度/005.xlsx"]
    assert all(Archive(home).path_of(entry.snapshot_sha256).exists() for entry in snapshots)
    assert snapshots[0].origin_url == f"{ministry.address}/f/004.xlsx"


def test_an_unchanged_file_is_not_sent_again(ministry: Site, home: Home, tmp_path: Path) -> None:
    source = described(ministry.address, tmp_path)
    first, _ = acquire(source, home, web=web(home))
    ministry.sent.clear()
    second, defects = acquire(source, home, web=web(home))
    assert (second, defects) == (first, [])
    assert [path for path in ministry.sent if path.endswith(".xlsx")] == []


def test_a_revised_file_is_a_new_vintage_beside_the_old(ministry: Site, home: Home, tmp_path: Path) -> None:
    source = described(ministry.address, tmp_path)
    first, _ = acquire(source, home, web=web(home))
    ministry.content["/f/005.xlsx"] = workbook(tmp_path / "book.xlsx", "訂正版")
    second, _ = acquire(source, home, web=web(home))
    assert set(first) < set(second)
    assert sorted(entry.file_name for entry in second) == [
        "令和4年度/004.xlsx",
        "令和５年度/005.xlsx",
        "令和５年度/005.xlsx",
    ]


@pytest.mark.parametrize(
    ("page", "text"),
    [("/index.html", "<p>ただいまメンテナンス中です</p>"), ("/r5.html", "<a href='/f/005.pdf'>指標一覧</a>")],
)
def test_a_page_on_which_nothing_is_found_any_more_is_told(
    page: str, text: str, ministry: Site, home: Home, tmp_path: Path
) -> None:
    source = described(ministry.address, tmp_path)
    first, _ = acquire(source, home, web=web(home))
    ministry.content["/r4.html"] = b""
    ministry.content[page] = text.encode()
    second, defects = acquire(source, home, web=web(home))
    assert second == first
    assert [(defect.rule, defect.file) for defect in defects] == [
        ("no_link_found", f"{ministry.address}/index.html")
    ]
    assert "指標一覧" in str(defects[0].found)


def test_an_error_page_under_a_files_name_is_refused_and_the_old_file_stays(
    ministry: Site, home: Home, tmp_path: Path
) -> None:
    source = described(ministry.address, tmp_path)
    first, _ = acquire(source, home, web=web(home))
    ministry.content["/f/005.xlsx"] = b"<!DOCTYPE html><html><title>404 Not Found</title></html>"
    second, defects = acquire(source, home, web=web(home))
    assert [defect.rule for defect in defects] == ["not_the_promised_content"]
    assert set(second) == set(first)


def test_a_page_is_a_file_only_where_it_is_described_as_one(site: Site, home: Home, tmp_path: Path) -> None:
    site.content["/index.html"] = (
        "<a href='r5.html'>令和5年度の一覧</a> <a href='r4.html'>令和4年度の一覧</a>".encode()
    )
    site.content["/r5.html"] = b"<!DOCTYPE html><html><body><table><tr><td>A</table></body></html>"
    site.content["/r4.html"] = b"%PDF-1.7"
    places = [{"page": f"{site.address}/index.html", "link": "一覧", "suffixes": [".html"]}]
    with pytest.raises(ValidationError, match="a page"):
        described(site.address, tmp_path, web=places)
    source = described(site.address, tmp_path, web=places, files=["*.html"])
    snapshots, defects = acquire(source, home, web=web(home))
    assert [entry.file_name for entry in snapshots] == ["令和5年度の一覧/r5.html"]
    assert [defect.rule for defect in defects] == ["not_the_promised_content"]
    table = source.description.published["indices"]
    anything = described(site.address, tmp_path, files=["*"]).description.published["indices"]
    assert [is_file_of("list/r5.HTM", one) for one in (table, anything)] == [False, False]
    assert [is_file_of("list/r5.html", one) for one in (table, anything)] == [True, False]


def test_a_site_that_is_down_loses_nothing_and_is_asked_once(
    ministry: Site, home: Home, tmp_path: Path
) -> None:
    source = described(ministry.address, tmp_path)
    first, _ = acquire(source, home, web=web(home))
    ministry.server.shutdown()
    ministry.server.server_close()
    asked = web(home)
    second, defects = acquire(source, home, web=asked)
    assert [defect.rule for defect in defects] == ["unreachable"]
    assert set(second) == set(first)
    assert acquire(source, home, web=asked)[1] != []
    # A later call that looks for nothing keeps what is known of the failure.
    assert [defect.rule for defect in acquire(source, home)[1]] == ["unreachable"]


def test_two_tables_of_one_file_both_have_it_and_the_pages_are_asked_once(
    ministry: Site, home: Home, tmp_path: Path
) -> None:
    source = described(ministry.address, tmp_path)
    table = source.description.published["indices"]
    twice = source.description.model_copy(update={"published": {"indices": table, "wards": table}})
    snapshots, defects = acquire(DescribedSource(twice, tmp_path), home, web=web(home))
    assert defects == []
    files = {
        name: [entry.snapshot_sha256 for entry in snapshots if entry.table == name]
        for name in ("indices", "wards")
    }
    assert files["indices"] == files["wards"]
    assert len(files["wards"]) == 2
    assert sorted(ministry.sent) == ["/f/004.xlsx", "/f/005.xlsx", "/index.html", "/r4.html", "/r5.html"]


def test_bytes_archived_by_a_run_that_was_cut_off_are_not_lost(
    ministry: Site, home: Home, tmp_path: Path
) -> None:
    source = described(ministry.address, tmp_path)
    web(home).acquire(source)
    # The run ended here: the bytes and their validators are kept, but no snapshot says whose they are.
    snapshots, defects = acquire(source, home, web=web(home))
    assert ([entry.file_name for entry in snapshots], defects) == (
        ["令和4年度/004.xlsx", "令和５年度/005.xlsx"],
        [],
    )


@pytest.mark.parametrize(
    ("address", "label", "name"),
    [
        ("https://example.org/main_content/000917808.xlsx", "令和４年度", "令和４年度/000917808.xlsx"),
        ("https://example.org/a/%E5%85%A8%E5%B8%82.xlsx", "", "全市.xlsx"),
        ("https://example.org/x/..%2f..%2fetc%2fpasswd", "../..", "etc_passwd"),
        ("https://example.org/", "", "file"),
    ],
)
def test_names_from_the_web_are_made_safe(address: str, label: str, name: str) -> None:
    assert file_name_of(address, label) == name
