"""`analyze-package`: a report on the source of a package."""

from __future__ import annotations

from pathlib import Path

from example_app.tasks.analysis import PackagePayload, PackageReport
from reflex_realtime.feeds import RealtimeClient
from tests.example_app.runs import run_task

TASK = "analyze-package"


async def test_the_report_sums_up_every_file(client: RealtimeClient, tides: Path):
    *_, run = await run_task(client, TASK, PackagePayload(package="tides"), PackageReport)

    report = run.output
    assert report is not None
    assert (report.files, report.classes, report.functions) == (3, 1, 1)
    assert [found.place for found in report.longest] == ["tides.moon:11"]
    assert {found.name: found.times for found in report.imports} == {"math": 2, "datetime": 1}


async def test_a_file_that_is_not_python_is_named_and_the_rest_is_read(
    client: RealtimeClient, tides: Path
):
    *_, run = await run_task(client, TASK, PackagePayload(package="tides"), PackageReport)

    assert run.is_success
    assert run.output is not None
    assert [line.partition(":")[0] for line in run.output.unreadable] == ["tides.broken"]


async def test_progress_grows_to_the_end(client: RealtimeClient):
    runs = await run_task(client, TASK, PackagePayload(package="reflex"), PackageReport)

    progress = [run.metadata["progress"] for run in runs if "progress" in run.metadata]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2
    assert progress[-1] == 1


async def test_functions_with_equal_bodies_are_counted_as_repeated(
    client: RealtimeClient, tides: Path
):
    body = "    a = 1\n    b = 2\n    c = 3\n    return a + b + c\n"
    (tides / "twins.py").write_text(f"def ebb():\n{body}\n\ndef flow():\n{body}")

    *_, run = await run_task(client, TASK, PackagePayload(package="tides"), PackageReport)

    assert run.output is not None
    assert run.output.repeated == 2


async def test_an_unknown_package_fails_the_run(client: RealtimeClient):
    *_, run = await run_task(client, TASK, PackagePayload(package="atlantis"), PackageReport)

    assert run.is_failed
    assert run.error is not None
    assert run.error.name == "UnknownPackageError"
    assert "'atlantis'" in run.error.message
