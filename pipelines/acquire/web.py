"""Fetch one address politely and within limits, and find the links of a publisher's page."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import os
import random
import re
import socket
import ssl
import tempfile
import threading
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from html.parser import HTMLParser
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from pipelines.acquire.archive import MAX_BYTES, Archive
from pipelines.acquire.content import Kind, UnexpectedContentError, check_content, decode_html
from pipelines.files import read_record, write_record
from pipelines.progress import report
from pipelines.settings import TIMEZONE, Home, now

Rule = Literal[
    "http_status",
    "timeout",
    "too_large",
    "truncated",
    "not_the_promised_content",
    "redirect_refused",
    "url_refused",
    "unreachable",
    "no_link_found",
]

_ADVICE: dict[Rule, tuple[str, str]] = {
    "http_status": (
        "公表ページでファイルの所在を確かめてください",
        "Check on the publisher's page where the file is now",
    ),
    "timeout": ("時間をおいて再実行してください", "Run again later"),
    "too_large": (
        "取得先が正しいファイルを指しているか確かめてください",
        "Check that the address leads to the right file",
    ),
    "truncated": (
        "時間をおいて再実行してください。続く場合は手動で取得して置いてください",
        "Run again later; if it happens again, download the file by hand and put it in its place",
    ),
    "not_the_promised_content": (
        "取得先をブラウザで開き、ファイルの所在を確かめてください",
        "Open the address in a browser and check where the file is now",
    ),
    "redirect_refused": (
        "転送先を確かめ、正しければ取得先を書き換えてください",
        "Check where the address leads, and write the new one into the description if it is right",
    ),
    "url_refused": (
        "公開されている http または https のアドレスを書いてください",
        "Write a public http or https address",
    ),
    "unreachable": (
        "ネットワーク、プロキシ、証明書の設定を確かめて再実行してください",
        "Check the network, the proxy and the certificates, and run again",
    ),
    "no_link_found": (
        "ページをブラウザで開き、作りが変わっていたら、データ源の記述の web を直してください",
        "Open the page in a browser; if it has changed, mend `web` in the source's description",
    ),
}

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRIED = frozenset({429, 500, 502, 503, 504})
_CHUNK = 64 * 1024
_BODY_KEPT = 64 * 1024
_LONGEST_BACKOFF = 60.0

_SECRET = re.compile(
    r"\b(app_?id|(?:api_?)?key|(?:access_?)?token|secret|passw(?:or)?d|signature)=[^&#;\s'\"]*", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


def mask_secrets(text: str) -> str:
    """Return text in which the values of query parameters such as appId, and log-ins in addresses, are `***`."""
    return _CREDENTIALS.sub("***@", _SECRET.sub(r"\1=***", text))


class AcquisitionError(RuntimeError):
    """A file could not be had; `rule`, `found` and `expected_*` are what a defect says of it.

    `status` and `body` (its beginning) are the server's answer when `rule` is `http_status`.
    """

    def __init__(
        self,
        rule: Rule,
        url: str,
        found: str,
        *,
        status: int | None = None,
        body: bytes = b"",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        self.rule, self.url, self.found = rule, mask_secrets(url), mask_secrets(found)
        # A status that may pass is no reason to look for the file elsewhere.
        advice: Rule = "timeout" if rule == "http_status" and retryable else rule
        self.expected_ja, self.expected_en = _ADVICE[advice]
        self.status, self.body = status, body
        self.retryable, self.retry_after = retryable, retry_after
        super().__init__(f"{self.url}: {self.found}。{self.expected_ja} / {self.expected_en}")


@dataclass(frozen=True)
class Limits:
    """How long, how much and how often; seconds and bytes."""

    attempts: int = 5
    connect_seconds: float = 15.0
    read_seconds: float = 60.0
    total_seconds: float = 600.0
    max_bytes: int = MAX_BYTES
    redirects: int = 5
    host_interval_seconds: float = 1.0
    retry_after_seconds: float = 120.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Download:
    """A fetched file: `path` is temporary and the caller's to remove; addresses have their secrets masked."""

    path: Path
    url: str
    final_url: str
    etag: str | None
    last_modified: datetime | None
    content_type: str | None
    bytes: int
    retrieved_at: str
    kind: Kind | None = None

    @property
    def last_modified_on(self) -> str | None:
        """Return the day in Japan on which the server says the file was last changed."""
        return self.last_modified.astimezone(TIMEZONE).date().isoformat() if self.last_modified else None


