"""Fetching over real HTTP: what is asked, what is believed, what is tried again and what is refused."""

from __future__ import annotations

import gzip
import http.server
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.acquire.archive import Archive
from pipelines.acquire.web import (
    AcquisitionError,
    Download,
    Limits,
    NotModified,
    WebFetcher,
    _redirected,
    find_links,
    mask_secrets,
    user_agent,
)
from pipelines.files import read_record
from pipelines.progress import Step, listening
from pipelines.settings import Home

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]
BODY = "団体コード,団体名\r\n011002,札幌市\r\n".encode("cp932")
CHANGED = "Wed, 31 Dec 2025 15:30:00 GMT"
PAGE = "<html><head><title>メンテナンス中</title></head></html>".encode()


class Publisher:
    """A local server that gives the answers laid out for a path in turn, the last for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stopped = threading.Event()
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.requests.append((self.path, dict(self.headers.items())))
                answers = publisher.answers[self.path.split("?")[0]]
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            def do_CONNECT(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def put(self, path: str, *answers: Answer) -> str:
        """Lay out the answers for a path and return its address."""
        self.answers[path] = list(answers)
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class FakeTime:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += seconds


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    running = Publisher()
    yield running
    running.stop()


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


@pytest.fixture
def fetcher(home: Home, fake: FakeTime) -> WebFetcher:
    return make_fetcher(home, fake)


def make_fetcher(home: Home, fake: FakeTime, **changes: Any) -> WebFetcher:
    limits = Limits(**{"read_seconds": 5.0, **changes})
    return WebFetcher(
        home,
        limits,
        allow_private=True,
        clock=fake.clock,
        sleep=fake.sleep,
        chance=lambda: 0.5,
        proxies={},
    )


def answer(status: int = 200, body: bytes = BODY, **headers: str) -> Answer:
    def give(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **given}.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return give


def without_length(body: bytes) -> Answer:
    return answer(body=body, Content_Length="")


def redirect(location: str) -> Answer:
    return answer(302, b"", Location=location)


def other_protocol(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0\r\n\r\n")


def drop(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def conditional(etag: str, body: bytes = BODY) -> Answer:
    def give(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.headers.get("If-None-Match") == etag:
            answer(304, b"", Content_Length="")(handler)
        else:
            answer(body=body, ETag=etag, Last_Modified=CHANGED)(handler)

    return give


def downloaded(result: Download | NotModified) -> Download:
    assert isinstance(result, Download)
    return result


def refused(fetcher: WebFetcher, url: str, **options: Any) -> AcquisitionError:
    """Fetch what cannot be had, and see that nothing of it stays."""
    before = set(fetcher._folder.glob("*"))
    with pytest.raises(AcquisitionError) as caught:
        fetcher.fetch(url, **options)
    assert set(fetcher._folder.glob("*")) == before
    assert caught.value.expected_ja in str(caught.value)
    assert caught.value.expected_en in str(caught.value)
    return caught.value


def archive(home: Home, fetcher: WebFetcher, download: Download) -> str:
    sha256 = Archive(home).store(download.path)
    fetcher.remember(download, sha256)
    return sha256


def test_a_file_is_downloaded_with_what_the_server_says_of_it(
    publisher: Publisher, fetcher: WebFetcher, home: Home
) -> None:
    given = answer(
        ETag='"1"',
        Last_Modified=CHANGED,
        Content_Type="text/csv",
        Content_Disposition='attachment; filename="../../../evil.csv"',
    )
    url = publisher.put("/a.csv", given)
    got = downloaded(fetcher.fetch(url, expected="csv"))
    assert got.path.read_bytes() == BODY
    assert (got.url, got.final_url, got.bytes, got.kind) == (url, url, len(BODY), "csv")
    assert (got.etag, got.content_type, got.last_modified_on) == ('"1"', "text/csv", "2026-01-01")
    assert datetime.fromisoformat(got.retrieved_at).utcoffset() == timedelta(hours=9)
    assert got.path.parent == home.state / "downloads"
    assert "evil" not in got.path.name
    sent = publisher.requests[0][1]
    assert sent["User-Agent"] == user_agent()
    assert sent["User-Agent"].startswith("Mieruka/0.")
    assert "If-None-Match" not in sent


def test_a_file_is_not_downloaded_again_while_it_is_unchanged(
    publisher: Publisher, fetcher: WebFetcher, home: Home
) -> None:
    url = publisher.put("/a.csv", conditional('"1"'))
    sha256 = archive(home, fetcher, downloaded(fetcher.fetch(url)))
    again = fetcher.fetch(url)
    assert isinstance(again, NotModified)
    assert (again.url, again.snapshot_sha256) == (url, sha256)
    sent = publisher.requests[-1][1]
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"1"', CHANGED)


def test_a_changed_etag_brings_the_new_file(publisher: Publisher, fetcher: WebFetcher, home: Home) -> None:
    url = publisher.put("/a.csv", conditional('"1"'))
    archive(home, fetcher, downloaded(fetcher.fetch(url)))
    publisher.put("/a.csv", conditional('"2"', b"new"))
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == b"new"


def test_nothing_is_remembered_of_bytes_that_were_not_archived(
    publisher: Publisher, fetcher: WebFetcher, home: Home
) -> None:
    url = publisher.put("/a.csv", conditional('"1"'))
    first = downloaded(fetcher.fetch(url))
    sha256 = archive(home, fetcher, downloaded(fetcher.fetch(url)))
    assert first.path.read_bytes() == BODY
    Archive(home).path_of(sha256).unlink()
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == BODY
    assert [sent.get("If-None-Match") for _, sent in publisher.requests] == [None] * 3


def test_a_caller_can_ask_unconditionally(publisher: Publisher, fetcher: WebFetcher, home: Home) -> None:
    url = publisher.put("/a.csv", conditional('"1"'))
    archive(home, fetcher, downloaded(fetcher.fetch(url)))
    assert downloaded(fetcher.fetch(url, conditional=False)).path.read_bytes() == BODY


def test_validators_of_one_file_are_not_sent_for_another_it_now_redirects_to(
    publisher: Publisher, fetcher: WebFetcher, home: Home
) -> None:
    publisher.put("/2024.csv", conditional('"1"'))
    publisher.put("/2025.csv", conditional('"1"', b"new"))
    url = publisher.put("/latest.csv", redirect("/2024.csv"), redirect("/2024.csv"), redirect("/2025.csv"))
    archive(home, fetcher, downloaded(fetcher.fetch(url)))
    assert isinstance(fetcher.fetch(url), NotModified)
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == b"new"


def test_a_file_without_validators_is_downloaded_every_time(
    publisher: Publisher, fetcher: WebFetcher, home: Home
) -> None:
    url = publisher.put("/a.csv", conditional('"1"'))
    archive(home, fetcher, downloaded(fetcher.fetch(url)))
    publisher.put("/a.csv", answer(), answer(304, b"", Content_Length=""))
    archive(home, fetcher, downloaded(fetcher.fetch(url)))
    assert refused(fetcher, url).rule == "http_status"
    assert "If-None-Match" not in publisher.requests[-1][1]


def test_304_that_was_not_asked_for_is_an_error(publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", answer(304, b"", Content_Length=""))
    assert refused(fetcher, url).rule == "http_status"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again(
    status: int, publisher: Publisher, fetcher: WebFetcher, fake: FakeTime
) -> None:
    url = publisher.put("/a.csv", answer(status, b""), answer())
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == BODY
    assert fake.slept == [1.0]


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 501])
def test_a_lasting_answer_is_not_tried_again(status: int, publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", answer(status, b"" if status == 204 else b"why"))
    error = refused(fetcher, url)
    assert (error.rule, error.status, len(publisher.requests)) == ("http_status", status, 1)
    assert error.body == (b"" if status == 204 else b"why")
    assert f"HTTP {status}" in str(error)


def test_endless_500_ends_after_growing_pauses(
    publisher: Publisher, fetcher: WebFetcher, fake: FakeTime
) -> None:
    error = refused(fetcher, publisher.put("/a.csv", answer(500, b"")))
    assert (error.rule, error.status, len(publisher.requests)) == ("http_status", 500, 5)
    assert error.expected_en == "Run again later"
    assert fake.slept == [1.0, 2.0, 4.0, 8.0]


def test_pauses_have_full_jitter(publisher: Publisher, home: Home, fake: FakeTime) -> None:
    chances = iter([0.0, 0.25, 1.0, 0.5])
    fetcher = make_fetcher(home, fake, host_interval_seconds=0.0)
    fetcher._chance = lambda: next(chances)
    refused(fetcher, publisher.put("/a.csv", answer(500, b"")))
    assert fake.slept == [0.0, 1.0, 8.0, 8.0]


def test_trying_again_ends_at_the_deadline(publisher: Publisher, home: Home, fake: FakeTime) -> None:
    fetcher = make_fetcher(home, fake, total_seconds=5.0)
    assert refused(fetcher, publisher.put("/a.csv", answer(500, b""))).status == 500
    assert fake.slept == [1.0, 2.0]


def test_retry_after_in_seconds(publisher: Publisher, fetcher: WebFetcher, fake: FakeTime) -> None:
    fetcher.fetch(publisher.put("/a.csv", answer(503, b"", Retry_After="7"), answer()))
    assert fake.slept == [7.0]


def test_retry_after_as_a_date(publisher: Publisher, fetcher: WebFetcher, fake: FakeTime) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    fetcher.fetch(publisher.put("/a.csv", answer(429, b"", Retry_After=later), answer()))
    assert fake.slept[0] == pytest.approx(30, abs=3)


@pytest.mark.parametrize(("given", "slept"), [("86400", 120.0), ("soon", 1.0), ("-1", 1.0)])
def test_retry_after_is_capped_and_nonsense_ignored(
    given: str, slept: float, publisher: Publisher, fetcher: WebFetcher, fake: FakeTime
) -> None:
    fetcher.fetch(publisher.put("/a.csv", answer(503, b"", Retry_After=given), answer()))
    assert fake.slept == [slept]


def test_a_dropped_connection_is_tried_again(publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", drop, drop, answer())
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == BODY


def test_nobody_listening(fetcher: WebFetcher, fake: FakeTime) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = refused(fetcher, f"http://127.0.0.1:{unused.getsockname()[1]}/a.csv")
    assert error.rule == "unreachable"
    assert len(fake.slept) == 4


def test_an_answer_that_is_not_http(publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", other_protocol)
    assert refused(fetcher, url).rule == "unreachable"


def stalling(publisher: Publisher, headers: bytes) -> Answer:
    def give(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(headers)
        publisher.stopped.wait(10)

    return give


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
def test_a_server_that_stalls(sent: bytes, publisher: Publisher, home: Home, fake: FakeTime) -> None:
    fetcher = make_fetcher(home, fake, read_seconds=0.05, attempts=2)
    error = refused(fetcher, publisher.put("/a.csv", stalling(publisher, sent)))
    assert (error.rule, len(publisher.requests)) == ("timeout", 2)


def trickling(publisher: Publisher, start: bytes, piece: bytes) -> Answer:
    def give(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        try:
            while not publisher.stopped.wait(0.01):
                handler.wfile.write(piece)
        except OSError:
            return

    return give


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x"),
    ],
)
def test_a_server_that_trickles_is_cut_off_at_the_deadline(
    start: bytes, piece: bytes, publisher: Publisher, home: Home
) -> None:
    limits = Limits(total_seconds=0.3, read_seconds=5.0)
    fetcher = WebFetcher(home, limits, allow_private=True, proxies={})
    url = publisher.put("/a.csv", trickling(publisher, start, piece))
    assert refused(fetcher, url).rule == "timeout"
    assert len(publisher.requests) == 1


@pytest.mark.parametrize("given", [without_length(bytes(101)), answer(body=bytes(101))])
def test_a_body_over_the_limit(given: Answer, publisher: Publisher, home: Home, fake: FakeTime) -> None:
    fetcher = make_fetcher(home, fake, max_bytes=100)
    url = publisher.put("/a.csv", given)
    assert refused(fetcher, url).rule == "too_large"
    assert len(publisher.requests) == 1
    publisher.put("/a.csv", without_length(bytes(100)))
    assert downloaded(fetcher.fetch(url)).bytes == 100


TRUNCATED = {
    "length": answer(body=BODY, Content_Length=str(len(BODY) + 1)),
    "chunked": answer(body=b"5\r\nab", Transfer_Encoding="chunked", Content_Length=""),
    "gzip": answer(body=gzip.compress(BODY)[:-9], Content_Encoding="gzip"),
}


@pytest.mark.parametrize("way", TRUNCATED)
def test_a_truncated_body_is_tried_again_and_then_refused(
    way: str, publisher: Publisher, fetcher: WebFetcher
) -> None:
    url = publisher.put("/a.csv", TRUNCATED[way], answer())
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == BODY
    publisher.put("/a.csv", TRUNCATED[way])
    assert refused(fetcher, url).rule == "truncated"


def test_bytes_beyond_the_promised_length_are_not_read(publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", answer(body=BODY + b"more", Content_Length=str(len(BODY))))
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == BODY


def test_gzip_that_was_not_asked_for_is_unpacked_within_the_limit(
    publisher: Publisher, home: Home, fake: FakeTime
) -> None:
    fetcher = make_fetcher(home, fake, max_bytes=100_000)
    url = publisher.put("/a.csv", answer(body=gzip.compress(BODY), Content_Encoding="gzip"))
    assert downloaded(fetcher.fetch(url)).path.read_bytes() == BODY
    publisher.put("/a.csv", answer(body=gzip.compress(bytes(10_000_000)), Content_Encoding="gzip"))
    assert refused(fetcher, url).rule == "too_large"


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_a_coding_that_cannot_be_read(coding: str, publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", answer(body=b"not it", Content_Encoding=coding))
    assert refused(fetcher, url).rule == "not_the_promised_content"


def test_an_error_page_served_as_a_workbook(publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.xlsx", answer(body=PAGE, Content_Type="application/vnd.ms-excel"))
    error = refused(fetcher, url, expected="xlsx")
    assert error.rule == "not_the_promised_content"
    assert "メンテナンス中" in str(error)
    assert len(publisher.requests) == 1


def test_redirects_are_followed(publisher: Publisher, fetcher: WebFetcher) -> None:
    final = publisher.put("/%E8%A1%A8.csv", answer())
    url = publisher.put("/a.csv", redirect("/b.csv#part"))
    # A server that writes UTF-8 into its header as it is.
    publisher.put("/b.csv", redirect("/表.csv".encode().decode("latin-1")))
    got = downloaded(fetcher.fetch(url))
    assert (got.url, got.final_url) == (url, final)


def test_a_redirect_loop(publisher: Publisher, fetcher: WebFetcher) -> None:
    url = publisher.put("/a.csv", redirect("/b.csv"))
    publisher.put("/b.csv", redirect("/a.csv"))
    assert refused(fetcher, url).rule == "redirect_refused"
    assert len(publisher.requests) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://example.jp/a", "", "https://", "http://u:pw@example.jp/", "http://[/"],
)
def test_redirects_to_anything_else_are_refused(
    location: str, publisher: Publisher, fetcher: WebFetcher
) -> None:
    error = refused(fetcher, publisher.put("/a.csv", redirect(location)))
    assert error.rule == "redirect_refused"
    assert "pw" not in str(error)


def test_https_is_never_left() -> None:
    assert _redirected("http://example.jp/a", "https://example.jp/a") == "https://example.jp/a"
    with pytest.raises(AcquisitionError) as caught:
        _redirected("https://example.jp/a", "http://example.jp/a")
    assert caught.value.rule == "redirect_refused"


def public_fetcher(home: Home, fake: FakeTime, **proxies: str) -> WebFetcher:
    return WebFetcher(home, clock=fake.clock, sleep=fake.sleep, proxies=proxies)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "224.0.0.1"],
)
def test_private_addresses_are_refused(host: str, publisher: Publisher, home: Home, fake: FakeTime) -> None:
    error = refused(public_fetcher(home, fake), f"http://{host}:{publisher.port}/a.csv")
    assert error.rule == "url_refused"
    assert publisher.requests == []


@pytest.fixture
def publisher_by_name(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    """Return the publisher, with every host name leading to it."""
    connect = socket.create_connection

    def to_publisher(address: tuple[str, int], *args: Any) -> socket.socket:
        return connect(("127.0.0.1", publisher.port), *args)

    monkeypatch.setattr(socket, "create_connection", to_publisher)
    return publisher


def test_a_public_name_that_leads_to_a_private_address_is_refused(
    publisher_by_name: Publisher, home: Home, fake: FakeTime
) -> None:
    error = refused(public_fetcher(home, fake), "http://www.example.jp/a.csv")
    assert error.rule == "url_refused"
    assert publisher_by_name.requests == []


def test_a_redirect_to_a_private_address_is_refused(
    publisher_by_name: Publisher, home: Home, fake: FakeTime
) -> None:
    publisher_by_name.put("http://www.example.jp/a.csv", redirect("http://192.168.0.1/a.csv"))
    fetcher = public_fetcher(home, fake, http="http://proxy.example.jp:8080")
    error = refused(fetcher, "http://www.example.jp/a.csv")
    assert error.rule == "redirect_refused"
    assert len(publisher_by_name.requests) == 1


@pytest.mark.parametrize(
    ("proxy", "login"),
    [
        ("http://127.0.0.1:{port}", None),
        ("127.0.0.1:{port}", None),
        ("http://me:p%40ss@127.0.0.1:{port}", "Basic bWU6cEBzcw=="),
    ],
)
def test_a_proxy_is_used(
    proxy: str, login: str | None, publisher: Publisher, home: Home, fake: FakeTime
) -> None:
    publisher.put("http://www.example.jp/a.csv", answer())
    fetcher = public_fetcher(home, fake, http=proxy.format(port=publisher.port))
    assert downloaded(fetcher.fetch("http://www.example.jp/a.csv")).path.read_bytes() == BODY
    assert publisher.requests[0][1].get("Proxy-Authorization") == login


def test_https_goes_through_a_tunnel_of_the_proxy(publisher: Publisher, home: Home, fake: FakeTime) -> None:
    publisher.put("www.example.jp:443", answer(403, b""))
    fetcher = public_fetcher(home, fake, https=f"http://me:pw@127.0.0.1:{publisher.port}")
    error = refused(fetcher, "https://www.example.jp/a.csv")
    assert error.rule == "unreachable"
    assert "403" in error.found
    assert publisher.requests[0][1]["Proxy-Authorization"] == "Basic bWU6cHc="


def test_the_proxies_of_the_environment_are_used_except_where_it_says_no(
    publisher: Publisher, home: Home, fake: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{publisher.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    publisher.put("http://www.example.jp/a.csv", answer())
    direct = publisher.put("/a.csv", answer(body=b"direct"))
    fetcher = WebFetcher(home, allow_private=True, clock=fake.clock, sleep=fake.sleep)
    assert downloaded(fetcher.fetch("http://www.example.jp/a.csv")).path.read_bytes() == BODY
    assert downloaded(fetcher.fetch(direct)).path.read_bytes() == b"direct"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a/b", "www.example.jp/a", "http://", "https://me:pw@example.jp/", "http://[",
     "http://a:port/", "http://" + "a" * 64 + ".jp/"],
)  # fmt: skip
def test_other_addresses_are_refused(url: str, fetcher: WebFetcher) -> None:
    error = refused(fetcher, url)
    assert error.rule == "url_refused"
    assert "pw" not in str(error)


def test_an_address_in_japanese(publisher: Publisher, fetcher: WebFetcher) -> None:
    publisher.put("/%E6%B1%BA%E7%AE%97.csv", answer())
    fetcher.fetch(f"http://127.0.0.1:{publisher.port}/決算.csv?年度=2023&x=%41")
    assert publisher.requests[0][0] == "/%E6%B1%BA%E7%AE%97.csv?%E5%B9%B4%E5%BA%A6=2023&x=%41"


def test_one_host_is_asked_once_a_second(publisher: Publisher, fetcher: WebFetcher, fake: FakeTime) -> None:
    url = publisher.put("/a.csv", answer())
    for _ in range(3):
        fetcher.fetch(url)
    assert fake.slept == [1.0, 1.0]
    fake.moment += 60
    fetcher.fetch(url)
    assert fake.slept == [1.0, 1.0]


SECRET = "0123456789abcdef"  # noqa: S105 - made up


@pytest.mark.parametrize("given", [answer(404), redirect(f"/b?appId={SECRET}"), drop, answer(body=PAGE)])
def test_secrets_are_in_no_message(
    given: Answer, publisher: Publisher, fetcher: WebFetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    publisher.put("/b", answer(404))
    error = refused(fetcher, publisher.put("/a", given) + f"?appId={SECRET}&x=1", expected="json")
    assert publisher.requests[0][0] == f"/a?appId={SECRET}&x=1"
    for text in (str(error), repr(error), error.url, error.found, caplog.text):
        assert SECRET not in text
    assert "appId=***" in error.url


def test_secrets_are_in_no_origin_and_no_state(publisher: Publisher, fetcher: WebFetcher, home: Home) -> None:
    url = publisher.put("/a.csv", redirect(f"/b.csv?key={SECRET}")) + f"?y=1&token={SECRET}"
    publisher.put("/b.csv", conditional('"1"'))
    got = downloaded(fetcher.fetch(url))
    archive(home, fetcher, got)
    assert got.url.endswith("/a.csv?y=1&token=***")
    assert got.final_url.endswith("/b.csv?key=***")
    assert SECRET not in (home.state / "web.json").read_text()
    assert isinstance(fetcher.fetch(url), NotModified)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://a/?appId=x1&b=2", "http://a/?appId=***&b=2"),
        ("?APPID=x1", "?APPID=***"),
        ("?api_key=x1#f", "?api_key=***#f"),
        ("?access_token=x1 y", "?access_token=*** y"),
        ("https://me:pw@a/b", "https://***@a/b"),
        ("?monkey=1&keyword=2", "?monkey=1&keyword=2"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


def test_progress_is_told(publisher: Publisher, fetcher: WebFetcher) -> None:
    steps: list[Step] = []
    with listening(steps.append):
        fetcher.fetch(publisher.put("/a.csv", answer()))
    assert steps[-1] == Step("acquire", len(BODY), len(BODY), "127.0.0.1")


def test_the_state_is_a_record(publisher: Publisher, fetcher: WebFetcher, home: Home) -> None:
    url = publisher.put("/a.csv", conditional('"1"'))
    sha256 = archive(home, fetcher, downloaded(fetcher.fetch(url)))
    assert read_record(home.state / "web.json") == {
        "addresses": {
            url: {"etag": '"1"', "final_url": url, "last_modified": CHANGED, "snapshot_sha256": sha256}
        }
    }


LANDING = """<html><head><meta charset="{charset}"></head><body>
<ul><li><a href="/main_content/000917808.xlsx"><img src="x.gif" alt="Excel">全市町村の主要財政指標
  （ＥＸＣＥＬ：１２４ＫＢ）</a>
