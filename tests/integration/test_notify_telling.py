"""Who asked is told once: what waits, what fails, what is dropped, and what a publication changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.messages import Speaker
from cli.notify import config_lines, try_receivers
from pipelines.acquire.archive import Archive, Snapshot
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.config_place import ConfigPlace, config_place
from pipelines.faults import VARIABLE
from pipelines.land.source import SourceLanding
from pipelines.lock import HomeBusyError, exclusive
from pipelines.notify import telling
from pipelines.notify.conditions import items_of
from pipelines.notify.config import Config, load_config
from pipelines.notify.differences import difference_events, published_event
from pipelines.notify.events import KINDS, Event, Filter
from pipelines.notify.outbox import AT_ONCE, MOST_PENDING, Letterbox, outbox_folder, outbox_path, read_outbox
from pipelines.notify.situation import Failure
from pipelines.notify.telling import Undelivered, tell
from pipelines.publish.described import FIGURE_CHANGE, VERDICT_CHANGE, create_table
from pipelines.publish.runs import History, Run
from pipelines.settings import Home
from tests.conftest import Origin
from tests.servers import Hook, Mailbox, hook_server, mail_server

CITED = "mieruka__cited_figures"
DAY = date(2026, 11, 23)
T1, T2, T3 = (f"2026-11-2{number}T02:00:00+09:00" for number in (1, 2, 3))


def run(number: int, outcome: str = "unchanged", **more: Any) -> Run:
    moment = f"2026-11-2{number}T02:00:00+09:00"
    return Run(f"run{number}", moment, moment, outcome, 0, 0, **more)


def add_runs(home: Home, count: int) -> None:
    """Add many runs that failed, without writing all before them anew each time."""
    lines = [json.dumps({**run(1, "failed").__dict__, "run_id": f"r{number}"}) for number in range(count)]
    with (home.state / "runs.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


def config(hook: Hook, **more: Any) -> Config:
    receiver = {
        "name": "team",
        "type": "webhook",
        "url_env": "HOOK",
        "format": "json",
        "language": "en",
        **more,
    }
    return Config.model_validate({"receiver": [receiver]})


def kinds(hook: Hook) -> list[str]:
    return [event["kind"] for post in hook.posts for event in post["events"]]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    with hook_server(Hook()) as server:
        monkeypatch.setenv("HOOK", server.url)
        yield server


@pytest.fixture
def told(home: Home, catalog: Catalog, hook: Hook) -> Callable[..., list[Undelivered]]:
    """Return a way to tell what is new; a pause is no waiting."""

    def call(failure: Failure | None = None, day: date = DAY, **receiver: Any) -> list[Undelivered]:
        return tell(home, catalog, config(hook, **receiver), day, failure, sleep=lambda _: None)

    return call


def test_nobody_configured_leaves_no_trace(home: Home, catalog: Catalog) -> None:
    assert tell(home, catalog, Config(), DAY) == []
    assert not outbox_folder(home).exists()


def test_a_failed_run_is_told_once(home: Home, hook: Hook, told: Callable[..., list[Undelivered]]) -> None:
    History(home).add(run(1, "failed"))
    assert told(Failure("figures: 3 of 4 are gone", True, "run1")) == []
    assert kinds(hook) == ["gate_closed"]
    assert "3 of 4" in hook.posts[0]["events"][0]["text_en"]
    told()
    History(home).add(run(2))
    told()
    assert len(hook.posts) == 1


def test_what_was_not_told_before_a_crash_is_told_by_the_next_run(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    History(home).add(run(1))
    told()
    History(home).add(run(2, "failed"))
    History(home).add(run(3))
    told()
    assert kinds(hook) == ["run_failed"]


def test_a_run_that_could_not_even_be_noted_is_told(
    hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    for _ in range(2):
        told(Failure("no space left on device", False, "run1"))
    assert kinds(hook) == ["run_failed"]
    assert hook.posts[0]["events"][0]["data"] == {"run_id": "run1", "reason": "no space left on device"}


def test_a_run_that_could_not_be_noted_is_told_beside_one_that_was(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    History(home).add(run(1, "failed"))
    told(Failure("no space left on device", False, "run2"))
    reasons = {event["data"]["run_id"]: event["data"]["reason"] for event in hook.posts[0]["events"]}
    assert reasons == {"run1": "", "run2": "no space left on device"}


def test_a_disk_too_full_to_keep_what_is_told_keeps_nobody_from_hearing_of_it(
    home: Home, hook: Hook, monkeypatch: pytest.MonkeyPatch, told: Callable[..., list[Undelivered]]
) -> None:
    monkeypatch.setenv(VARIABLE, "file.written,*/notifications/outbox.json:ENOSPC")
    told(Failure("no space left on device", False, "run1"))
    assert kinds(hook) == ["run_failed"]


def test_nothing_of_the_sources_is_lost_while_their_descriptions_cannot_be_read(
    home: Home,
    catalog: Catalog,
    hook: Hook,
    origin_of: Callable[[str], Origin],
    told: Callable[..., list[Undelivered]],
) -> None:
    origin = origin_of(CITED)
    rows = origin.rows("figures.csv")
    origin.write("figures.csv", [[*rows[0][:1], "series_kode", *rows[0][2:]], *rows[1:]])
    origin.land()
    told()
    before = read_outbox(outbox_path(home)).told
    assert before is not None
    assert before.failing
    Archive(home).remember([snapshot("b", T2)])
    hook.posts.clear()
    tell(home, Catalog({}, {}), config(hook), DAY)
    assert read_outbox(outbox_path(home)).told == before
    told()
    assert kinds(hook) == ["new_file"]


def test_what_could_not_be_delivered_waits_and_is_delivered_once(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    History(home).add(run(1, "failed"))
    hook.statuses = [500, 500, 500]
    (failed,) = told()
    assert (failed.receiver, failed.events, failed.reason) == ("team", 1, "HTTP 500")
    History(home).add(run(2, "failed"))
    hook.statuses = [404]
    (again,) = told()
    assert (again.events, again.since, again.reason) == (2, failed.since, "HTTP 404")
    hook.posts.clear()
    assert told() == []
    assert kinds(hook) == ["run_failed", "run_failed"]
    assert told() == []
    assert len(hook.posts) == 2
    assert read_outbox(outbox_path(home)).box("team").last_error is None


def test_a_message_whose_answer_was_lost_comes_again_as_it_was(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    """The server took it and broke off: by its key it can tell the repetition, whatever happened since."""
    History(home).add(run(1, "failed"))
    hook.statuses = [500] * 3
    told()
    History(home).add(run(2, "failed"))
    told()
    keys = [headers["Idempotency-Key"] for headers in hook.headers]
    assert keys[:3] == [keys[0]] * 3
    assert keys[3] == keys[0] != keys[4]
    assert hook.posts[3] == hook.posts[0]
    assert [len(post["events"]) for post in hook.posts[3:]] == [1, 1]


def test_a_message_that_tells_of_dropped_events_comes_again_as_it_was(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    told()
    add_runs(home, MOST_PENDING + 2)
    hook.statuses = [500] * 3
    told()
    told()
    assert kinds(hook)[0] == "events_dropped"
    assert hook.headers[3]["Idempotency-Key"] == hook.headers[0]["Idempotency-Key"]


def test_no_secret_is_kept_in_the_state(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    History(home).add(run(1, "failed"))
    hook.statuses = [500] * 3
    told()
    kept = (outbox_folder(home) / "outbox.json").read_text(encoding="utf-8")
    assert "S3cr3tT0ken" not in kept
    assert "HTTP 500" in kept


def test_one_receiver_that_fails_does_not_keep_the_other_waiting(
    home: Home, catalog: Catalog, hook: Hook, tmp_path: Path
) -> None:
    both = Config.model_validate(
        {
            "receiver": [
                {"name": "team", "type": "webhook", "url_env": "HOOK"},
                {"name": "lines", "type": "json", "path": str(tmp_path / "events.jsonl")},
            ]
        }
    )
    History(home).add(run(1, "failed"))
    hook.statuses = [403]
    (failed,) = tell(home, catalog, both, DAY, sleep=lambda _: None)
    assert failed.receiver == "team"
    (line,) = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["kind"] == "run_failed"


def test_an_address_that_is_refused_is_named_and_the_others_get_it_once(
    home: Home, catalog: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    History(home).add(run(1, "failed"))
    text = """
        [[receiver]]
        name = "officer"
        type = "email"
        host = "127.0.0.1"
        port = {port}
        security = "none"
        from = "mieruka@example.jp"
        to = ["b@example.jp", "c@example.jp"]
        """
    with mail_server(Mailbox(refused={"b@example.jp": 550})) as box:
        (home.root / "mieruka.toml").write_text(text.format(port=box.port), encoding="utf-8")
        receivers = load_config(config_place(home))
        (refused,) = tell(home, catalog, receivers, DAY)
        assert tell(home, catalog, receivers, DAY) == []
        assert box.recipients == [["c@example.jp"]]
        assert (refused.events, refused.reason, refused.is_over) == (1, "b@example.jp (550 seen)", True)
        assert "b@example.jp (550 seen)" in "\n".join(config_lines(home, None, Speaker("en")))
        assert not try_receivers(home, None, Speaker("en"))
        assert "b@example.jp (550 seen)" in capsys.readouterr().err
        box.refused.clear()
        History(home).add(run(2, "failed"))
        assert tell(home, catalog, receivers, DAY) == []
        assert "550 seen" not in "\n".join(config_lines(home, None, Speaker("en")))


def test_many_events_go_in_several_messages(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    told()
    for number in range(AT_ONCE + 5):
        History(home).add(replace(run(1, "failed"), run_id=f"r{number}"))
    hook.statuses = [200, 500, 500, 500]
    (failed,) = told()
    assert failed.events == 5
    told()
    ids = [event["event_id"] for post in (hook.posts[0], hook.posts[-1]) for event in post["events"]]
    assert len(ids) == len(set(ids)) == AT_ONCE + 5


def test_a_receiver_that_is_configured_no_more_is_forgotten(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    History(home).add(run(1, "failed"))
    hook.statuses = [403]
    told()
    told(name="another")
    assert set(read_outbox(outbox_path(home)).boxes) == {"another"}


def test_a_run_with_another_configuration_leaves_what_waits_for_the_receivers_of_every_night(
    home: Home, catalog: Catalog, hook: Hook, tmp_path: Path
) -> None:
    once, other = tmp_path / "once.jsonl", tmp_path / "other.toml"
    other.write_text(f'[[receiver]]\nname = "once"\ntype = "json"\npath = "{once}"\n', encoding="utf-8")
    every_night = config(hook)
    History(home).add(run(1, "failed"))
    hook.statuses = [403]
    assert tell(home, catalog, every_night, DAY)
    History(home).add(run(2, "failed"))
    tell(home, catalog, load_config(ConfigPlace(other, True)), DAY, config_file=other)
    assert len(once.read_text(encoding="utf-8").splitlines()) == 1
    hook.posts.clear()
    assert tell(home, catalog, every_night, DAY, config_file=home.root / "mieruka.toml") == []
    assert [event["data"]["run_id"] for post in hook.posts for event in post["events"]] == ["run1", "run2"]


def test_two_processes_do_not_tell_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch, told: Callable[..., list[Undelivered]]
) -> None:
    monkeypatch.setattr(telling, "_WAIT_SECONDS", 0.1)
    with exclusive(Home(outbox_folder(home))), pytest.raises(HomeBusyError):
        told()


def test_what_a_killed_teller_left_is_removed_by_the_next(
    home: Home, told: Callable[..., list[Undelivered]]
) -> None:
    told()
    left = outbox_folder(home) / ".outbox.json.abc.tmp"
    left.touch()
    told()
    assert not left.exists()


def test_a_letterbox_keeps_the_newest_and_counts_what_it_drops() -> None:
    events = [
        Event(f"{number:016}", "run_failed", T1, "失敗", "failed") for number in range(MOST_PENDING + 3)
    ]
    box = Letterbox()
    box.put(events)
    assert (len(box.pending), box.dropped) == (MOST_PENDING, 3)
    assert box.pending[-1] == events[-1]
    box.put(events[-2:])
    assert (len(box.pending), box.dropped) == (MOST_PENDING, 3)
    while box.message():
        box.mark_delivered({})
    box.put(events[-1:])
    assert (box.pending, box.dropped) == ([], 0)


def test_a_message_that_is_never_taken_makes_room_in_the_end() -> None:
    events = [
        Event(f"{number:016}", "run_failed", T1, "失敗", "failed") for number in range(MOST_PENDING + 1)
    ]
    box = Letterbox()
    box.put(events[:AT_ONCE])
    box.put(events[AT_ONCE:-1])
    assert box.message() == events[:AT_ONCE]
    box.put(events[-1:])
    assert (box.dropped, box.message()) == (1, events[1 : AT_ONCE + 1])


def test_what_was_dropped_is_told(home: Home, hook: Hook, told: Callable[..., list[Undelivered]]) -> None:
    told()
    add_runs(home, MOST_PENDING + 2)
    told()
    assert kinds(hook)[0] == "events_dropped"
    assert hook.posts[0]["events"][0]["data"] == {"count": 2}
    assert kinds(hook).count("run_failed") == MOST_PENDING
    assert kinds(hook).count("events_dropped") == 1


def snapshot(name: str, moment: str) -> Snapshot:
    return Snapshot(
        name.ljust(64, "0"), "soumu__fiscal_indices", "municipalities", f"{name}.xlsx", "", moment, None, 1
    )


def test_new_files_are_one_event_a_source(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    Archive(home).remember([snapshot("a", T1)])
    History(home).add(run(1))
    told()
    hook.posts.clear()
    Archive(home).remember([snapshot("b", T2), snapshot("c", T2)])
    told()
    told()
    (event,) = [event for post in hook.posts for event in post["events"] if event["kind"] == "new_file"]
    assert event["source_id"] == "soumu__fiscal_indices"
    assert [file["file_name"] for file in event["data"]["files"]] == ["b.xlsx", "c.xlsx"]


def test_a_home_that_was_never_told_of_is_not_told_of_from_the_beginning(
    home: Home, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    History(home).add(run(1, "failed"))
    Archive(home).remember([snapshot("a", T1)])
    History(home).add(run(2, "failed"))
    Archive(home).remember([snapshot("b", T3)])
    History(home).add(run(3, "failed"))
    told()
    assert kinds(hook) == ["run_failed", "new_file"]
    assert hook.posts[0]["events"][1]["data"]["files"][0]["file_name"] == "b.xlsx"


def test_a_source_fails_once_and_recovers_once(
    origin_of: Callable[[str], Origin], hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    origin = origin_of(CITED)
    origin.land()
    told()
    hook.posts.clear()
    rows = origin.rows("figures.csv")
    origin.write("figures.csv", [[*rows[0][:1], "series_kode", *rows[0][2:]], *rows[1:]])
    for _ in range(3):
        origin.land()
        told()
    origin.write("figures.csv", rows)
    for _ in range(2):
        origin.land()
        told()
    assert [kind for kind in kinds(hook) if kind != "new_file"] == ["source_failed", "source_recovered"]
    failed = next(
        event for post in hook.posts for event in post["events"] if event["kind"] == "source_failed"
    )
    assert failed["data"]["tables"] == [
        {"table": "figures", "rule": failed["data"]["tables"][0]["rule"], "failing_since": failed["data"]["tables"][0]["failing_since"], "is_stale": True}
    ]  # fmt: skip
    assert "series_kode" in failed["text_ja"]
    assert "前の数値のままの表: figures" in failed["text_ja"]


def test_overdue_is_told_on_the_day_it_becomes_so(
    home: Home, catalog: Catalog, hook: Hook, told: Callable[..., list[Undelivered]]
) -> None:
    figures = catalog.sources["soumu__public_accounting_indicators"]
    snapshots, _ = acquire(figures, home)
    SourceLanding(figures, catalog, home).land(snapshots)
    held = [replace(entry, published_on="2025-03-28") for entry in snapshots]
    Archive(home).set_current(figures.source_id, held)
    told(day=date(2026, 6, 25))
    assert "source_overdue" not in kinds(hook)
    for day in (date(2026, 6, 26), date(2026, 6, 27), date(2026, 12, 1)):
        told(day=day)
    (event,) = [event for post in hook.posts for event in post["events"] if event["kind"] == "source_overdue"]
    assert "2026-03-28" in event["text_en"]
    assert "asset_depreciation_rate" in event["kpi_ids"]


def test_filters_choose_by_kind_source_kpi_area_and_severity() -> None:
    event = Event("x", "source_failed", T1, "", "", "soumu__dx_survey", ("cloud_municipalities",), None)
    verdict = Event("y", "verdict_changed", T1, "", "", None, ("konbini_issuance",), ("000000",))
    gate = Event("z", "gate_closed", T1, "", "")

    def chosen(wanted: Filter) -> str:
        return "".join(entry.event_id for entry in (event, verdict, gate) if wanted.accepts(entry))

    assert chosen(Filter()) == "xyz"
    assert chosen(Filter(events=("source_failed",))) == "x"
    assert chosen(Filter(minimum_severity="error")) == "z"
    assert chosen(Filter(sources=("soumu__dx_survey",))) == "xyz"
    assert chosen(Filter(sources=("soumu__area_codes",))) == "yz"
    assert chosen(Filter(kpis=("konbini_issuance",))) == "yz"
    assert chosen(Filter(areas=("131016",))) == "xz"
    assert chosen(Filter(areas=("131016", "000000"))) == "xyz"


def test_items_of_a_source_are_those_it_observes(catalog: Catalog) -> None:
    assert "asset_depreciation_rate" in items_of(catalog.sources["soumu__public_accounting_indicators"])
    assert "social_increase" in items_of(catalog.sources["soumu__resident_population"])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with the differences of a publication: figures of two sources, and two verdicts."""
    path = tmp_path_factory.mktemp("published") / "mieruka.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema meta; create schema marts")
        create_table(connection, FIGURE_CHANGE)
        create_table(connection, VERDICT_CHANGE)
        connection.execute(
            "create table marts.dim_item as select * from (values ('cloud', 'クラウド', 'cloud'), ('cost', '経費', 'cost')) "
            "as item (item_id, name_ja, name_en)"
        )
        connection.execute(
            "create table marts.dim_area_current as select * from (values ('000000', '日本'), ('131016', '千代田区'), "
            "('011002', '札幌市')) as area (area_code, name_ja)"
        )
        connection.execute(
            "create table marts.dim_measure as select * from (values ('cloud', 'kpi_cloud', 'cloud', 'クラウド団体', 'bodies'), "
            "('cost', 'kpi_cost', 'cost', '経費', 'cost')) as measure (measure_id, kpi_id, item_id, name_ja, name_en)"
        )
        connection.execute(
            "create table meta.defect as select 'one' as source_id, 'f.csv' as file_name, 'f.csv' as sheet, 10 as row_no, "
            "'value' as column_name, '七' as found, 'error' as severity"
        )
        figures = [
            ("added", "one", "cloud", "000000", None, Decimal(729)),
            ("revised", "one", "cost", "131016", Decimal("1.50"), Decimal("2.25")),
            ("removed", "one", "cloud", "000000", Decimal(728), None),
            *(("added", "two", "cost", "011002", None, Decimal(number)) for number in range(30)),
        ]
        for number, (change, source, item, area, old, new) in enumerate(figures):
            connection.execute(
                "insert into meta.figure_change (figure_key, change, source_id, item_id, area_code, old_value, new_value, "
                "unit, as_of_date, enters_verdict) values (?, ?, ?, ?, ?, ?, ?, '団体', date '2026-04-01', true)",
                [f"k{number}", change, source, item, area, old, new],
            )
        for measure, area, primary, new in (
            ("cloud", "000000", True, "achieved"),
            ("cloud", "131016", True, "missed"),
            ("cost", "000000", False, "missed"),
        ):
            connection.execute(
                "insert into meta.verdict_change (measure_id, area_code, target_version, is_primary, old_status, new_status, "
                "old_grade, new_grade, cause, cause_value, cause_as_of_date, cause_source_id) "
                "values (?, ?, 'v', ?, 'behind', ?, 'B', 'A', 'figure', 729, date '2026-04-01', 'one')",
                [measure, area, primary, new],
            )
    return path


