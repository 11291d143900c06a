"""What an installation brings, and what importing a part of it costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel, built from the tree as it is."""
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", target],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return ZipFile(next(target.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    """What the wheel says of itself."""
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: ZipFile):
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "reflex_realtime").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == package


def test_the_wheel_tells_type_checkers_that_it_is_typed(wheel: ZipFile):
    assert "reflex_realtime/py.typed" in wheel.namelist()


def test_the_wheel_carries_the_licence(wheel: ZipFile, metadata: Message):
    licence = next(name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_metadata_name_the_distribution_and_the_python_it_needs(metadata: Message):
    assert metadata["Name"] == "reflex-realtime"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "reflex-custom-components" in metadata["Keywords"]


def test_an_installation_brings_only_what_is_needed_at_run_time(metadata: Message):
    requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    assert {each.name for each in requirements if each.marker is None} == {
        "httpx",
        "httpx-sse",
        "pydantic",
        "pyjwt",
        "reflex",
        "sniffio",
        "typing-extensions",
    }


def test_the_public_names_are_sorted_and_importable():
    package = importlib.import_module("reflex_realtime")
    assert package.__all__
    assert list(package.__all__) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_an_unknown_public_name_is_an_attribute_error():
    package = importlib.import_module("reflex_realtime")
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = package.no_such_name


@pytest.mark.parametrize(
    "module",
    ["reflex_realtime.protocol", "reflex_realtime.feeds", "reflex_realtime.devserver"],
)
def test_the_engine_is_imported_without_reflex(module: str):
    script = f"import sys, {module}; print(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert {"reflex", "reflex_base"} & set(run.stdout.split()) == set()
