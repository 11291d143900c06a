"""Analyse the source of an installed package, file by file."""

from collections import Counter

from pydantic import BaseModel

from example_app.packages import module_name, source_files
from example_app.server import server
from example_app.tasks.source import Function, Source, measure
from reflex_realtime.devserver import TaskContext

SHOWN = 6
SMALLEST_REPEATED = 5


class PackagePayload(BaseModel):
    """Which package to look at."""

    package: str


class FunctionReport(BaseModel):
    """A function worth a look."""

    name: str
    place: str
    lines: int
    branches: int


class ImportReport(BaseModel):
    """How often a package is imported."""

    name: str
    times: int


class PackageReport(BaseModel):
    """What the source of a package holds."""

    package: str
    files: int = 0
    lines: int = 0
    classes: int = 0
    functions: int = 0
    branches: int = 0
    repeated: int = 0
    longest: list[FunctionReport] = []
    most_branched: list[FunctionReport] = []
    imports: list[ImportReport] = []
    unreadable: list[str] = []


# A few at a time: they share one interpreter with the app, which has pages to serve meanwhile.
@server.task("analyze-package", max_duration=120, concurrency_limit=3)
def analyze_package(payload: PackagePayload, ctx: TaskContext) -> PackageReport:
    """Measure every source file of a package and sum it up.

    Raises:
        UnknownPackageError: No installed package has this name.
    """
    paths = source_files(payload.package)
    ctx.metadata.set("files", len(paths))
    sources: dict[str, Source] = {}
    unreadable: list[str] = []
    for number, path in enumerate(paths, start=1):
        module = module_name(payload.package, path)
        ctx.metadata.set("label", module)
        try:
            sources[module] = measure(path.read_text("utf-8"))
        except (SyntaxError, ValueError) as error:
            unreadable.append(f"{module}: {error}")
            ctx.logger.warning("%s cannot be read: %s", module, error)
        ctx.metadata.set("progress", number / len(paths))
    return sum_up(payload.package, sources, unreadable)


def sum_up(package: str, sources: dict[str, Source], unreadable: list[str]) -> PackageReport:
    """One report of all measured files.

    Args:
        package: The package's name.
        sources: What was measured, by module name.
        unreadable: The files that could not be read, and why.

    Returns:
        The report.
    """
    found = [(module, function) for module, it in sources.items() for function in it.functions]
    imports = sum((source.imports for source in sources.values()), Counter[str]())
    del imports[package]
    return PackageReport(
        package=package,
        files=len(sources) + len(unreadable),
        lines=sum(source.lines for source in sources.values()),
        classes=sum(source.classes for source in sources.values()),
        functions=len(found),
        branches=sum(function.branches for _, function in found),
        repeated=_count_repeated([function for _, function in found]),
        longest=_top(found, "lines"),
        most_branched=_top(found, "branches"),
        imports=[ImportReport(name=n, times=t) for n, t in imports.most_common(SHOWN)],
        unreadable=unreadable,
    )


def _count_repeated(functions: list[Function]) -> int:
    twins = Counter(f.fingerprint for f in functions if f.lines >= SMALLEST_REPEATED)
    return sum(count for count in twins.values() if count > 1)


def _top(found: list[tuple[str, Function]], measure: str) -> list[FunctionReport]:
    ranked = sorted(found, key=lambda pair: getattr(pair[1], measure), reverse=True)
    return [
        FunctionReport(
            name=function.name,
            place=f"{module}:{function.line}",
            lines=function.lines,
            branches=function.branches,
        )
        for module, function in ranked[:SHOWN]
    ]
