"""The scripts of `docs/`, which are in no package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from pipelines.settings import PROJECT_ROOT


def script(name: str) -> ModuleType:
    """Return a script of `docs/` as a module."""
    spec = importlib.util.spec_from_file_location(name, PROJECT_ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