<li><a href="000917809.pdf">全市町村の主要財政指標（PDF）</a>
<li><a href="000917810.XLSX?v=2#top">都道府県の主要財政指標<a href="%E5%85%A8%E5%9B%BD.csv">表</a>
<li><a href="mailto:a@example.jp">全市町村</a><a href="javascript:go()">全市町村</a><a name="x">全市町村</a>
<li><a href="http://[bad">全市町村</a><a href="/main_content/000917808.xlsx">全市町村（再掲）</a></ul></body>"""
AT = "https://www.example.jp/iken/index.html"


@pytest.mark.parametrize(
    ("charset", "codec"), [("Shift_JIS", "cp932"), ("utf-8", "utf-8"), ("euc-jp", "euc_jp")]
)
def test_links_of_a_landing_page(charset: str, codec: str) -> None:
    page = LANDING.format(charset=charset).encode(codec)
    workbook = "https://www.example.jp/main_content/000917808.xlsx"
    assert find_links(page, AT, "全市町村の主要財政指標", suffix=".xlsx") == [workbook]
    assert find_links(page, AT, "全市町村") == [workbook, "https://www.example.jp/iken/000917809.pdf"]
    assert find_links(page, AT, r"EXCEL:\d+KB") == [workbook]
    assert find_links(page, AT, "^都道府県の主要財政指標$", suffix=".xlsx") == [
        "https://www.example.jp/iken/000917810.XLSX?v=2"
    ]
    assert find_links(page, AT, r"/全国\.csv$") == ["https://www.example.jp/iken/%E5%85%A8%E5%9B%BD.csv"]
    assert find_links(page, AT, "ない表") == []


def test_links_relative_to_the_pages_own_base() -> None:
    page = b'<base href="/files/"><a href="a.csv">table</a><a href="b.csv">table'
    assert find_links(page, AT, "table") == [
        "https://www.example.jp/files/a.csv",
        "https://www.example.jp/files/b.csv",
    ]


def test_links_in_the_character_set_of_the_header() -> None:
    page = "<a href='a.csv'>町村</a>".encode("euc_jp")
    assert find_links(page, AT, "町村", content_type="text/html; charset=EUC-JP")


def test_temporary_files_are_swept_like_any_other(
    publisher: Publisher, fetcher: WebFetcher, home: Home
) -> None:
    got = downloaded(fetcher.fetch(publisher.put("/a.csv", answer())))
    assert got.path in set(Path(home.root).rglob(".*.tmp*"))