def of(published: Path, **wanted: Any) -> list[Event]:
    return list(difference_events(published, run(1, "published"), Filter(**wanted)))


def test_a_publication_says_how_much_it_changed(published: Path) -> None:
    event = published_event(published, run(1, "published"))
    assert event.data == {
        "version": "run1", "sources_changed": 0, "added": 31, "revised": 1, "removed": 1, "verdicts": 1,
    }  # fmt: skip


def test_figures_are_one_event_a_source_and_those_gone_another(published: Path) -> None:
    found = {(event.kind, event.source_id): event for event in of(published) if "figures" in event.kind}
    assert set(found) == {("figures_changed", "one"), ("figures_lost", "one"), ("figures_changed", "two")}
    changed = found["figures_changed", "one"]
    assert "千代田区 cost 2026-04-01: 1.5 → 2.25 団体" in changed.text_en
    assert (changed.data["added"], changed.data["revised"]) == (1, 1)
    assert changed.kpi_ids == ("kpi_cloud", "kpi_cost")
    lost = found["figures_lost", "one"]
    assert "日本 クラウド 2026-04-01: 728 団体" in lost.text_ja
    assert "除かれた行 1 件（例: f.csv [value] 七）" in lost.text_ja
    two = found["figures_changed", "two"]
    assert len(two.data["examples"]) == 10
    assert two.text_ja.endswith("ほか 20 件")


