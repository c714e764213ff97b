"""The Data Docs of Great Expectations, rendered from the remembered gates and made to open without a network.

As Great Expectations builds them, their pages load styles and scripts from public hosts and show no list without those.
Each such reference is exchanged for a copy that lies beside the pages; one that is not known is an error, so that a
later version of the library cannot bring a request back. Great Expectations is imported where it is needed: it takes
seconds.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.quality.gate import great_expectations

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext

STATIC = Path(__file__).with_name("static")
FOLDER = "data-docs"
# Each gate is a page a suite.
MOST_GATES = 10
# What a reference of the pages is exchanged for; None: the page does without.
_LOCAL: tuple[tuple[str, str | None], ...] = (
    (r"bootstrap-table@[\d.]+/dist/bootstrap-table\.min\.css", "bootstrap-table.min.css"),
    (r"bootstrap-table@[\d.]+/dist/bootstrap-table\.min\.js", "bootstrap-table.min.js"),
    (r"bootstrap-table-filter-control(\.min)?\.css", "bootstrap-table-filter-control.min.css"),
    (r"bootstrap-table-filter-control\.min\.js", "bootstrap-table-filter-control.min.js"),
    (r"bootstrap-datepicker\.min\.css", "bootstrap-datepicker.min.css"),
    (r"bootstrap-datepicker\.min\.js", "bootstrap-datepicker.min.js"),
    (r"/bootstrap/4\.3\.1/css/bootstrap\.min\.css", "bootstrap.min.css"),
    (r"/bootstrap/4\.3\.1/js/bootstrap\.min\.js", "bootstrap.min.js"),
    (r"/jquery-3\.7\.1\.min\.js", "jquery.min.js"),
    (r"/popper\.min\.js", "popper.min.js"),
    # Two signs of this font are used: docs.css has them as characters.
    (r"font-awesome/[\d.]+/css/all\.min\.css", "docs.css"),
    # A library of its own for dark screens alone: the pages stay light.
    (r"bootstrap-prefers-dark(\.min)?\.css", None),
    # Charts of profiles; no expectation here has one.
    (r"/npm/vega(-lite|-embed)?@\d+", None),
)
_ASSET = re.compile(
    r"<(?:script|link|img)\b[^>]*?\b(?:src|href)=\"(?P<address>[^\"]*)\"[^>]*>(?:</script>)?", re.IGNORECASE
)
_OUTSIDE = re.compile(
    r"<(?:script|link|img|iframe|object|embed|source|video|audio)\b[^>]*\b(?:src|href|data|srcset)\s*=\s*[\"']?(?:https?:)?//|url\(\s*['\"]?(?:https?:)?//|@import",
    re.IGNORECASE,
)
_POLICY = (
    "default-src 'none'; script-src 'self' file: 'unsafe-inline'; style-src 'self' file: 'unsafe-inline'; "
    "img-src 'self' file: data:; base-uri 'none'; form-action 'none'"
)


class DataDocsError(RuntimeError):
    """Great Expectations wrote a page that would ask something outside; the text says what."""


def local_page(page: str, root: str, home: str) -> str:
    """Return a page of the Data Docs with each reference outside exchanged for a copy below `root`.

    `home` is the address of the page to go back to. Raises DataDocsError for a reference that has no copy.
    """

    def exchanged(match: re.Match[str]) -> str:
        address = match["address"]
        if address.endswith("favicon.ico"):
            return f'<link rel="icon" href="{root}static/images/favicon.ico">'
        if not re.match(r"(?:https?:)?//", address):
            return match[0]
        if "logo-long.png" in address:
            return f'<img src="{root}static/images/logo-long.png" alt="Great Expectations" style="width: auto; height: 50px">'
        for pattern, name in _LOCAL:
            if re.search(pattern, address):
                return _tag(f"{root}static/{name}") if name else ""
        raise DataDocsError(address)

    page = _ASSET.sub(exchanged, page)
    # The library's own styles for dark screens name a picture outside, and take light styles for granted.
    page = re.sub(r"@media \(prefers-color-scheme: dark\) \{.*?\n\}", "", page, flags=re.DOTALL)
    page = re.sub(r"<footer>.*?</footer>", "", page, flags=re.DOTALL)
    page = page.replace("<html>", '<html lang="en">', 1)
    page = page.replace(
        "<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">', 1
    )
    back = f'<p class="mieruka-back"><a href="{home}" lang="ja">← データの品質</a></p>'
    page = re.sub(r"<body[^>]*>", lambda match: match[0] + back, page, count=1)
    if "vegaEmbed(" in page or (left := _OUTSIDE.search(page)):
        raise DataDocsError("vegaEmbed" if "vegaEmbed(" in page else str(left and left[0]))
    return page


def _tag(address: str) -> str:
    if address.endswith(".css"):
        return f'<link rel="stylesheet" href="{address}">'
    return f'<script src="{address}"></script>'


def _escaped(said: Any) -> Any:
    """Return what Great Expectations found with every text escaped: it writes values of the data into its pages as they are."""
    if isinstance(said, str):
        return escape(said)
    if isinstance(said, list):
        return [_escaped(entry) for entry in said]
    if isinstance(said, dict):
        return {key: _escaped(value) for key, value in said.items()}
    return said


def _suites_of(gate: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the outcomes of a gate by suite; those that Great Expectations could not evaluate are not its results."""
    found: dict[str, list[dict[str, Any]]] = {}
    for outcome in gate["outcomes"]:
        if outcome.get("result", {}).get("expectation_config"):
            found.setdefault(outcome["suite"], []).append(outcome)
    return found


