"""Notifications on the command line: after a run, and `config`, which shows, checks and tries them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.messages import Speaker
from cli.usage import UsageError
from pipelines.config_place import VARIABLE, ConfigPlace, config_place
from pipelines.settings import Home

if TYPE_CHECKING:
    from pipelines.notify.config import Receiver
    from pipelines.notify.situation import Failure


def check_config(home: Home, given: str | None, say: Speaker) -> None:
    """Raise UsageError for a configuration that is of no use: better before a run than after the first bad night.

    A file that was named is the one of the whole process, because notifications are not all that it says.
    """
    if given:
        os.environ[VARIABLE] = given
    place = config_place(home, given)
    if place.is_there:
        _load(place, say)


def _load(place: ConfigPlace, say: Speaker) -> list[Receiver]:
    from pipelines.notify.config import ConfigError, load_config

    try:
        return load_config(place).receivers
    except ConfigError as error:
        raise UsageError(say("config_error", detail=error.text(say.language))) from error


def tell_after_run(
    home: Home, given: str | None, say: Speaker, error: Exception | None = None, run_id: str = ""
) -> None:
    """Tell who asked what a run changed, or why it failed; that this fails is said and changes nothing else.

    `run_id` is the one by which a run that failed is noted, or would have been.
    """
    if not config_place(home, given).is_there:
        return
    from pipelines.notify.telling import tell_configured

    failure = _failure(error, run_id, home, say) if error else None
    try:
        undelivered = tell_configured(home, given, failure)
    except Exception as trouble:
        print(say("notify_failed", detail=f"{type(trouble).__name__}: {trouble}"), file=sys.stderr)
        return
    for entry in undelivered:
        print(
            say(
                "refused" if entry.is_over else "undelivered",
                receiver=entry.receiver,
                count=entry.events,
                since=entry.since,
                reason=entry.reason,
            ),
            file=sys.stderr,
        )


def _failure(error: Exception, run_id: str, home: Home, say: Speaker) -> Failure:
    from cli.run import RunFailedError
    from cli.troubles import line_of
    from pipelines.notify.situation import Failure

    if isinstance(error, RunFailedError):
        return Failure(str(error), error.is_gate, run_id)
    return Failure(line_of(error, home, say) or f"{type(error).__name__}: {error}", False, run_id)


def template() -> str:
    """Return an empty configuration with every key explained."""
    from pipelines.notify.config import TEMPLATE

    return TEMPLATE.read_text(encoding="utf-8")


def config_lines(home: Home, given: str | None, say: Speaker) -> Iterator[str]:
    """Yield which file is used and what it says: the receivers, and what waits for them. No secret is shown."""
    from pipelines.notify.outbox import outbox_path, read_outbox
    from pipelines.notify.telling import refusals

    place = config_place(home, given)
    if not place.is_there:
        yield say("config_none", path=place.path)
        return
    boxes = read_outbox(outbox_path(home, place.path)).boxes
    yield say("config_file", path=place.path)
    for receiver in _load(place, say):
        yield f"- {receiver.name}"
        for key, value in receiver.model_dump(by_alias=True, exclude={"name"}, exclude_none=True).items():
            if value != []:
                shown = ", ".join(map(str, value)) if isinstance(value, list) else value
                unset = key.endswith("_env") and not os.environ.get(str(value))
                yield f"    {key}: {shown}{say('variable_unset') if unset else ''}"
        box = boxes.get(receiver.name)
        if box and box.pending:
            yield "    " + say(
                "config_waiting",
                count=len(box.pending),
                since=box.failed_since or "-",
                reason=box.last_error or "-",
            )
        if box and box.refused:
            yield "    " + say("config_refused", reason=refusals(box.refused))


def try_receivers(home: Home, given: str | None, say: Speaker) -> bool:
    """Send each receiver one event that says it is a trial; print how it went and return whether all arrived."""
    from pipelines.notify.delivery import DeliveryError
    from pipelines.notify.telling import deliver, refusals, trial_event

    well = True
    for receiver in _load(config_place(home, given), say):
        try:
            refused = deliver(receiver, [trial_event()])
            print(say("trial_sent", receiver=receiver.name))
        except DeliveryError as error:
            well = False
            print(say("trial_failed", receiver=receiver.name, reason=error), file=sys.stderr)
            continue
        if refused:
            well = False
            print(say("refused", receiver=receiver.name, count=1, reason=refusals(refused)), file=sys.stderr)
    return well
