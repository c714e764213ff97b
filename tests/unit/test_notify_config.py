"""The configuration of notifications: what is wrong is named by its key, secrets are not in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.config_place import ConfigPlace, config_place
from pipelines.notify.config import TEMPLATE, ConfigError, EmailReceiver, is_loopback, load_config
from pipelines.notify.events import KINDS, SEVERITIES
from pipelines.notify.words import SEVERITY_WORDS, TITLES
from pipelines.settings import Home

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
HOOK = '[[receiver]]\nname = "team"\ntype = "webhook"\n'
MAIL = (
    '[[receiver]]\nname = "officer"\ntype = "email"\nhost = "mail.example.jp"\nport = 587\n'
    'from = "a@example.jp"\nto = ["b@example.jp"]\n'
)


def problems(tmp_path: Path, text: str, language: str = "en") -> list[str]:
    path = tmp_path / "mieruka.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(ConfigPlace(path, True))
    return [line.removeprefix(f"{path}: ") for line in caught.value.text(language).splitlines()]


def test_template_is_a_configuration_that_works() -> None:
    (receiver,) = load_config(ConfigPlace(TEMPLATE, True)).receivers
    assert (receiver.name, receiver.type) == ("log", "log")


def test_template_works_with_everything_uncommented(tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    head, _, rest = text.partition("[[receiver]]")
    path = tmp_path / "all.toml"
    path.write_text("[[receiver]]" + re.sub(r"(?m)^# (?=[\[a-z])", "", rest), encoding="utf-8")
    receivers = load_config(ConfigPlace(path, True)).receivers
    assert [receiver.type for receiver in receivers] == ["log", "json", "webhook", "email"]
    assert all(kind in head for kind in KINDS if kind != "events_dropped")
    assert isinstance(receivers[-1], EmailReceiver)
    assert receivers[-1].sender == "mieruka@example.lg.jp"


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("colour = 1", "colour", "no such key"),
        (HOOK, "receiver[1].url_env", "is needed"),
        (f'{HOOK}url_env = "A"\nformat = "teams"', "receiver[1].format", "must be one of 'slack' or 'json'"),
        (f'{HOOK}url_env = "https://hooks.example/x"', "receiver[1].url_env", "not the name of a variable"),
        (f'{HOOK}url_env = "A"\nevents = ["new_file", "moon"]', "receiver[1].events[2]", "must be one of"),
        (f'{HOOK}url_env = "A"\nsources = ["soumu__moon"]', "receiver[1].sources", "no such id: soumu__moon"),
        (f'{HOOK}url_env = "A"\nkpis = ["moon"]', "receiver[1].kpis", "no such id: moon"),
        (f'{HOOK}url_env = "A"\nareas = ["131017"]', "receiver[1].areas[1]", "not the code of a body"),
        (f'{HOOK}url_env = "A"\nminimum_severity = "bad"', "receiver[1].minimum_severity", "must be one of"),
        (f'{HOOK}url_env = "A"\ntimeout_seconds = 0', "receiver[1].timeout_seconds", "greater than 0"),
        ('[[receiver]]\nname = "a"\ntype = "fax"', "receiver[1].type", "must be one of log, json, webhook, email"),
        ('[[receiver]]\nname = "a"', "receiver[1].type", "must be one of log, json, webhook, email"),
        (MAIL + MAIL.replace("587", "70000").replace('"officer"', '"x"'), "receiver[2].port", "65535"),
        (MAIL.replace("b@example.jp", "b\\nBcc: c@d"), "receiver[1].to[1]", "not a mail address"),
        (MAIL + 'security = "none"', "receiver[1]", "only for a server on this machine"),
        (MAIL + 'user_env = "U"', "receiver[1]", "belong together"),
        (MAIL + MAIL, "-", "name given twice: officer"),
        ("[[receiver]\n", "-", "not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_key(tmp_path: Path, text: str, key: str, said: str) -> None:
    found = problems(tmp_path, text)
    assert any(line.startswith(f"{key}: ") and said in line for line in found), found
    japanese = problems(tmp_path, text, "ja")
    assert any(line.startswith(f"{key}: ") and JAPANESE.search(line) for line in japanese), japanese


@pytest.mark.parametrize("key", ["url", "password", "token"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    base = MAIL if key == "password" else HOOK
    found = problems(tmp_path, f'{base}{key} = "https://hooks.example/S3cr3t"')
    assert any(f"{key}_env" in line for line in found)
    assert not any("S3cr3t" in line for line in found)


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    monkeypatch.delenv("MIERUKA_CONFIG", raising=False)
    assert config_place(home) == ConfigPlace(tmp_path / "mieruka.toml", False)
    assert not config_place(home).is_there
    assert load_config(config_place(home)).receivers == []
    monkeypatch.setenv("MIERUKA_CONFIG", str(tmp_path / "b.toml"))
    assert config_place(home) == ConfigPlace(tmp_path / "b.toml", True)
    assert config_place(home, str(tmp_path / "c.toml")).path.name == "c.toml"
    with pytest.raises(ConfigError, match="no such file"):
        load_config(config_place(home))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "128.0.0.1", ""]
)
def test_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


def test_every_kind_and_severity_has_words_in_both_languages() -> None:
    assert set(TITLES) == set(KINDS) == set(SEVERITIES)
    assert set(SEVERITY_WORDS) == {"info", "warning", "error"}
    for ja, en in (*TITLES.values(), *SEVERITY_WORDS.values()):
        assert JAPANESE.search(ja)
        assert not JAPANESE.search(en)