def _add_suites(context: EphemeralDataContext, suites: dict[str, list[dict[str, Any]]]) -> None:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.registry import get_expectation_impl

    for name, outcomes in suites.items():
        label = f"{outcomes[0]['label_ja']} / {outcomes[0]['label_en']}"
        suite = ExpectationSuite(name=name, notes=label)
        for outcome in outcomes:
            said = outcome["result"]["expectation_config"]
            kwargs = {key: value for key, value in said["kwargs"].items() if key != "batch_id"}
            suite.add_expectation(get_expectation_impl(said["type"])(**kwargs))
        context.suites.add(suite)


def _add_results(context: EphemeralDataContext, gate: dict[str, Any]) -> None:
    from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    run = RunIdentifier(run_name=gate["run_id"], run_time=gate["checked_at"])
    for name, outcomes in _suites_of(gate).items():
        results = []
        for outcome in outcomes:
            said = outcome["result"]
            configuration = said["expectation_config"]
            results.append(
                ExpectationValidationResult(
                    success=said["success"], result=_escaped(said["result"]),
                    exception_info=_escaped(said["exception_info"]), meta=said["meta"],
                    expectation_config=ExpectationConfiguration(type=configuration["type"], kwargs=configuration["kwargs"]),
                )
            )  # fmt: skip
        held = sum(1 for outcome in outcomes if outcome["success"])
        result = ExpectationSuiteValidationResult(
            success=held == len(outcomes), results=results, suite_name=name,
            statistics={
                "evaluated_expectations": len(outcomes), "successful_expectations": held,
                "unsuccessful_expectations": len(outcomes) - held, "success_percent": held / len(outcomes) * 100,
            },
            meta={"run_id": run, "active_batch_definition": {"data_asset_name": name}, "batch_spec": {}},
        )  # fmt: skip
        key = ValidationResultIdentifier(ExpectationSuiteIdentifier(name), run, "warehouse")
        context.validation_results_store.set(key, result)


def _build(gates: Sequence[dict[str, Any]], folder: Path) -> None:
    """Let Great Expectations write its own site into an empty folder."""
    gx = great_expectations()
    context = gx.get_context(mode="ephemeral")
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site("mieruka", site)
    _add_suites(context, _suites_of(gates[-1]))
    for gate in gates:
        _add_results(context, gate)
    context.build_data_docs(["mieruka"])


def write_data_docs(gates: Sequence[dict[str, Any]], folder: Path) -> int:
    """Write the Data Docs of the newest of these gates (`history.read_gates`); return how many pages.

    Nothing is written where there are none. Raises DataDocsError when a page would ask something outside.
    """
    shown = [gate for gate in gates if _suites_of(gate)][-MOST_GATES:]
    if not shown:
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        built = Path(temporary)
        _build(shown, built)
        pages = sorted(built.rglob("*.html"))
        for path in pages:
            inside = path.relative_to(built)
            root = "../" * (len(inside.parts) - 1)
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            made = local_page(path.read_text(encoding="utf-8"), root, f"{root}../quality.html")
            target.write_text(made, encoding="utf-8")
        images = folder / "static/images"
        images.mkdir(parents=True, exist_ok=True)
        for name in ("logo-long.png", "favicon.ico"):
            shutil.copyfile(built / "static/images" / name, images / name)
    shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
    return len(pages)
