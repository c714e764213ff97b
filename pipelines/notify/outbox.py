"""What was told and what is still to be told, a file of the state for each configuration: nothing is told twice, nothing is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.config_place import FILE_NAME
from pipelines.files import read_record, write_record
from pipelines.notify.events import Event, event_id
from pipelines.settings import Home

# More than any night brings; beyond, the oldest are dropped and their number is told.
MOST_PENDING = 500
MOST_REMEMBERED = 5000
# Events of one message: a message of Slack has at most 50 blocks.
AT_ONCE = 40


@dataclass
class Letterbox:
    """The events of one receiver that are not delivered yet, and the ids of those that were.

    The first `under_way` of those pending are one message, which may have arrived although nobody said so: it is sent
    again as it was, so that the receiver can tell that it comes twice. `refused` are the addresses that did not get the
    last message delivered, each with the answer of the server.
    """

    pending: list[Event] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    under_way: int = 0
    dropped: int = 0
    failed_since: str | None = None
    last_error: str | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def put(self, events: Iterable[Event]) -> None:
        """Add events that are new to the receiver; drop the oldest where there are too many."""
        known = {*self.delivered, *(event.event_id for event in self.pending)}
        for event in events:
            if event.event_id not in known:
                known.add(event.event_id)
                self.pending.append(event)
        if (too_many := len(self.pending) - MOST_PENDING) > 0:
            # What was under way is among those dropped: another message is begun.
            self.dropped, self.pending, self.under_way = self.dropped + too_many, self.pending[too_many:], 0
        self._begin()

    def message(self) -> list[Event]:
        """Return the events of the message under way; empty when nothing waits."""
        return self.pending[: self.under_way]

    def mark_delivered(self, refused: dict[str, str]) -> None:
        """Note that the message under way arrived, but at the addresses refused, and begin the next."""
        self.delivered = [*self.delivered, *(event.event_id for event in self.message())][-MOST_REMEMBERED:]
        self.pending = self.pending[self.under_way :]
        self.under_way, self.dropped, self.failed_since, self.last_error = 0, 0, None, None
        self.refused = refused
        self._begin()

    def _begin(self) -> None:
        self.under_way = self.under_way or min(len(self.pending), AT_ONCE)


@dataclass
class Told:
    """Up to where the home was told of: how many runs and snapshots there were, and which tables fail or are late."""

    runs: int = 0
    snapshots: int = 0
    failing: dict[str, str] = field(default_factory=dict)
    overdue: dict[str, str] = field(default_factory=dict)


@dataclass
class Outbox:
    """The state of all receivers of a configuration; `told` is None where they were never told of the home."""

    told: Told | None = None
    boxes: dict[str, Letterbox] = field(default_factory=dict)

    def box(self, name: str) -> Letterbox:
        """Return the letterbox of a receiver."""
        return self.boxes.setdefault(name, Letterbox())

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget the receivers that are configured no more."""
        wanted = set(names)
        self.boxes = {name: box for name, box in self.boxes.items() if name in wanted}


def outbox_folder(home: Home) -> Path:
    """Return the folder of the state, which whoever tells holds for writing."""
    return home.state / "notifications"


def outbox_path(home: Home, config_file: Path | None = None) -> Path:
    """Return the file of the state of a configuration file, None being the home's own.

    Each has another, so that a run with another configuration leaves what waits for the receivers of this one.
    """
    own = (home.root / FILE_NAME).resolve()
    used = own if config_file is None else config_file.resolve()
    return outbox_folder(home) / ("outbox.json" if used == own else f"outbox-{event_id(used)}.json")


def read_outbox(path: Path) -> Outbox:
    """Return the state; an empty one where there is none or it is damaged."""
    record = read_record(path)
    if record is None:
        return Outbox()
    return Outbox(
        Told(**record["told"]) if record["told"] else None,
        {name: _box(entry) for name, entry in record["boxes"].items()},
    )


def _box(entry: dict[str, Any]) -> Letterbox:
    return Letterbox(**(entry | {"pending": [Event.from_record(event) for event in entry["pending"]]}))


def write_outbox(path: Path, outbox: Outbox) -> None:
    """Keep the state in one atomic step."""
    boxes = {
        name: asdict(box) | {"pending": [event.as_record() for event in box.pending]}
        for name, box in outbox.boxes.items()
    }
    write_record(path, {"told": asdict(outbox.told) if outbox.told else None, "boxes": boxes})
