"""`serve`: read-only access for remote readers, on this machine unless asked otherwise."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from argparse import Namespace
from pathlib import Path

from cli.messages import Speaker
from cli.reader import NotPublishedError
from cli.usage import UsageError
from pipelines.notify.config import is_loopback
from pipelines.settings import Home

TOKEN_VARIABLE = "MIERUKA_SERVE_TOKEN"  # noqa: S105
DEFAULT_PORT = 9494
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,127}")


def read_token(token_file: str | None, say: Speaker) -> str:
    """Return the token of the file, else of the environment; raise UsageError when there is none that can be used."""
    if token_file:
        path = Path(token_file)
        try:
            text = path.read_text(encoding="utf-8").strip()
            is_open = bool(path.stat().st_mode & 0o007)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(say("no_file", path=path)) from error
        if is_open:
            raise UsageError(say("serve_open_token", path=path))
    else:
        text = os.environ.pop(TOKEN_VARIABLE, "").strip()
    if not text:
        raise UsageError(say("serve_no_token", variable=TOKEN_VARIABLE))
    if not _TOKEN.fullmatch(text):
        raise UsageError(say("serve_bad_token"))
    return text


def _positive(text: str, name: str, say: Speaker) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1 << 20:
        raise UsageError(say("serve_bad_number", name=name, text=text))
    return int(text)


async def _serve(arguments: Namespace, home: Home, token: str, port: int, say: Speaker) -> None:
    from pipelines.serve.gateway import Gateway, Limits

    limits = Limits(
        memory_mib=_positive(arguments.memory, "--memory", say),
        threads=_positive(arguments.threads, "--threads", say),
        seconds=_positive(arguments.seconds, "--seconds", say),
    )

    def tell(key: str, **values: object) -> None:
        print(say(key, path=home.published_database, **values), file=sys.stderr, flush=True)

    def ready(address: str, bound: int) -> None:
        print(say("serve_ready", path=home.published_database, host=address, port=bound), flush=True)

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Gateway(home.published_database, token, limits, tell).serve(arguments.host, port, stop, ready)


def serve(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Serve until told to stop; return 0 then, 1 when the warehouse cannot be served."""
    from pipelines.serve.extension import EXTENSIONS, MissingExtensionError, extension_file
    from pipelines.serve.gateway import EngineStartError

    if not is_loopback(arguments.host) and not arguments.allow_remote:
        raise UsageError(say("serve_not_loopback", host=arguments.host))
    token = read_token(arguments.token_file, say)
    port = 0 if arguments.port == "0" else _positive(arguments.port, "--port", say)
    if port > 65535:
        raise UsageError(say("serve_bad_number", name="--port", text=arguments.port))
    if not home.published_database.exists():
        raise NotPublishedError(str(home.published_database))
    try:
        for name in EXTENSIONS:
            extension_file(name)
    except MissingExtensionError as error:
        print(say("serve_no_extension", requirement=error), file=sys.stderr)
        return 1
    try:
        asyncio.run(_serve(arguments, home, token, port, say))
    except EngineStartError as error:
        print(say("serve_not_started", detail=error), file=sys.stderr)
        return 1
    except OSError as error:
        print(say("serve_address", host=arguments.host, port=port, detail=error), file=sys.stderr)
        return 1
    print(say("serve_ended"), flush=True)
    return 0
