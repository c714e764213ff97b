"""Waiting for another run on the same home."""

from __future__ import annotations

import sys
from argparse import Namespace

from cli.messages import Speaker
from cli.usage import UsageError
from pipelines.lock import holder_of
from pipelines.settings import Home

# A year: what is longer is a slip of the pen.
_LONGEST_SECONDS = 366 * 24 * 3600


def wait_of(arguments: Namespace, say: Speaker) -> float | None:
    """Return for how many seconds `--wait` waits for another run: 0 without it, None without end."""
    text = arguments.wait
    if text is None:
        return 0
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < _LONGEST_SECONDS:
        raise UsageError(say("bad_wait", text=text))
    return seconds


def tell_waiting(home: Home, say: Speaker) -> None:
    """Say that another run is waited for, and which."""
    print(say("waiting", path=home.root, holder=holder_of(home)), file=sys.stderr, flush=True)