@dataclass(frozen=True)
class NotModified:
    """The server says that the file is still the one in the archive."""

    url: str
    snapshot_sha256: str
    checked_at: str


@dataclass(frozen=True)
class _Known:
    """What was remembered of an address when its bytes were archived."""

    final_url: str
    snapshot_sha256: str
    etag: str | None
    last_modified: str | None

    def headers(self) -> dict[str, str]:
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class _Job:
    url: str
    expected: Kind | None
    known: _Known | None
    deadline: float

    def condition(self, url: str) -> _Known | None:
        """Return the validators for an address; they say nothing about another that it now redirects to."""
        return self.known if self.known and self.known.final_url == mask_secrets(url) else None


class _Cutoff:
    """Ends a connection at the deadline, however slowly its bytes trickle."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self.fired = False
        self._socket = connection
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self.fired = True
        try:
            # Not the TLS socket's own shutdown, which changes state that the reading thread uses.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return

    def cancel(self) -> None:
        self._timer.cancel()


@dataclass(frozen=True)
class _Exchange:
    """One request's answer and when its time is over."""

    url: str
    response: http.client.HTTPResponse
    expired: Callable[[], bool]


class WebFetcher:
    """Downloads files one at a time for one home, and remembers their validators in `state/web.json`.

    The clock, the sleep and the random number are arguments so that tests need not wait. `proxies` maps
    a scheme to a proxy; by default they are those of the environment.
    """

    def __init__(
        self,
        home: Home,
        limits: Limits = DEFAULT_LIMITS,
        *,
        allow_private: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        self._archive = Archive(home)
        self._memory = home.state / "web.json"
        self._folder = home.state / "downloads"
        self._limits = limits
        self._allow_private = allow_private
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._proxies = proxies
        self._turns: dict[str, float] = {}
        self._lock = threading.Lock()

    def fetch(
        self, url: str, *, expected: Kind | None = None, conditional: bool = True
    ) -> Download | NotModified:
        """Download an address to a temporary file; `expected` has the content checked.

        NotModified is only ever returned while the bytes remembered are still in the archive.

        Raises:
            AcquisitionError: the file could not be had; its `rule` says why.

        """
        address = _checked(url)
        known = self._recall(mask_secrets(address)) if conditional else None
        job = _Job(address, expected, known, self._clock() + self._limits.total_seconds)
        for attempt in range(1, self._limits.attempts + 1):
            try:
                return self._attempt(job)
            except AcquisitionError as error:
                pause = self._pause(error, attempt)
                if pause is None or self._clock() + pause >= job.deadline:
                    raise
            self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def remember(self, download: Download, snapshot_sha256: str) -> None:
        """Remember a file's validators, once its bytes are archived: before, a 304 would lose them."""
        known = _Known(
            download.final_url, snapshot_sha256, download.etag, _as_http_date(download.last_modified)
        )
        with self._lock:
            memory = self._read_memory()
            memory.pop(download.url, None)
            if known.headers():
                memory[download.url] = asdict(known)
            write_record(self._memory, {"addresses": dict(sorted(memory.items()))})

    def _recall(self, url: str) -> _Known | None:
        entry = self._read_memory().get(url)
        if entry is None or not self._archive.holds(entry["snapshot_sha256"]):
            return None
        return _Known(**entry)

    def _read_memory(self) -> dict[str, dict[str, Any]]:
        memory: dict[str, dict[str, Any]] = (read_record(self._memory) or {}).get("addresses", {})
        return memory

    def _pause(self, error: AcquisitionError, attempt: int) -> float | None:
        if not error.retryable or attempt >= self._limits.attempts:
            return None
        if error.retry_after is not None:
            return min(error.retry_after, self._limits.retry_after_seconds)
        return self._chance() * min(_LONGEST_BACKOFF, 2.0**attempt)

    def _attempt(self, job: _Job) -> Download | NotModified:
        url = job.url
        for _ in range(self._limits.redirects + 1):
            self._refuse_private_name(url, job)
            with self._exchanged(url, job) as exchange:
                if exchange.response.status not in _REDIRECTS:
                    return self._receive(exchange, job)
                url = _redirected(url, exchange.response.headers.get("Location"))
        raise AcquisitionError("redirect_refused", job.url, f"> {self._limits.redirects} redirects")

    @contextmanager
    def _exchanged(self, url: str, job: _Job) -> Iterator[_Exchange]:
        parts = urlsplit(url)
        self._wait_for_turn(parts.netloc)
        remaining = job.deadline - self._clock()
        if remaining <= 0:
            raise AcquisitionError("timeout", url, f"> {self._limits.total_seconds:g} s")
        connection, target, headers = self._connection(parts, min(self._limits.connect_seconds, remaining))
        condition = job.condition(url)
        headers |= condition.headers() if condition else {}
        cutoff: _Cutoff | None = None

        def expired() -> bool:
            return (cutoff is not None and cutoff.fired) or self._clock() >= job.deadline

        try:
            with _translated(url, expired):
                connection.connect()
                self._refuse_private_peer(connection, parts, url, job)
                connection.sock.settimeout(self._limits.read_seconds)
                cutoff = _Cutoff(connection.sock, remaining)
                connection.request("GET", target, headers=headers)
                response = connection.getresponse()
            yield _Exchange(url, response, expired)
        finally:
            if cutoff:
                cutoff.cancel()
            connection.close()

    def _wait_for_turn(self, host: str) -> None:
        with self._lock:
            moment = self._clock()
            turn = max(moment, self._turns.get(host, moment))
            self._turns[host] = turn + self._limits.host_interval_seconds
        if turn > moment:
            self._sleep(turn - moment)

    def _connection(
        self, parts: SplitResult, timeout: float
    ) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
        """Return an unopened connection, the request's target and its headers."""
        headers = {
            "User-Agent": user_agent(),
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        host, target = parts.hostname or "", urlunsplit(("", "", parts.path or "/", parts.query, ""))
        proxy = self._proxy(parts)
        if proxy is None:
            return _open(parts.scheme, host, parts.port, timeout), target, headers
        connection = _open(parts.scheme, proxy.hostname or "", proxy.port, timeout)
        login = _proxy_login(proxy)
        if parts.scheme == "http":
            return connection, urlunsplit(parts), headers | login
        connection.set_tunnel(host, parts.port or 443, headers=login)
        return connection, target, headers

    def _proxy(self, parts: SplitResult) -> SplitResult | None:
        if self._proxies is None and proxy_bypass(parts.hostname or ""):
            return None
        given = (getproxies() if self._proxies is None else self._proxies).get(parts.scheme)
        if not given:
            return None
        return urlsplit(given if "://" in given else f"http://{given}")

    def _refuse_private_name(self, url: str, job: _Job) -> None:
        host = urlsplit(url).hostname or ""
        if not self._allow_private and (_is_private(host) or host.split(".")[-1] == "localhost"):
            _refuse_address(url, job, host)

    def _refuse_private_peer(
        self, connection: http.client.HTTPConnection, parts: SplitResult, url: str, job: _Job
    ) -> None:
        # Asked of the open connection, so that no second look-up of the name can give another answer.
        peer = str(connection.sock.getpeername()[0])
        if not self._allow_private and self._proxy(parts) is None and _is_private(peer):
            _refuse_address(url, job, f"{parts.hostname} ({peer})")

    def _receive(self, exchange: _Exchange, job: _Job) -> Download | NotModified:
        response, known = exchange.response, job.condition(exchange.url)
        if response.status == http.client.NOT_MODIFIED and known:
            return NotModified(mask_secrets(job.url), known.snapshot_sha256, now().isoformat())
        if response.status != http.client.OK:
            raise AcquisitionError(
                "http_status",
                exchange.url,
                f"HTTP {response.status}",
                status=response.status,
                body=_beginning(response),
                retryable=response.status in _RETRIED,
                retry_after=_retry_after(response.headers),
            )
        with self._temporary() as path:
            size = self._save(exchange, path)
            return Download(
                path=path,
                url=mask_secrets(job.url),
                final_url=mask_secrets(exchange.url),
                etag=response.headers.get("ETag"),
                last_modified=_http_date(response.headers.get("Last-Modified")),
                content_type=response.headers.get("Content-Type"),
                bytes=size,
                retrieved_at=now().isoformat(),
                kind=_checked_kind(path, job.expected, exchange.url),
            )

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        """Yield a new file below the state folder that stays only when nothing fails."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".download.", suffix=".tmp", dir=self._folder)
        os.close(descriptor)
        path = Path(name)
        try:
            yield path
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _save(self, exchange: _Exchange, path: Path) -> int:
        promised, size = exchange.response.length, 0
        host = urlsplit(exchange.url).hostname or ""
        if promised is not None and promised > self._limits.max_bytes:
            self._refuse_size(exchange.url, promised)
        with path.open("wb") as stream:
            for chunk in _decoded(_chunks(exchange, promised), exchange):
                size += len(chunk)
                if size > self._limits.max_bytes:
                    self._refuse_size(exchange.url, size)
                stream.write(chunk)
                report("acquire", size, promised, host)
        return size

    def _refuse_size(self, url: str, size: int) -> NoReturn:
        raise AcquisitionError("too_large", url, f"{size:,} > {self._limits.max_bytes:,} bytes")


def user_agent() -> str:
    """Return the name and version that servers are told, with the project's address once it has one."""
    about = metadata("mieruka")
    # A Project-URL is a label, a comma and the address.
    addresses = [entry.split(",", 1)[-1].strip() for entry in about.get_all("Project-URL", [])]
    return f"Mieruka/{about['Version']}" + (f" (+{addresses[0]})" if addresses else "")


def _checked(url: str) -> str:
    """Return an address in ASCII without fragment; raise AcquisitionError unless it is plain http or https."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError) as error:
        raise AcquisitionError("url_refused", url, str(error)) from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise AcquisitionError("url_refused", url, f"{parts.scheme or '?'}://{host}")
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit(
        (
            parts.scheme,
            shown if port is None else f"{shown}:{port}",
            quote(parts.path, safe="/%:@!$&'()*+,;=~"),
            quote(parts.query, safe="/%:@!$&'()*+,;=~?[]"),
            "",
        )
    )


def _redirected(url: str, location: str | None) -> str:
    # Header bytes arrive as Latin-1; servers write UTF-8 into them.
    given = (location or "").encode("latin-1", errors="replace").decode("utf-8", errors="replace")
    try:
        target = _checked(urljoin(url, given)) if given else ""
    except (AcquisitionError, ValueError) as error:
        raise AcquisitionError("redirect_refused", url, f"→ {given}") from error
    if not target or (url.startswith("https:") and target.startswith("http:")):
        raise AcquisitionError("redirect_refused", url, f"→ {given}")
    return target


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return not address.is_global or address.is_multicast


def _refuse_address(url: str, job: _Job, host: str) -> NoReturn:
    rule: Rule = "url_refused" if url == job.url else "redirect_refused"
    raise AcquisitionError(rule, job.url, f"→ {host}")


def _open(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())


def _proxy_login(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login).decode()}"}


@contextmanager
def _translated(url: str, expired: Callable[[], bool]) -> Iterator[None]:
    """Turn what the network raises into an AcquisitionError."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise AcquisitionError("unreachable", url, error.verify_message) from error
    except (OSError, http.client.HTTPException) as error:
        late = expired()
        rule: Rule = "unreachable"
        if late or isinstance(error, TimeoutError):
            rule = "timeout"
        elif isinstance(error, http.client.IncompleteRead):
            rule = "truncated"
        found = f"{type(error).__name__}: {error}"
        raise AcquisitionError(rule, url, found, retryable=not late) from error


def _chunks(exchange: _Exchange, promised: int | None) -> Iterator[bytes]:
    """Yield a body as it arrives; raise AcquisitionError when it ends early or late."""
    received = 0
    while promised is None or received < promised:
        with _translated(exchange.url, exchange.expired):
            chunk = exchange.response.read1(_CHUNK if promised is None else min(_CHUNK, promised - received))
        if exchange.expired():
            raise AcquisitionError("timeout", exchange.url, f"{received:,} bytes")
        if not chunk:
            break
        received += len(chunk)
        yield chunk
    if promised is not None and received < promised:
        raise AcquisitionError(
            "truncated", exchange.url, f"{received:,} / {promised:,} bytes", retryable=True
        )


def _decoded(chunks: Iterator[bytes], exchange: _Exchange) -> Iterator[bytes]:
    """Yield a body without its content coding: storage services send gzip even when asked not to."""
    coding = (exchange.response.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding == "identity":
        yield from chunks
        return
    if coding not in ("gzip", "x-gzip"):
        raise AcquisitionError("not_the_promised_content", exchange.url, f"Content-Encoding: {coding}")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            pending = chunk
            while pending and not unpacker.eof:
                yield unpacker.decompress(pending, _CHUNK)
                pending = unpacker.unconsumed_tail
    except zlib.error as error:
        raise AcquisitionError("not_the_promised_content", exchange.url, str(error)) from error
    if not unpacker.eof:
        raise AcquisitionError("truncated", exchange.url, "gzip", retryable=True)


def _checked_kind(path: Path, expected: Kind | None, url: str) -> Kind | None:
    try:
        return check_content(path, expected) if expected else None
    except UnexpectedContentError as error:
        raise AcquisitionError("not_the_promised_content", url, str(error)) from error


def _beginning(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_BODY_KEPT)
    except (OSError, http.client.HTTPException):
        return b""


def _retry_after(headers: Message) -> float | None:
    given = (headers.get("Retry-After") or "").strip()
    if given.isdigit():
        return float(given)
    moment = _http_date(given)
    if moment is None:
        return None
    # The server's own clock, where it says what that shows: ours may differ.
    start = _http_date(headers.get("Date")) or now()
    return max((moment - start).total_seconds(), 0.0)


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_http_date(moment: datetime | None) -> str | None:
    return format_datetime(moment.astimezone(UTC), usegmt=True) if moment else None


class _Links(HTMLParser):
    """Collects the links of a page with their text, and its base address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self.base: str | None = None
        self._href: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "base" and self.base is None:
            self.base = given.get("href")
        elif tag == "a":
            self.finish()
            self._href = given.get("href")
        elif tag == "img":
            self._text.append(given.get("alt") or "")

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.finish()

    def finish(self) -> None:
        """Close the link that is open, if any."""
        if self._href is not None:
            self.links.append((self._href, " ".join("".join(self._text).split())))
        self._href, self._text = None, []


def find_links(
    html: bytes, base_url: str, pattern: str, *, suffix: str = "", content_type: str | None = None
) -> list[str]:
    """Return the addresses of `links_with_text`."""
    return list(links_with_text(html, base_url, pattern, suffix=suffix, content_type=content_type))


def links_with_text(
    html: bytes, base_url: str, pattern: str, *, suffix: str = "", content_type: str | None = None
) -> dict[str, str]:
    """Return the addresses and texts of a page's links whose text or address matches a regular expression.

    The text is tried as it is and in NFKC; `suffix` (".xlsx") limits the links by how their path ends. The
    order is the page's, each address once with its first text. Raises re.error for a pattern that is none.
    """
    parser = _Links()
    parser.feed(decode_html(html, content_type))
    parser.close()
    parser.finish()
    wanted = re.compile(pattern)
    found: dict[str, str] = {}
    for href, text in parser.links:
        address = _link_address(base_url, parser.base or "", href)
        if address is None or not urlsplit(address).path.lower().endswith(suffix.lower()):
            continue
        if any(
            wanted.search(given) for given in (text, unicodedata.normalize("NFKC", text), unquote(address))
        ):
            found.setdefault(address, text)
    return found


def _link_address(page: str, base: str, href: str) -> str | None:
    try:
        return _checked(urljoin(urljoin(page, base), href.strip()))
    except (ValueError, AcquisitionError):
        return None