@pytest.mark.parametrize(
    ("wanted", "sources", "counts"),
    [
        ({"areas": ("131016",)}, ["one"], [1]),
        ({"kpis": ("kpi_cloud",)}, ["one"], [1]),
        ({"sources": ("two",)}, ["two"], [30]),
        ({"areas": ("131016",), "sources": ("two",)}, [], []),
    ],
)
def test_figures_are_those_asked_for(
    published: Path, wanted: dict[str, Any], sources: list[str], counts: list[int]
) -> None:
    events = [event for event in of(published, **wanted) if event.kind == "figures_changed"]
    assert [event.source_id for event in events] == sources
    assert [event.data["added"] + event.data["revised"] for event in events] == counts


def test_verdicts_are_the_nations_unless_areas_are_asked_for(published: Path) -> None:
    def verdicts(**wanted: Any) -> list[tuple[str, ...] | None]:
        return [event.area_codes for event in of(published, **wanted) if event.kind == "verdict_changed"]

    assert verdicts() == [("000000",)]
    assert verdicts(areas=("131016",)) == [("131016",)]
    assert verdicts(kpis=("kpi_cost",)) == []
    (event,) = [event for event in of(published) if event.kind == "verdict_changed"]
    assert event.text_ja == "クラウド団体 (日本): B 遅れ → A 達成\n数値が変わった: 729 (2026-04-01)"
    assert event.text_en == "bodies (日本): B behind → A achieved\na figure changed: 729 (2026-04-01)"


def test_ids_differ_by_what_was_asked_for_and_not_by_when(published: Path) -> None:
    ids = [event.event_id for event in of(published)]
    assert len(ids) == len(set(ids))
    assert ids == [event.event_id for event in of(published)]
    assert ids[0] not in [event.event_id for event in of(published, areas=("131016",))]


def test_kinds_not_asked_for_are_not_told(published: Path) -> None:
    assert {event.kind for event in of(published, events=("verdict_changed",))} == {"verdict_changed"}
    assert {event.kind for event in of(published, minimum_severity="warning")} == {
        "verdict_changed",
        "figures_lost",
    }
    assert set(KINDS) >= {event.kind for event in of(published)}
