"""Events as lines: text for people, JSON for programs, to a stream or at the end of a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.files import StorageError
from pipelines.notify.config import JsonReceiver, LogReceiver
from pipelines.notify.delivery import DeliveryError
from pipelines.notify.events import Event
from pipelines.notify.words import one_line


def write_log(receiver: LogReceiver, events: Sequence[Event]) -> None:
    """Write one line of text an event, with its time and kind first."""
    _append(
        receiver.path,
        [
            f"{event.at} {event.severity} {event.kind} {one_line(event, receiver.language)}"
            for event in events
        ],
        sys.stderr.fileno(),
    )


def write_json(receiver: JsonReceiver, events: Sequence[Event]) -> None:
    """Write one JSON object a line."""
    lines = [json.dumps(event.as_record(), ensure_ascii=False) for event in events]
    _append(receiver.path, lines, sys.stdout.fileno())


def _append(path: str, lines: list[str], stream: int) -> None:
    """Write lines in one piece; a file's last line that a crash cut short is ended first."""
    data = ("\n".join(lines) + "\n").encode()
    try:
        if path == "-":
            sys.stdout.flush()
            sys.stderr.flush()
            _write(stream, data)
            return
        target = Path(path).expanduser()
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            _write(descriptor, b"\n" + data if torn else data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except (OSError, StorageError) as error:
        raise DeliveryError(f"{path}: {error.strerror or error}") from error


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
