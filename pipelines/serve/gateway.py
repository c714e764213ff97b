"""The one port that readers know: hands their requests on to engines, follows publications, and answers whatever happens.

A reader's session stays with the engine, and so with the version, that it began on; new sessions get the newest. An engine
of an older version ends when nobody has asked it for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.serve.engine import READY, EngineOrder

# A message of the protocol begins with its kind and the id of its session; the first one of a session has none yet.
_SESSION = re.compile(rb"\x01\x00.\x02\x00 ([0-9A-F]{32})", re.DOTALL)
_HELLO = b"\x01\x00\x01"
_NOT_KNOWN = b"Authentication failed"
_MESSAGE_TYPE = "application/octet-stream"
_HEADER_BYTES = 16_384
_PIECE = 65_536
_WAIT_FOR_REQUEST = 30.0
_WAIT_FOR_START = 60.0
_MOST_SESSIONS = 10_000
_FAILURE_PAUSES = (0.0, 1.0, 5.0, 30.0)

# What the gateway tells its owner, as the key of a message and its values.
Tell = Callable[..., None]


@dataclass(frozen=True)
class Limits:
    """What readers may use: memory in MiB, threads and seconds of one statement, requests at once, and their size."""

    memory_mib: int = 1024
    threads: int = 2
    seconds: float = 60.0
    connections: int = 32
    request_bytes: int = 1 << 20
    # Seconds without a request after which an engine of an older version ends.
    drain_seconds: float = 900.0


class EngineStartError(RuntimeError):
    """An engine did not start; the text is what it said last."""


class _RefusedRequestError(Exception):
    """A request that is answered here: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class _Engine:
    """An engine under way: its process, its port, and the file (device and inode) that it serves."""

    process: asyncio.subprocess.Process
    port: int
    served: tuple[int, int]
    last_asked: float = field(default_factory=time.monotonic)
    under_way: int = 0
    is_ended: bool = False

    @property
    def is_alive(self) -> bool:
        return not self.is_ended and self.process.returncode is None

    def end(self) -> None:
        """End the process at once: it has nothing to save."""
        self.is_ended = True
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _clean_environment() -> dict[str, str]:
    """Return what an engine sees of the environment: no secrets, no home."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": "/nonexistent"}


class Gateway:
    """Serves the published database of a home on one address."""

    def __init__(self, database: Path, token: str, limits: Limits, tell: Tell) -> None:
        self._database = database
        self._token = token
        # A text of the protocol has its length before it, in one byte up to this length.
        self._token_as_sent = b"\x01\x00" + bytes([len(token)]) + token.encode()
        self._limits = limits
        self._tell = tell
        self._newest: _Engine | None = None
        self._engines: list[_Engine] = []
        self._sessions: dict[bytes, _Engine] = {}
        self._slots = asyncio.Semaphore(limits.connections)
        self._starting = asyncio.Lock()
        # The loop itself holds its tasks only weakly.
        self._answering: set[asyncio.Task[None] | None] = set()

    async def serve(
        self,
        host: str,
        port: int,
        stop: asyncio.Event,
        ready: Callable[[str, int], None],
        *,
        poll_seconds: float = 1.0,
    ) -> None:
        """Serve until `stop` is set; `ready` is told the address and port once readers are answered.

        Raises EngineStartError when the warehouse cannot be served at all, and OSError when the address is not to be had.
        """
        self._newest = await self._start_engine()
        server = await asyncio.start_server(self._answer, host, port, limit=_HEADER_BYTES)
        follower = asyncio.create_task(self._follow(poll_seconds))
        try:
            ready(*server.sockets[0].getsockname()[:2])
            await stop.wait()
            server.close()
            await self._finish()
        finally:
            follower.cancel()
            for engine in self._engines:
                engine.end()
            await asyncio.gather(*(engine.process.wait() for engine in self._engines))

    async def _finish(self) -> None:
        """Give the requests under way a moment to end."""
        for _ in range(100):
            if not any(engine.under_way for engine in self._engines if engine.is_alive):
                return
            await asyncio.sleep(0.1)

    # Engines

    def _file(self) -> tuple[int, int]:
        found = self._database.stat()
        return found.st_dev, found.st_ino

    async def _start_engine(self) -> _Engine:
        served, port = self._file(), _free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pipelines.serve.engine",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=_clean_environment(), cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        limits = self._limits
        order = EngineOrder(str(self._database), port, self._token, limits.memory_mib, limits.threads)
        engine = _Engine(process, port, served)
        try:
            said = await asyncio.wait_for(_told(process, order), _WAIT_FOR_START)
        except (TimeoutError, OSError, asyncio.CancelledError):
            engine.end()
            raise
        if said != READY:
            engine.end()
            raise EngineStartError(said)
        self._engines.append(engine)
        return engine

    async def _renewed(self) -> _Engine:
        """Return a living engine of the newest version; start one when the last has ended."""
        async with self._starting:
            if self._newest is None or not self._newest.is_alive:
                self._newest = await self._start_engine()
                self._tell("serve_restarted")
            return self._newest

    async def _follow(self, poll_seconds: float) -> None:
        """Start an engine on each new publication, and end those that nobody asks any more."""
        failures = 0
        while True:
            await asyncio.sleep(poll_seconds + _FAILURE_PAUSES[min(failures, len(_FAILURE_PAUSES) - 1)])
            try:
                await self._look()
                failures = 0
            except (OSError, EngineStartError, TimeoutError) as error:
                # What is served goes on being served.
                failures += 1
                self._tell("serve_trouble", detail=error)

    async def _look(self) -> None:
        newest = await self._renewed()
        if self._file() != newest.served:
            self._newest = await self._start_engine()
            self._tell("serve_following")
        self._forget_engines()

    def _forget_engines(self) -> None:
        idle_since = time.monotonic() - self._limits.drain_seconds
        for engine in self._engines:
            if engine is not self._newest and not engine.under_way and engine.last_asked < idle_since:
                engine.end()
        self._engines = [engine for engine in self._engines if engine.process.returncode is None]
        alive = set(map(id, self._engines))
        self._sessions = {name: engine for name, engine in self._sessions.items() if id(engine) in alive}

    # Requests

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._answering.add(task)
        try:
            if self._slots.locked():
                raise _RefusedRequestError(503, "Service Unavailable")
            async with self._slots:
                body = await asyncio.wait_for(self._request(reader), _WAIT_FOR_REQUEST)
                await self._hand_on(body, writer)
        except _RefusedRequestError as refusal:
            await _reply(writer, refusal)
        except (OSError, EOFError, ValueError, TimeoutError, EngineStartError):
            await _reply(writer, _RefusedRequestError(502, "Bad Gateway"))
        finally:
            self._answering.discard(task)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        """Read one request whole; raise _RefusedRequestError for what is no message of the protocol."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.LimitOverrunError:
            raise _RefusedRequestError(431, "Request Header Fields Too Large") from None
        fields = dict(line.lower().split(":", 1) for line in head[1:] if ":" in line)
        if head[0].split(" ")[:2] != ["POST", "/quack"]:
            raise _RefusedRequestError(404, "Not Found")
        if fields.get("content-type", "").strip() != _MESSAGE_TYPE:
            raise _RefusedRequestError(415, "Unsupported Media Type")
        length = fields.get("content-length", "").strip()
        if not length.isascii() or not length.isdigit():
            raise _RefusedRequestError(411, "Length Required")
        if len(length) > 12 or int(length) > self._limits.request_bytes:
            raise _RefusedRequestError(413, "Content Too Large")
        return await reader.readexactly(int(length))

    async def _engine_of(self, body: bytes) -> _Engine:
        """Return the engine that a request belongs to: that of its session, else the newest."""
        found = _SESSION.match(body)
        engine = self._sessions.get(found.group(1)) if found else None
        return engine if engine is not None and engine.is_alive else await self._renewed()

    async def _hand_on(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        """Let an engine answer; one that dies at this moment is replaced once, as asking again changes nothing."""
        engine = await self._engine_of(body)
        try:
            await self._ask(engine, body, writer)
        except (OSError, EOFError):
            engine.end()
            await self._ask(await self._renewed(), body, writer)

    async def _ask(self, engine: _Engine, body: bytes, writer: asyncio.StreamWriter) -> None:
        engine.under_way += 1
        try:
            reader, to_engine = await asyncio.open_connection("127.0.0.1", engine.port)
            try:
                head = await self._head_of_answer(engine, body, reader, to_engine)
                first = await reader.read(_PIECE)
                if body.startswith(_HELLO):
                    self._look_at_hello(engine, body, first)
                await _pass_back(head, first, reader, writer)
            finally:
                to_engine.close()
        finally:
            engine.under_way -= 1
            engine.last_asked = time.monotonic()

    async def _head_of_answer(
        self, engine: _Engine, body: bytes, reader: asyncio.StreamReader, to_engine: asyncio.StreamWriter
    ) -> bytes:
        """Put a request to an engine and return the head of its answer, which follows when the statement is done."""
        head = (
            f"POST /quack HTTP/1.1\r\nHost: 127.0.0.1:{engine.port}\r\nContent-Type: {_MESSAGE_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        try:
            async with asyncio.timeout(self._limits.seconds):
                to_engine.write(head.encode() + body)
                await to_engine.drain()
                answer = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        except TimeoutError:
            # A statement under way cannot be stopped from outside: its engine is, and a new one started.
            engine.end()
            self._tell("serve_too_long", seconds=self._limits.seconds)
            raise _RefusedRequestError(504, "Gateway Timeout") from None
        # The engine lets pages of any site read its answers; readers are no pages.
        kept = [line for line in answer[1:] if line.lower().startswith(b"content-")]
        return b"\r\n".join([answer[0], *kept, b"Connection: close", b"", b""])

    def _look_at_hello(self, engine: _Engine, body: bytes, answer: bytes) -> None:
        """Remember whose a new session is; raise ConnectionError when an engine no longer knows the token.

        It compares tokens by a query of its own, for which one that has run out of memory has none left.
        """
        if found := _SESSION.match(answer):
            while len(self._sessions) >= _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[found.group(1)] = engine
        elif self._token_as_sent in body and _NOT_KNOWN in answer:
            raise ConnectionError("the engine does not know the token")


async def _pass_back(
    head: bytes, piece: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Write an answer to the reader as fast as it takes it; one that stops taking it is left."""
    with contextlib.suppress(OSError, TimeoutError):
        writer.write(head)
        while piece:
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), _WAIT_FOR_REQUEST)
            piece = await reader.read(_PIECE)


async def _told(process: asyncio.subprocess.Process, order: EngineOrder) -> str:
    """Give an engine its order and return the line that it answers."""
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes")
    process.stdin.write(order.line())
    await process.stdin.drain()
    return (await process.stdout.readline()).decode(errors="replace").strip()


async def _reply(writer: asyncio.StreamWriter, refusal: _RefusedRequestError) -> None:
    with contextlib.suppress(OSError):
        writer.write(
            f"HTTP/1.1 {refusal.status} {refusal.reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
