"""Which packages there are, and which files they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from example_app.packages import (
    UnknownPackageError,
    module_name,
    package_names,
    source_files,
)


def test_installed_packages_with_source_are_listed_in_order(tides: Path):
    names = package_names()

    assert {"tides", "reflex"} <= set(names)
    assert names == sorted(names, key=str.lower)


def test_there_are_enough_packages_for_a_batch():
    assert len(package_names()) >= 20


def test_the_source_files_of_a_package_come_in_order(tides: Path):
    assert [path.name for path in source_files("tides")] == ["__init__.py", "broken.py", "moon.py"]


@pytest.mark.parametrize("name", ["no_such_package", "os.path", "../etc", ""])
def test_an_unknown_package_is_refused_by_name(name: str):
    with pytest.raises(UnknownPackageError, match="the name it is imported by"):
        source_files(name)


def test_a_file_is_named_as_its_module():
    site = Path("/site-packages")

    assert module_name("tides", site / "tides" / "moon.py") == "tides.moon"
    assert module_name("tides", site / "tides" / "__init__.py") == "tides"
    assert module_name("tides", site / "tides" / "deep" / "__init__.py") == "tides.deep"
