"""The dependencies inside the package point one way, and each part needs only what it may."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "reflex_realtime"
ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / PACKAGE).rglob("*.py"))

BASE = {"deferred", "errors", "hooks", "models", "options"}
ENGINE = {*BASE, "protocol", "feeds"}
INTERFACE = {*ENGINE, "patches", "states", "components"}

# What each part may import from its siblings. The part "" is `reflex_realtime/__init__.py`.
ALLOWED: dict[str, set[str]] = {
    "deferred": set(),
    "errors": set(),
    "hooks": {"errors"},
    "models": {"errors"},
    "options": {"errors", "hooks"},
    "protocol": BASE,
    "feeds": {*BASE, "protocol"},
    "patches": {*BASE, "protocol"},
    "states": {*ENGINE, "patches"},
    "components": {*ENGINE, "patches", "states"},
    "devserver": {*BASE, "protocol"},
    "": INTERFACE,
}

REFLEX = {"reflex", "reflex_base"}
# Usable without Reflex: these may import it inside a function that is about Reflex, no earlier.
WITHOUT_REFLEX = {*BASE, "protocol", "feeds", "devserver", ""}

# The protocol is computed from its arguments: no waiting, no clock, no input or output.
IMPURE = {
    *("asyncio", "concurrent", "multiprocessing", "queue", "sched", "subprocess", "threading"),
    *("anyio", "granian", "httpx", "httpx_sse", "starlette", "uvicorn"),
    *("http", "select", "selectors", "signal", "socket", "ssl", "urllib.request"),
    *("os", "pathlib", "shutil", "sqlite3", "tempfile"),
    *("logging", "random", "secrets", "time", "uuid"),
    *REFLEX,
}
CLOCKS = {"now", "today", "utcnow"}

RUNTIME_REQUIREMENTS = {"httpx", "httpx_sse", "jwt", "pydantic", "reflex", "typing_extensions"}
COMES_WITH_THEM = {
    *("granian", "pydantic_core", "reflex_base", "starlette"),
    "reflex_components_markdown",
}


class Import(NamedTuple):
    """One imported module.

    Attributes:
        module: The dotted name.
        line: Where it is imported.
        deferred: Whether it is imported only when a function runs or a checker reads it.
    """

    module: str
    line: int
    deferred: bool


def imports(source: str) -> Iterator[Import]:
    """Yield every import in `source`, also those in functions and under `TYPE_CHECKING`."""
    yield from _imports_below(ast.parse(source), deferred=False)


def _imports_below(node: ast.AST, *, deferred: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, deferred)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: a relative import"
            # `from package import part` may name a module, so each name counts.
            for alias in child.names:
                yield Import(f"{child.module}.{alias.name}", child.lineno, deferred)
        else:
            yield from _imports_below(child, deferred=deferred or _defers(child))


def _defers(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
        isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    )


def is_of(module: str, names: set[str]) -> bool:
    """Tell whether a dotted name is one of `names` or lies in one of them."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


def part_of(module: str) -> str:
    """Name the part that a dotted name inside the package belongs to."""
    part = module.removeprefix(PACKAGE).removeprefix(".").split(".")[0]
    return part if part in ALLOWED else ""


def forbidden_arrows(part: str, source: str) -> list[str]:
    """List the imports from other parts that `part` may not have."""
    return [
        f"line {found.line}: {part or PACKAGE} may not import {found.module}"
        for found in imports(source)
        if is_of(found.module, {PACKAGE}) and part_of(found.module) not in {*ALLOWED[part], part}
    ]


def early_reflex_imports(source: str) -> list[str]:
    """List the imports of Reflex that run when the module is imported."""
    return [
        f"line {found.line}: {found.module}"
        for found in imports(source)
        if is_of(found.module, REFLEX) and not found.deferred
    ]


def impurities(source: str) -> list[str]:
    """List what makes a module depend on more than its arguments."""
    modules = [
        f"line {found.line}: {found.module}"
        for found in imports(source)
        if is_of(found.module, IMPURE)
    ]
    calls = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS)
            or (isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input"})
        )
    ]
    return modules + calls


