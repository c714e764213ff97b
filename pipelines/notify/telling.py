"""Telling: what is new goes into each receiver's letterbox, is kept, and delivered; what fails is tried next time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.config_place import config_place
from pipelines.files import StorageError, remove_leftovers
from pipelines.lock import exclusive
from pipelines.notify.config import (
    Config,
    EmailReceiver,
    JsonReceiver,
    LogReceiver,
    Receiver,
    WebhookReceiver,
    load_config,
)
from pipelines.notify.delivery import DeliveryError
from pipelines.notify.events import Event, event_id
from pipelines.notify.lines import write_json, write_log
from pipelines.notify.mail import send
from pipelines.notify.outbox import Letterbox, Outbox, outbox_folder, outbox_path, read_outbox, write_outbox
from pipelines.notify.situation import Failure, look
from pipelines.notify.webhook import post
from pipelines.settings import Home, now, today

_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 1.0
_WAIT_SECONDS = 60.0

Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Undelivered:
    """A receiver that could not be told: how many events wait for it, since when, and why.

    Where `is_over`, other addresses of the receiver got the events, and those that `reason` names never will.
    """

    receiver: str
    events: int
    since: str
    reason: str
    is_over: bool = False


def deliver(receiver: Receiver, events: Sequence[Event]) -> dict[str, str]:
    """Deliver events once; return the addresses that were refused, each with the answer. Raises DeliveryError."""
    if isinstance(receiver, EmailReceiver):
        return send(receiver, events)
    if isinstance(receiver, LogReceiver):
        write_log(receiver, events)
    elif isinstance(receiver, JsonReceiver):
        write_json(receiver, events)
    elif isinstance(receiver, WebhookReceiver):
        post(receiver, events)
    return {}


def deliver_stubbornly(
    receiver: Receiver, events: Sequence[Event], sleep: Sleep = time.sleep
) -> dict[str, str]:
    """Deliver events as `deliver` does, trying again after pauses that grow where that may help."""
    for attempt in range(_ATTEMPTS - 1):
        try:
            return deliver(receiver, events)
        except DeliveryError as error:
            if not error.may_pass:
                raise
        sleep(_FIRST_PAUSE_SECONDS * 4**attempt)
    return deliver(receiver, events)


def refusals(refused: Mapping[str, str]) -> str:
    """Return addresses that were refused in words, such as `b@example.jp (550 no such user)`."""
    return ", ".join(f"{address} ({answer})" for address, answer in refused.items())


def tell(
    home: Home,
    catalog: Catalog,
    config: Config,
    day: date,
    failure: Failure | None = None,
    *,
    config_file: Path | None = None,
    sleep: Sleep = time.sleep,
) -> list[Undelivered]:
    """Tell every receiver what is new in a home on a day; return those that could not be told.

    What there is to tell is found by comparison with what was told last by the same `config_file` (None: the home's
    own), so this may be called after every run, by whoever ran it. Raises HomeBusyError when another process has been
    telling for more than a minute.
    """
    if not config.receivers:
        return []
    folder = outbox_folder(home)
    with exclusive(Home(folder), _WAIT_SECONDS):
        remove_leftovers(folder)
        path = outbox_path(home, config_file)
        outbox = read_outbox(path)
        situation = look(home, catalog, day, outbox.told, failure)
        outbox.keep_only(receiver.name for receiver in config.receivers)
        for receiver in config.receivers:
            outbox.box(receiver.name).put(situation.events_for(receiver.wanted))
        outbox.told = situation.told
        # Kept before anything is sent: what was found once is never found again.
        _keep(path, outbox)
        return [entry for receiver in config.receivers for entry in _empty(path, outbox, receiver, sleep)]


def tell_configured(
    home: Home, given: str | None = None, failure: Failure | None = None
) -> list[Undelivered]:
    """Tell whoever the configuration file names what is new today; nothing where there is no such file.

    Raises ConfigError for a file that is of no use, and what `tell` raises.
    """
    place = config_place(home, given)
    if not place.is_there:
        return []
    return tell(home, _catalog(), load_config(place), today(), failure, config_file=place.path)


def _catalog() -> Catalog:
    """Return the catalog; an empty one where it cannot be loaded, which is what there may be to tell."""
    try:
        return load_catalog()
    except Exception:
        return Catalog({}, {})


def _empty(path: Path, outbox: Outbox, receiver: Receiver, sleep: Sleep) -> Iterator[Undelivered]:
    """Deliver what waits for a receiver, message by message, and keep after each what is left; yield what failed."""
    box = outbox.box(receiver.name)
    while message := box.message():
        try:
            refused = deliver_stubbornly(receiver, [*_dropped(box, receiver.name), *message], sleep)
        except DeliveryError as error:
            box.failed_since = box.failed_since or now().isoformat()
            box.last_error = str(error)
            _keep(path, outbox)
            yield Undelivered(receiver.name, len(box.pending), box.failed_since, box.last_error)
            return
        box.mark_delivered(refused)
        _keep(path, outbox)
        if refused:
            yield Undelivered(receiver.name, len(message), now().isoformat(), refusals(refused), is_over=True)


def _keep(path: Path, outbox: Outbox) -> None:
    """Keep what was told and what is left; what the disk refuses to keep is told all the same, and once more next time."""
    with suppress(StorageError):
        write_outbox(path, outbox)


def _dropped(box: Letterbox, receiver: str) -> list[Event]:
    """Return the event that tells of those that could not be kept."""
    if not box.dropped:
        return []
    return [
        Event(
            event_id("dropped", receiver, box.dropped, box.pending[0].event_id),
            "events_dropped",
            now().isoformat(),
            f"届けられないうちに保管の上限を超え、{box.dropped:,} 件の通知を捨てました",
            f"{box.dropped:,} events were dropped: more could not be kept until they were delivered",
            data={"count": box.dropped},
        )
    ]


def trial_event() -> Event:
    """Return an event by which a receiver can be tried."""
    moment = now().isoformat()
    return Event(
        event_id("trial", moment),
        "publication",
        moment,
        "これは通知の試験です。実際には何も起きていません",
        "This is a trial of the notifications; nothing happened",
        data={"is_trial": True},
    )
