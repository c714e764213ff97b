"""The one configuration file: who is told what, and how. Secrets are not in it, only the names of their variables."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.config_place import ConfigPlace
from pipelines.normalize.area_codes import AreaCodeError, parse_area_code
from pipelines.notify.events import Filter, Kind, Severity
from pipelines.publish.retention import FEWEST, RetentionRule
from pipelines.settings import SOURCES_DIR

TEMPLATE = Path(__file__).with_name("template.toml")

_MAILBOX = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ConfigError(ValueError):
    """The configuration cannot be used; each line names the file and the key, in the language asked for."""

    def __init__(self, path: Path, problems: list[tuple[str, str, str]]) -> None:
        self._path, self._problems = path, problems
        super().__init__(self.text("en"))

    def text(self, language: str) -> str:
        """Return one line for each wrong key."""
        return "\n".join(
            f"{self._path}: {key}: {ja if language == 'ja' else en}" for key, ja, en in self._problems
        )


def _area_code(text: str) -> str:
    try:
        return parse_area_code(text)
    except AreaCodeError as error:
        raise ValueError("not the code of a body (six digits, the last a check digit)") from error


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        raise ValueError("not a mail address")
    return text


def _variable(text: str) -> str:
    if not _VARIABLE_NAME.fullmatch(text):
        raise ValueError(
            "not the name of a variable of the environment: secrets do not belong into this file"
        )
    return text


Mailbox = Annotated[str, AfterValidator(_mailbox)]
Variable = Annotated[str, AfterValidator(_variable)]
Seconds = Annotated[float, Field(gt=0, le=60)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Receiver(_Strict):
    """What all receivers share: a name, a language, and what they ask for."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    language: Literal["ja", "en"] = "ja"
    events: list[Kind] = Field(default_factory=list)
    sources: list[str] = Field(default_factory=list)
    kpis: list[str] = Field(default_factory=list)
    areas: list[Annotated[str, AfterValidator(_area_code)]] = Field(default_factory=list)
    minimum_severity: Severity = "info"

    @property
    def wanted(self) -> Filter:
        """Return what the receiver asks for."""
        return Filter(
            tuple(self.events),
            tuple(self.sources),
            tuple(self.kpis),
            tuple(self.areas),
            self.minimum_severity,
        )


class LogReceiver(_Receiver):
    """One line of text an event, on the standard error or in a file."""

    type: Literal["log"]
    path: str = "-"


class JsonReceiver(_Receiver):
    """One JSON object a line and event, on the standard output or in a file."""

    type: Literal["json"]
    path: str


class WebhookReceiver(_Receiver):
    """A POST to an address that a variable holds: in Slack's form, or the events as JSON."""

    type: Literal["webhook"]
    url_env: Variable
    format: Literal["slack", "json"] = "slack"
    timeout_seconds: Seconds = 10
    ca_file: str | None = None


class EmailReceiver(_Receiver):
    """A mail over SMTP, encrypted unless the server is this machine."""

    type: Literal["email"]
    host: str
    port: int = Field(ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Mailbox = Field(alias="from")
    to: list[Mailbox] = Field(min_length=1)
    user_env: Variable | None = None
    password_env: Variable | None = None
    timeout_seconds: Seconds = 20
    ca_file: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> EmailReceiver:
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("user_env and password_env belong together")
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is only for a server on this machine')
        return self


Receiver = Annotated[
    LogReceiver | JsonReceiver | WebhookReceiver | EmailReceiver, Field(discriminator="type")
]


class Retention(_Strict):
    """Which versions are kept: the newest ones, and the last of each of so many months."""

    versions: int = Field(default=RetentionRule.versions, ge=FEWEST)
    months: int = Field(default=RetentionRule.months, ge=0)


class Config(_Strict):
    """The whole file."""

    receivers: list[Receiver] = Field(default_factory=list, alias="receiver")
    retention: Retention = Field(default_factory=Retention)

    @model_validator(mode="after")
    def _names_differ(self) -> Config:
        names = [receiver.name for receiver in self.receivers]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"name given twice: {', '.join(twice)}")
        return self


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its name or address, without asking anybody."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def known_sources() -> set[str]:
    """Return the ids of the sources described, which are the names of their folders."""
    return {path.parent.name for path in SOURCES_DIR.glob("[!_]*/source.yml")}


def known_kpis() -> set[str]:
    """Return the ids of the KPIs as the roadmap's register in the repository has them."""
    return {row["kpi_id"] for row in roadmap_rows("kpis")}


def roadmap_rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a table of the roadmap's register in the repository."""
    import csv

    path = SOURCES_DIR / "cao__reform_roadmap_2017" / f"{table}.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def load_config(place: ConfigPlace) -> Config:
    """Return the configuration, an empty one where there need be no file; raise ConfigError for one that is of no use."""
    path = place.path
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if place.is_named:
            raise ConfigError(path, [("-", "ファイルがありません", "there is no such file")]) from error
        return Config()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, [("-", f"TOMLとして読めません: {error}", f"not TOML: {error}")]) from error
    except OSError as error:
        raise ConfigError(
            path, [("-", f"読めません: {error.strerror}", f"cannot be read: {error.strerror}")]
        ) from error
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(path, [_problem(entry) for entry in error.errors()]) from None
    if problems := list(_unknown_words(config)):
        raise ConfigError(path, problems)
    return config


def _unknown_words(config: Config) -> list[tuple[str, str, str]]:
    """Return the sources and KPIs that receivers ask for and that do not exist."""
    known = {"sources": known_sources(), "kpis": known_kpis()}
    return [
        (
            f"receiver[{number}].{key}",
            f"そのような番号はありません: {word}（例: {min(names)}）",
            f"no such id: {word} (such as {min(names)})",
        )
        for number, receiver in enumerate(config.receivers, start=1)
        for key, names in known.items()
        for word in getattr(receiver, key)
        if word not in names
    ]


_TYPES = ("log", "json", "webhook", "email")
# The address of a webhook lets anybody post who knows it.
_SECRET_KEYS = {"url", "webhook", "password", "token", "secret", "user"}


def _problem(entry: Any) -> tuple[str, str, str]:
    """Return key, Japanese and English of one finding of the validation; what was written is not repeated."""
    key = _key(entry["loc"])
    last = str(entry["loc"][-1]) if entry["loc"] else ""
    kind, message = entry["type"], entry["msg"]
    if kind == "missing":
        return key, "書いてください", "is needed"
    if kind == "extra_forbidden" and last in _SECRET_KEYS:
        return (
            key,
            f"秘密はこのファイルに書かず、環境変数の名前を {last}_env に書いてください",
            f"a secret does not belong into this file: name its variable of the environment with {last}_env",
        )
    if kind == "extra_forbidden":
        return key, "そのような項目はありません", "no such key"
    if kind in ("literal_error", "union_tag_invalid", "union_tag_not_found"):
        words = entry.get("ctx", {}).get("expected") or ", ".join(_TYPES)
        name = f"{key}.type" if kind.startswith("union") else key
        return name, f"次のどれかです: {words}", f"must be one of {words}"
    return key, f"値が使えません（{message}）", message


def _key(location: tuple[int | str, ...]) -> str:
    """Return the key as one finds it in the file: receivers are counted from 1."""
    text = ""
    for number, part in enumerate(location):
        if isinstance(part, int):
            text += f"[{part + 1}]"
        elif not (number == 2 and part in _TYPES):
            text += f".{part}" if text else part
    return text or "-"