def undeclared(source: str) -> list[str]:
    """List the imports that installing the package does not bring."""
    available = {
        PACKAGE,
        *sys.stdlib_module_names,
        *RUNTIME_REQUIREMENTS,
        *COMES_WITH_THEM,
    }
    return [
        f"line {found.line}: {found.module}"
        for found in imports(source)
        if not is_of(found.module, available)
    ]


def own_part(path: Path) -> str:
    """Name the part that a file of the package belongs to."""
    name = path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")
    return "" if name == "__init__" else name


def test_every_part_of_the_package_has_its_place():
    assert {own_part(path) for path in MODULES} <= ALLOWED.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestModule:
    def test_imports_only_what_lies_below_it(self, path: Path):
        assert forbidden_arrows(own_part(path), path.read_text()) == []

    def test_imports_only_what_an_installation_brings(self, path: Path):
        assert undeclared(path.read_text()) == []

    def test_leaves_reflex_alone_where_it_is_not_needed(self, path: Path):
        if own_part(path) in WITHOUT_REFLEX:
            assert early_reflex_imports(path.read_text()) == []

    def test_is_pure_where_it_is_protocol(self, path: Path):
        if own_part(path) == "protocol":
            assert impurities(path.read_text()) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("errors", "from reflex_realtime.models import TaskHandle"),
        ("models", "from reflex_realtime.options import RealtimeOptions"),
        ("protocol", "from reflex_realtime import feeds"),
        ("protocol", "def late():\n    import reflex_realtime.states.run"),
        ("feeds", "if TYPE_CHECKING:\n    import reflex_realtime.states"),
        ("feeds", "from reflex_realtime import RealtimeRun"),
        ("feeds", "import reflex_realtime"),
        ("patches", "from reflex_realtime.feeds.hub import Hub"),
        ("devserver", "from reflex_realtime.feeds import RealtimeClient"),
        ("", "from reflex_realtime.devserver import DevServer"),
    ],
)
def test_a_forbidden_arrow_is_found(part: str, source: str):
    assert len(forbidden_arrows(part, source)) == 1


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("feeds", "from reflex_realtime.feeds.retry import Retry"),
        ("states", "from reflex_realtime import feeds"),
        ("components", "import reflex_realtime.states.run"),
        ("", "from reflex_realtime.models import RealtimeRun"),
        ("protocol", "from reflex_realtime_extras import anything"),
    ],
)
def test_an_allowed_arrow_passes(part: str, source: str):
    assert forbidden_arrows(part, source) == []


def test_reflex_is_refused_at_import_time_and_let_through_in_a_function():
    assert early_reflex_imports("import reflex as rx") == ["line 1: reflex"]
    assert early_reflex_imports("def mount():\n    import reflex as rx") == []


@pytest.mark.parametrize(
    "source",
    ["import asyncio", "from time import time", "datetime.now(UTC)", "open('file')"],
)
def test_an_impurity_is_found(source: str):
    assert len(impurities(source)) == 1


def test_an_undeclared_requirement_is_found():
    assert undeclared("import numpy\nimport json\nimport httpx") == ["line 1: numpy"]


def test_nothing_that_sends_requests_is_imported_before_it_is_used():
    imported = "import sys, reflex_realtime.states.run_with_streams; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", imported], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert not {"httpx", "httpx_sse", "jwt"}.intersection(done.stdout.split())


def test_no_component_is_imported_before_it_is_used():
    imported = "import sys, reflex_realtime.components; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", imported], capture_output=True, text=True, check=True, cwd=ROOT
    )

    parts = f"{PACKAGE}.components."
    assert [module for module in done.stdout.split() if module.startswith(parts)] == []


@pytest.mark.parametrize("package", ["components", "feeds"])
def test_what_is_deferred_is_what_is_public(package: str):
    module = import_module(f"{PACKAGE}.{package}")

    assert [name for name in module.__all__ if getattr(module, name).__name__ != name] == []
