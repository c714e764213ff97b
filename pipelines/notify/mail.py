"""Events by mail: plain text over SMTP, encrypted unless the server is this machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from pipelines.notify.config import EmailReceiver
from pipelines.notify.delivery import DeliveryError, masked, secret
from pipelines.notify.events import Event, event_id
from pipelines.notify.words import head, subject
from pipelines.settings import now

_HEADS = ("次のことがありました。", "This happened:")
_ENDS = (
    "この通知は mieruka.toml の設定により自動で送られています。",
    "Sent automatically, as mieruka.toml asks.",
)


def message_of(receiver: EmailReceiver, events: Sequence[Event], sent_at: datetime) -> EmailMessage:
    """Return the mail about some events; the same events give the same Message-ID."""
    ja = receiver.language == "ja"
    message = EmailMessage()
    message["Subject"] = " ".join(subject(events, receiver.language).split())
    message["From"] = receiver.sender
    message["To"] = ", ".join(receiver.to)
    message["Date"] = format_datetime(sent_at)
    identity = event_id(receiver.name, *(event.event_id for event in events))
    message["Message-ID"] = f"<{identity}@{receiver.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [
        f"■ {head(event, receiver.language)}  {event.at}\n{event.text(receiver.language)}" for event in events
    ]
    body = "\n\n".join([_HEADS[not ja], *lines, f"-- \n{_ENDS[not ja]}"])
    message.set_content(body + "\n", charset="utf-8", cte="base64")
    return message


def send(receiver: EmailReceiver, events: Sequence[Event]) -> dict[str, str]:
    """Send one mail; return the addresses that the server refused while it took others, each with its answer.

    Raises DeliveryError when the server does not take the mail for a single recipient.
    """
    user = secret(receiver.user_env) if receiver.user_env else ""
    password = secret(receiver.password_env) if receiver.password_env else ""
    message = message_of(receiver, events, now())
    try:
        server = _connected(receiver)
        try:
            if user:
                server.login(user, password)
            refused = server.send_message(message, receiver.sender, receiver.to)
        finally:
            _leave(server)
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(f"log-in refused ({error.smtp_code})") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise DeliveryError(f"all recipients refused {codes}", may_pass=all(map(_passes, codes))) from None
    except smtplib.SMTPResponseException as error:
        answer = _answer(error.smtp_code, error.smtp_error)
        raise DeliveryError(
            masked(f"SMTP {answer}", (user, password)), may_pass=_passes(error.smtp_code)
        ) from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        may_pass = not isinstance(error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError)
        raise DeliveryError(
            masked(f"{type(error).__name__}: {error}", (user, password)), may_pass=may_pass
        ) from None
    return {address: masked(_answer(*answer), (user, password)) for address, answer in refused.items()}


def _leave(server: smtplib.SMTP) -> None:
    """End a connection; whatever the server answers to that, a mail that it took is sent."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def _passes(code: int) -> bool:
    return 400 <= code < 500


def _connected(receiver: EmailReceiver) -> smtplib.SMTP:
    """Return an open connection, encrypted as configured; a server that cannot encrypt is an error."""
    # The name to greet with: asking the network for this machine's own would be slow where there is none.
    name = receiver.sender.rpartition("@")[2]
    timeout = receiver.timeout_seconds
    if receiver.security == "tls":
        context = ssl.create_default_context(cafile=receiver.ca_file)
        return smtplib.SMTP_SSL(receiver.host, receiver.port, name, timeout=timeout, context=context)
    server = smtplib.SMTP(receiver.host, receiver.port, name, timeout=timeout)
    if receiver.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context(cafile=receiver.ca_file))
        except BaseException:
            server.close()
            raise
    return server
