"""Nights for real: Dagster's daemon and web server as processes, a schedule of every minute, an origin that changes.

Takes some ten minutes, and so runs only when it is asked for: `make nights`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance, DagsterRunStatus
from dagster._core.scheduler.instigation import InstigatorTick

from pipelines.files import sha256_of
from tests.end_to_end.conftest import ROOT, command
from tests.end_to_end.test_runs import CITED, CLOUD_728
from tests.publications import MIRROR, needs

pytestmark = [needs("1_master"), needs("2_fiscal_indices")]

INDICES = "soumu__fiscal_indices"
_LONGEST = 600


@dataclass
class Night:
    """The processes of one deployment, and the folders they work on."""

    home: Path
    origin: Path
    instance: DagsterInstance
    address: str

    def ticks(self) -> list[InstigatorTick]:
        """Return the ticks of the schedule, oldest first."""
        states = [state for state in self.instance.all_instigator_state() if state.name == "every_night"]
        found = [
            tick
            for state in states
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id)
        ]
        return sorted(found, key=lambda tick: tick.timestamp)

    def wait(self, what: Callable[[], Any], words: str) -> Any:
        """Return what a call gives as soon as it gives something."""
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline:
            if found := what():
                return found
            time.sleep(1)
        raise AssertionError(f"waited in vain: {words}; {[tick.skip_reason for tick in self.ticks()[-5:]]}")

    def skipped_since(self, moment: float) -> InstigatorTick | None:
        """Return a tick after a moment that found nothing changed."""
        return next(
            (
                tick
                for tick in self.ticks()
                if tick.timestamp > moment and "Nothing changed" in (tick.skip_reason or "")
            ),
            None,
        )

    def ended_since(self, moment: float) -> Any:
        """Return a run that was created after a moment and has ended."""
        return next(
            (
                record
                for record in self.instance.get_run_records()
                if record.create_timestamp.timestamp() > moment and record.dagster_run.is_finished
            ),
            None,
        )

    def pid_of_run(self) -> int | None:
        """Return the process of the run that is under way."""
        for run in self.instance.get_runs(limit=1):
            if run.status == DagsterRunStatus.STARTED:
                said = " ".join(entry.user_message for entry in self.instance.all_logs(run.run_id))
                found = re.search(r"steps in process \(pid: (\d+)\)", said)
                return int(found[1]) if found else None
        return None

    def figure(self) -> int:
        """Return the published figure that this test changes in the origin."""
        with duckdb.connect(str(self.home / "published" / "mieruka.duckdb"), read_only=True) as connection:
            row = connection.execute(
                "select value from marts.fct_observation "
                "where item_id = 'cloud_municipalities' and as_of_date = date '2015-04-01'"
            ).fetchone()
        assert row is not None
        return int(row[0])

    def put_figure(self, value: int) -> None:
        """Put a changed file into the origin, whole at once as a careful copy does."""
        text = (CITED / "figures.csv").read_text(encoding="utf-8")
        folder = self.origin / "mieruka__cited_figures"
        folder.mkdir(exist_ok=True)
        (folder / ".new").write_text(text.replace(CLOUD_728, CLOUD_728.replace("728", str(value))), "utf-8")
        (folder / ".new").replace(folder / "figures.csv")

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask the web server's GraphQL."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.address}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            content = json.load(answer)
        assert "errors" not in content, content["errors"]
        return dict(content["data"])

    def landed(self) -> dict[str, str]:
        """Return the hash of every landed file of the indices."""
        return {
            path.relative_to(self.home).as_posix(): sha256_of(path)
            for path in (self.home / "raw" / INDICES).rglob("*.parquet")
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening_on(port: int) -> set[str]:
    """Return the addresses, as the kernel writes them, on which something listens on a port."""
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}


def say(text: str) -> None:
    """Print what was seen; `make nights` shows it."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


