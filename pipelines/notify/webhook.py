"""Events to a webhook: one POST, no redirect followed, https unless the server is this machine."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from pipelines.notify.config import WebhookReceiver, is_loopback
from pipelines.notify.delivery import DeliveryError, masked, secret
from pipelines.notify.events import Event, event_id
from pipelines.notify.words import head, subject

_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_MARKS = {"info": "ℹ️", "warning": "⚠️", "error": "🛑"}
# Slack's limits: characters of a header and of a section.
_HEADER, _SECTION = 150, 3000


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other that is not a success: the events go nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""
        return None


def slack_payload(events: Sequence[Event], language: str) -> dict[str, Any]:
    """Return events in the form of Slack's incoming webhooks, which others understand too: a text, and blocks."""
    title = subject(events, language)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:_HEADER], "emoji": True}}
    ]
    for event in events:
        text = f"{_MARKS[event.severity]} *{head(event, language)}*\n{_escaped(event.text(language))}"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _shortened(text, _SECTION)}})
    return {"text": _escaped(title), "blocks": blocks}


def json_payload(events: Sequence[Event]) -> dict[str, Any]:
    """Return events as data."""
    return {"sender": "mieruka", "events": [event.as_record() for event in events]}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def post(receiver: WebhookReceiver, events: Sequence[Event]) -> None:
    """Post events; raise DeliveryError when the server does not accept them."""
    address = secret(receiver.url_env)
    is_local = _check(address, receiver.url_env)
    is_slack = receiver.format == "slack"
    payload = slack_payload(events, receiver.language) if is_slack else json_payload(events)
    request = Request(  # noqa: S310
        address,
        data=json.dumps(payload, ensure_ascii=False).encode(),
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Mieruka",
            # The same events have the same key, so that a receiver can tell a repetition.
            "Idempotency-Key": event_id(receiver.name, *(event.event_id for event in events)),
        },
        method="POST",
    )
    try:
        context = ssl.create_default_context(cafile=receiver.ca_file)
        opener = build_opener(
            _NoRedirect, HTTPSHandler(context=context), *([ProxyHandler({})] if is_local else [])
        )
        with opener.open(request, timeout=receiver.timeout_seconds):
            return
    except HTTPError as error:
        code = error.code
        error.close()
        raise DeliveryError(f"HTTP {code}", may_pass=code in _MAY_PASS) from None
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        _refuse(error, address)


def _refuse(error: Exception, address: str) -> NoReturn:
    # The chain of causes is cut, because its texts may hold the address.
    reason = error.reason if isinstance(error, URLError) else error
    parts = urlsplit(address)
    text = masked(f"{type(reason).__name__}: {reason}", (address, parts.path, parts.query, parts.netloc))
    raise DeliveryError(
        text, may_pass=not isinstance(reason, ssl.SSLCertVerificationError | ValueError)
    ) from None


def _check(address: str, variable: str) -> bool:
    """Return whether an address is on this machine; raise DeliveryError for one that may not be used."""
    try:
        parts = urlsplit(address)
        is_local = is_loopback(parts.hostname or "")
        _ = parts.port
    except ValueError:
        raise DeliveryError(f"{variable}: not an address") from None
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
        raise DeliveryError(f"{variable}: the address must begin with https://")
    return is_local
