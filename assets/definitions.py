"""The only entry point of Dagster. Commands build their own definitions: importing this builds these."""

from __future__ import annotations

from assets.build import build_definitions

defs = build_definitions()