@contextlib.contextmanager
def process(line: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a service in a process group of its own, ended with all its children."""
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            line, env=environment, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        ) as service,
    ):
        try:
            yield
        finally:
            os.killpg(service.pid, signal.SIGTERM)
            try:
                service.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(service.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("nights")
    home, origin, dagster_home = folder / "home", folder / "origin", folder / "dagster"
    for name in ("1_master", "2_fiscal_indices"):
        shutil.copytree(MIRROR / name, origin / name)
    dagster_home.mkdir()
    shutil.copy(ROOT / "dagster.yaml", dagster_home)
    port = free_port()
    environment = {
        **command(home)[1],
        "DAGSTER_HOME": str(dagster_home),
        "MIERUKA_ORIGIN": str(origin),
        "MIERUKA_SCHEDULE": "* * * * *",
        "PYTHONPATH": str(ROOT),
    }
    tool = Path(sys.executable).parent
    daemon = [str(tool / "dagster-daemon"), "run", "-m", "assets.definitions"]
    pages = [
        str(tool / "dagster-webserver"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-m",
        "assets.definitions",
    ]
    with (
        pytest.MonkeyPatch.context() as patch,
        process(daemon, environment, folder / "daemon.log"),
        process(pages, environment, folder / "pages.log"),
    ):
        patch.setenv("DAGSTER_HOME", str(dagster_home))
        with DagsterInstance.get() as instance:
            yield Night(home, origin, instance, f"http://127.0.0.1:{port}")


def test_the_first_night_publishes_and_the_next_one_is_skipped(night: Night) -> None:
    started = time.time()
    record = night.wait(lambda: night.ended_since(0), "the first run")
    assert record.dagster_run.status == DagsterRunStatus.SUCCESS
    assert record.dagster_run.tags["mieruka/reasons"] == "nothing_published"
    assert night.figure() == 728
    say(f"published after {time.time() - started:.0f} s; run {record.end_time - record.start_time:.0f} s")
    before, inode = night.landed(), (night.home / "published" / "mieruka.duckdb").stat().st_ino
    assert len(before) > 40
    tick = night.wait(lambda: night.skipped_since(record.end_time), "a skipped tick")
    assert (night.home / "published" / "mieruka.duckdb").stat().st_ino == inode
    assert night.landed() == before
    assert len(night.instance.get_runs()) == 1
    say(f"skipped: {tick.skip_reason} ({(tick.end_timestamp or 0) - tick.timestamp:.2f} s)")


def test_a_changed_file_is_published_the_next_night(night: Night) -> None:
    moment = time.time()
    night.put_figure(729)
    record = night.wait(lambda: night.ended_since(moment), "the run after the change")
    assert record.dagster_run.status == DagsterRunStatus.SUCCESS
    assert record.dagster_run.tags["mieruka/reasons"] == "mieruka__cited_figures"
    assert night.figure() == 729
    say(f"changed figure published; run {record.end_time - record.start_time:.0f} s")


def test_a_broken_file_is_named_and_the_rest_is_published(night: Night) -> None:
    moment = time.time()
    good = next(night.origin.rglob("city/R1.xlsx"))
    (good.parent / ".half").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    night.put_figure(730)
    (good.parent / ".half").replace(good)
    record = night.wait(lambda: night.ended_since(moment), "the run with a broken file")
    if night.figure() != 730:  # the tick fell between the two files
        record = night.wait(lambda: night.ended_since(record.end_time), "the run after it")
    assert record.dagster_run.status == DagsterRunStatus.SUCCESS
    assert night.figure() == 730
    night.wait(lambda: night.skipped_since(record.end_time), "a skipped tick")
    key = AssetCheckKey(AssetKey([INDICES, "municipalities"]), "no_refused_rows")
    found = night.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    evaluation = found.event.dagster_event.asset_check_evaluation_data
    assert not evaluation.passed
    assert "R1.xlsx" in evaluation.metadata["first"].value
    with duckdb.connect(str(night.home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        refused = connection.execute(
            "select file_name from meta.source_file where source_id = ? and not is_accepted", [INDICES]
        ).fetchall()
        kept = connection.execute(
            "select count(*) from marts.fct_observation where source_id = ? and fiscal_year = 2019", [INDICES]
        ).fetchone()
    assert [Path(name).name for (name,) in refused] == ["R1.xlsx"]
    assert kept is not None
    assert kept[0] > 1000
    freshness = AssetCheckKey(AssetKey([INDICES, "snapshot"]), "freshness")
    stale = night.instance.event_log_storage.get_latest_asset_check_execution_by_key([freshness])[freshness]
    assert "R1.xlsx" in str(stale.event.dagster_event.asset_check_evaluation_data.metadata["stale"].value)
    say(f"broken file named: {evaluation.metadata['first'].value.splitlines()[0][:120]}")


def test_a_run_whose_process_is_killed_is_failed_and_the_next_night_makes_up_for_it(night: Night) -> None:
    moment = time.time()
    night.put_figure(731)
    pid = night.wait(night.pid_of_run, "a run that works")
    time.sleep(8)
    os.kill(pid, signal.SIGKILL)
    killed = night.wait(lambda: night.ended_since(moment), "the end of the killed run")
    assert killed.dagster_run.status == DagsterRunStatus.FAILURE
    assert night.figure() == 730
    record = night.wait(lambda: night.ended_since(killed.end_time), "the run after it")
    assert record.dagster_run.status == DagsterRunStatus.SUCCESS
    assert night.figure() == 731

    def noted() -> bool:
        return '"failed"' in (night.home / "state" / "runs.jsonl").read_text(encoding="utf-8")

    night.wait(noted, "the failed run beside the others")
    say("killed run failed, noted, and made up for by the next tick")


_BACKFILL = """
mutation($selection: [AssetKeyInput!]!, $years: [String!]!) {
  launchPartitionBackfill(backfillParams: {assetSelection: $selection, partitionNames: $years}) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""


def test_years_are_read_again_by_a_backfill_and_the_warehouse_is_built_once_after_them(night: Night) -> None:
    from assets.build import build_definitions
    from assets.resources import WarehouseResource

    graph = build_definitions(warehouse=WarehouseResource(home=str(night.home))).resolve_asset_graph()
    by_year = AssetKey([INDICES, "files_by_year"])
    after = {key for key in graph.materializable_asset_keys if by_year in graph.get_ancestor_asset_keys(key)}
    years = [f"FY{year}" for year in range(2010, 2016)]
    inodes = {path: path.stat().st_ino for path in (night.home / "raw" / INDICES).rglob("*.parquet")}
    before, moment = night.landed(), time.time()
    selection = [{"path": list(key.path)} for key in sorted({by_year, *after})]
    answer = night.ask(_BACKFILL, selection=selection, years=years)["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    backfill_id = answer["backfillId"]

    def ended() -> bool:
        backfill = night.instance.get_backfill(backfill_id)
        return backfill is not None and backfill.status.value.startswith(("COMPLETED", "FAILED"))

    night.wait(ended, "the backfill")
    runs = [
        run for run in night.instance.get_runs() if run.tags.get("dagster/backfill") == backfill_id
    ]  # newest first
    assert {run.status for run in runs} == {DagsterRunStatus.SUCCESS}
    assert [by_year in (run.asset_selection or set()) for run in runs] == [False, True]
    assert runs[1].tags["dagster/asset_partition_range_start"] == "FY2010"
    assert runs[1].tags["dagster/asset_partition_range_end"] == "FY2015"
    assert night.landed() == before
    replaced = {path for path, inode in inodes.items() if path.stat().st_ino != inode}
    assert 0 < len(replaced) < len(inodes)
    assert night.figure() == 731
    partitions = night.instance.get_materialized_partitions(by_year)
    assert set(partitions) == set(years)
    say(
        f"backfill of {len(years)} years: {len(runs)} runs, {time.time() - moment:.0f} s, {len(replaced)} files"
    )


def test_the_pages_show_sources_with_publisher_freshness_and_last_change(night: Night) -> None:
    query = """
    query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
      definition { metadataEntries { label ... on UrlMetadataEntry { url } ... on TextMetadataEntry { text } } }
      assetMaterializations(limit: 1) { metadataEntries { label ... on TextMetadataEntry { text } } }
      assetObservations(limit: 1) { metadataEntries { label ... on TextMetadataEntry { text } } }
    } } }
    """
    asset = night.ask(query, key={"path": [INDICES, "snapshot"]})["assetOrError"]
    shown = {
        entry["label"]: entry.get("url") or entry.get("text")
        for entry in asset["definition"]["metadataEntries"]
    }
    assert shown["publisher"] == "総務省"
    assert str(shown["landing_url"]).startswith("https://www.soumu.go.jp/")
    assert shown["cadence"]
    for events in (asset["assetMaterializations"], asset["assetObservations"]):
        labels = {entry["label"]: entry.get("text") for entry in events[0]["metadataEntries"]}
        assert str(labels["last_change"]).startswith("20")
    assert listening_on(int(night.address.rsplit(":", 1)[1])) == {"0100007F"}  # 127.0.0.1
