"""The Python packages installed here, which the tasks take as their input."""

from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path


class UnknownPackageError(LookupError):
    """No installed package has this name."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"No installed package is called {package!r}. "
            "Use the name it is imported by, such as 'reflex'."
        )


@cache
def package_names() -> list[str]:
    """Import names of the installed packages that have Python source, in alphabetical order."""
    names = sorted(packages_distributions(), key=str.lower)
    return [name for name in names if not name.startswith("_") and _source_files(name)]


def source_files(package: str) -> list[Path]:
    """Every Python source file of an installed package.

    Args:
        package: The name the package is imported by.

    Returns:
        The files, ordered by path.

    Raises:
        UnknownPackageError: No installed package has this name.
    """
    if package not in package_names():
        raise UnknownPackageError(package)
    return _source_files(package)


def module_name(package: str, path: Path) -> str:
    """The dotted name of the module that a source file holds.

    Args:
        package: The package the file belongs to.
        path: One of its `source_files`.

    Returns:
        Such as `reflex.utils.console`; a package for its `__init__.py`.
    """
    parts = path.with_suffix("").parts
    start = len(parts) - 1 - parts[::-1].index(package)
    return ".".join(parts[start:]).removesuffix(".__init__")


def _source_files(package: str) -> list[Path]:
    if not package.isidentifier():
        return []
    spec = find_spec(package)
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        folders = map(Path, spec.submodule_search_locations)
        return sorted(path for folder in folders for path in folder.rglob("*.py"))
    return [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []
