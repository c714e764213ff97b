"""Delivery to servers on this machine: what arrives, what is refused, and what never leaks."""

from __future__ import annotations

import email
import email.policy
import json
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from pipelines.notify.config import EmailReceiver, JsonReceiver, LogReceiver, WebhookReceiver
from pipelines.notify.delivery import DeliveryError
from pipelines.notify.events import Event
from pipelines.notify.lines import write_json, write_log
from pipelines.notify.mail import send
from pipelines.notify.telling import deliver_stubbornly
from pipelines.notify.webhook import json_payload, post, slack_payload
from tests.servers import Hook, Mailbox, certificate, hook_server, mail_server

EVENTS = [
    Event("a" * 16, "verdict_changed", "2026-11-23T02:10:00+09:00", "導入団体数: 遅れ → 達成\n数値が変わった",
          "Cloud <bodies> & more: behind → achieved\na figure changed", None, ("cloud_municipalities",), ("000000",)),
    Event("b" * 16, "gate_closed", "2026-11-23T02:11:00+09:00", "公開しませんでした", "Not published"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_USER", "mieruka")
    monkeypatch.setenv("MAIL_PASSWORD", "S3cr3tPassw0rd")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with hook_server(Hook()) as server:
        monkeypatch.setenv("HOOK", server.url)
        yield server


def webhook(**more: Any) -> WebhookReceiver:
    return WebhookReceiver.model_validate({"name": "team", "type": "webhook", "url_env": "HOOK", **more})


def mail_receiver(box: Mailbox, **more: Any) -> EmailReceiver:
    return EmailReceiver.model_validate(
        {
            "name": "officer", "type": "email", "host": "127.0.0.1", "port": box.port, "security": "none",
            "from": "mieruka@example.jp", "to": ["b@example.jp", "c@example.jp"], "timeout_seconds": 5, **more,
        }
    )  # fmt: skip


def test_slack_gets_a_text_and_blocks(hook: Hook) -> None:
    post(webhook(language="en"), EVENTS)
    (payload,) = hook.posts
    assert payload["text"] == "Mieruka: verdict changed 1, gate closed 1"
    kinds = [block["type"] for block in payload["blocks"]]
    assert kinds == ["header", "section", "section"]
    assert "Cloud &lt;bodies&gt; &amp; more" in payload["blocks"][1]["text"]["text"]
    assert hook.paths == ["/services/T000/S3cr3tT0ken"]


def test_slack_payload_keeps_the_limits_of_slack() -> None:
    long = Event("c" * 16, "source_failed", "2026-11-23T02:10:00+09:00", "長" * 5000, "x")
    payload = slack_payload([long] * 40, "ja")
    assert len(payload["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in payload["blocks"][1:])
    assert len(payload["blocks"][0]["text"]["text"]) <= 150


def test_json_gets_the_events_as_data(hook: Hook) -> None:
    post(webhook(format="json"), EVENTS)
    (payload,) = hook.posts
    assert payload == json.loads(json.dumps(json_payload(EVENTS)))
    assert payload["events"][0]["severity"] == "warning"
    assert payload["events"][0]["event_id"] == "a" * 16


def test_the_same_events_have_the_same_key(hook: Hook) -> None:
    post(webhook(), EVENTS)
    post(webhook(), EVENTS)
    post(webhook(), EVENTS[:1])
    first, second, third = (headers["Idempotency-Key"] for headers in hook.headers)
    assert first == second != third


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(hook: Hook, status: int) -> None:
    with hook_server(Hook()) as elsewhere:
        hook.statuses, hook.location = [status], elsewhere.url
        with pytest.raises(DeliveryError, match=f"HTTP {status}") as caught:
            post(webhook(), EVENTS)
        assert elsewhere.posts == []
    assert not caught.value.may_pass


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.com/S3cr3t",
        "ftp://127.0.0.1/S3cr3t",
        "file:///etc/passwd",
        "https:///S3cr3t",
        "http://127.0.0.1:99999/S3cr3t",
        "http://[::1/S3cr3t",
        "S3cr3t",
    ],
)
def test_an_address_that_is_not_safe_is_refused_without_being_told(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HOOK", address)
    with pytest.raises(DeliveryError, match="HOOK") as caught:
        post(webhook(), EVENTS)
    assert "S3cr3t" not in str(caught.value)
    assert not caught.value.may_pass


def test_an_unset_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK", raising=False)
    with pytest.raises(DeliveryError, match="HOOK is not set"):
        post(webhook(), EVENTS)


@pytest.mark.parametrize(
    ("status", "may_pass"), [(500, True), (503, True), (429, True), (400, False), (403, False), (404, False)]
)
def test_only_what_may_pass_is_tried_again(hook: Hook, status: int, may_pass: bool) -> None:
    hook.statuses = [status] * 2
    pauses: list[float] = []
    if may_pass:
        deliver_stubbornly(webhook(), EVENTS, pauses.append)
        assert len(hook.posts) == 3
        assert pauses == [1.0, 4.0]
    else:
        with pytest.raises(DeliveryError, match=f"HTTP {status}"):
            deliver_stubbornly(webhook(), EVENTS, pauses.append)
        assert len(hook.posts) == 1
        assert pauses == []


def test_a_server_that_is_not_there_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/services/S3cr3t")
    pauses: list[float] = []
    with pytest.raises(DeliveryError) as caught:
        deliver_stubbornly(webhook(), EVENTS, pauses.append)
    assert len(pauses) == 2
    assert "S3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, public = certificate(tmp_path)
    with hook_server(Hook(), context) as server:
        monkeypatch.setenv("HOOK", server.url.replace("http:", "https:"))
        with pytest.raises(DeliveryError) as caught:
            post(webhook(), EVENTS)
        assert not caught.value.may_pass
        assert "S3cr3tT0ken" not in str(caught.value)
        post(webhook(ca_file=str(public)), EVENTS)
    assert len(server.posts) == 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_mail_is_plain_text_in_the_language_asked_for(language: str) -> None:
    with mail_server(Mailbox()) as box:
        send(mail_receiver(box, language=language), EVENTS)
    message = email.message_from_string(box.mails[0], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.get_content_type() == "text/plain"
    for event in EVENTS:
        assert event.text(language) in message.get_content()
    subject = {
        "ja": "Mieruka: 判定の変化 1、公開を止めた品質検査 1",
        "en": "Mieruka: verdict changed 1, gate closed 1",
    }
    assert message["Subject"] == subject[language]
    assert message["Auto-Submitted"] == "auto-generated"
    assert box.recipients == [["b@example.jp", "c@example.jp"]]


def test_the_same_events_have_the_same_message_id() -> None:
    with mail_server(Mailbox()) as box:
        send(mail_receiver(box), EVENTS)
        send(mail_receiver(box), EVENTS)
    first, second = (email.message_from_string(mail)["Message-ID"] for mail in box.mails)
    assert first == second
    assert first.endswith("@example.jp>")


def log_in(public: Path, security: str) -> dict[str, str]:
    return {
        "security": security, "user_env": "MAIL_USER", "password_env": "MAIL_PASSWORD", "ca_file": str(public),
    }  # fmt: skip


def test_starttls_encrypts_before_the_password(tmp_path: Path) -> None:
    context, public = certificate(tmp_path)
    box = Mailbox(starttls=context, user="mieruka", password="S3cr3tPassw0rd")  # noqa: S106
    with mail_server(box):
        send(mail_receiver(box, **log_in(public, "starttls")), EVENTS)
    assert box.encrypted == [True]
    assert box.logins == [("mieruka", "S3cr3tPassw0rd")]


def test_tls_encrypts_from_the_first_byte(tmp_path: Path) -> None:
    context, public = certificate(tmp_path)
    box = Mailbox(user="mieruka", password="S3cr3tPassw0rd")  # noqa: S106
    with mail_server(box, context):
        send(mail_receiver(box, **log_in(public, "tls")), EVENTS)
    assert box.encrypted == [True]


def test_without_encryption_nothing_is_sent(tmp_path: Path) -> None:
    _, public = certificate(tmp_path)
    with mail_server(Mailbox()) as box, pytest.raises(DeliveryError) as caught:
        send(mail_receiver(box, **log_in(public, "starttls")), EVENTS)
    assert not caught.value.may_pass
    assert (box.mails, box.logins) == ([], [])


def test_a_mail_server_with_another_certificate_gets_no_password(tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    box = Mailbox(starttls=context, user="mieruka", password="S3cr3tPassw0rd")  # noqa: S106
    with mail_server(box), pytest.raises(DeliveryError) as caught:
        send(mail_receiver(box, **{**log_in(tmp_path, "starttls"), "ca_file": None}), EVENTS)
    assert not caught.value.may_pass
    assert box.logins == []


def test_a_wrong_password_is_not_repeated(tmp_path: Path) -> None:
    context, public = certificate(tmp_path)
    box = Mailbox(starttls=context, user="mieruka", password="another")  # noqa: S106
    with mail_server(box), pytest.raises(DeliveryError, match=r"log-in refused \(535\)") as caught:
        send(mail_receiver(box, **log_in(public, "starttls")), EVENTS)
    assert "S3cr3tPassw0rd" not in str(caught.value)


def test_one_recipient_that_is_refused_does_not_stop_the_other() -> None:
    with mail_server(Mailbox(refused={"b@example.jp": 550})) as box:
        assert send(mail_receiver(box), EVENTS) == {"b@example.jp": "550 seen"}
    assert box.recipients == [["c@example.jp"]]


@pytest.mark.parametrize("code", [421, 500])
def test_a_mail_that_was_taken_is_delivered_whatever_is_said_at_the_end(code: int) -> None:
    pauses: list[float] = []
    with mail_server(Mailbox(quit_code=code)) as box:
        deliver_stubbornly(mail_receiver(box), EVENTS, pauses.append)
    assert (len(box.mails), pauses) == (1, [])


@pytest.mark.parametrize(("code", "may_pass"), [(450, True), (550, False)])
def test_refused_by_all_is_not_delivered(code: int, may_pass: bool) -> None:
    box = Mailbox(refused={"b@example.jp": code, "c@example.jp": code})
    with mail_server(box), pytest.raises(DeliveryError) as caught:
        send(mail_receiver(box), EVENTS)
    assert caught.value.may_pass is may_pass


@pytest.mark.parametrize(("code", "may_pass"), [(451, True), (554, False)])
def test_a_mail_that_is_not_taken_is_not_delivered(code: int, may_pass: bool) -> None:
    with mail_server(Mailbox(data_code=code)) as box, pytest.raises(DeliveryError) as caught:
        send(mail_receiver(box), EVENTS)
    assert caught.value.may_pass is may_pass


def test_lines_are_added_one_an_event(tmp_path: Path) -> None:
    log, data = tmp_path / "events.log", tmp_path / "events.jsonl"
    for events in (EVENTS[:1], EVENTS[1:]):
        write_log(LogReceiver(name="log", type="log", path=str(log)), events)
        write_json(JsonReceiver(name="json", type="json", path=str(data)), events)
    assert log.read_text(encoding="utf-8").splitlines() == [
        "2026-11-23T02:10:00+09:00 warning verdict_changed 導入団体数: 遅れ → 達成 数値が変わった",
        "2026-11-23T02:11:00+09:00 error gate_closed 公開しませんでした",
    ]
    records = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    assert [Event.from_record(record) for record in records] == EVENTS


def test_a_line_that_a_crash_cut_short_spoils_no_other(tmp_path: Path) -> None:
    data = tmp_path / "events.jsonl"
    data.write_text('{"event_id": "torn', encoding="utf-8")
    write_json(JsonReceiver(name="json", type="json", path=str(data)), EVENTS[:1])
    _, second = data.read_text(encoding="utf-8").splitlines()
    assert json.loads(second)["event_id"] == "a" * 16


def test_lines_on_the_standard_streams(capfd: pytest.CaptureFixture[str]) -> None:
    write_json(JsonReceiver(name="json", type="json", path="-"), EVENTS)
    write_log(LogReceiver(name="log", type="log"), EVENTS)
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == len(err.splitlines()) == 2
    assert json.loads(out.splitlines()[0])["kind"] == "verdict_changed"


def test_a_file_that_cannot_be_written_is_a_failed_delivery(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="nowhere"):
        write_log(LogReceiver(name="log", type="log", path=str(tmp_path / "nowhere" / "x")), EVENTS)


def test_no_old_protocol_is_spoken(tmp_path: Path) -> None:
    context, public = certificate(tmp_path)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    box = Mailbox(starttls=context)
    with mail_server(box):
        send(mail_receiver(box, security="starttls", ca_file=str(public)), EVENTS)
    assert box.encrypted == [True]
