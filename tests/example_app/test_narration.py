"""`narrate-package`: a package told in the sentences of its own documentation."""

from __future__ import annotations

from pathlib import Path

from example_app.tasks.analysis import PackagePayload
from example_app.tasks.narration import Finding, central_sentences, find, narrate, split_sentences
from example_app.tasks.source import measure
from reflex_realtime.feeds import RealtimeClient
from tests.example_app.runs import read_streams

TASK = "narrate-package"


def test_prose_ends_where_a_section_or_an_example_begins():
    docstring = (
        "Say when the tide turns today.\n\nArgs:\n    harbour: Where to look for it today.\n"
    )

    assert split_sentences(docstring) == ["Say when the tide turns today."]


def test_a_paragraph_is_split_into_sentences():
    docstring = "The sea rises twice a day. It falls\ntwice a day as well."

    assert split_sentences(docstring) == [
        "The sea rises twice a day.",
        "It falls twice a day as well.",
    ]


def test_sentences_too_short_to_say_anything_are_left_out():
    assert split_sentences("Wait. See below for details. Moon.") == []


def test_the_second_sentence_says_something_else_than_the_first():
    source = measure(
        '"""Harbour tides follow the harbour moon. Harbour tides follow the harbour moon again. '
        'Storms raise the water without warning."""'
    )

    assert central_sentences(source) == [
        "Harbour tides follow the harbour moon.",
        "Storms raise the water without warning.",
    ]


def test_a_module_without_documentation_is_passed_over():
    assert central_sentences(measure("x = 1")) == []
    assert list(narrate("tides.silent", [])) == []


def test_tokens_join_to_the_text():
    tokens = list(narrate("tides", ["The sea rises.", "The sea falls."]))

    assert tokens[:2] == ["**tides**: ", "The "]
    assert "".join(tokens) == "**tides**: The sea rises. The sea falls.\n\n"


def test_a_long_function_is_a_finding():
    code = "def f():\n" + "    x = 1\n" * 100

    assert list(find("tides", measure(code))) == [
        Finding(kind="long", place="tides:1", detail="f has 101 lines")
    ]


def test_a_function_with_many_parameters_is_a_finding():
    code = f"def f({', '.join(f'p{n}' for n in range(9))}): pass"

    assert [finding.kind for finding in find("tides", measure(code))] == ["parameters"]


async def test_the_text_and_the_findings_are_streamed(client: RealtimeClient, tides: Path):
    streams = await read_streams(client, TASK, PackagePayload(package="tides"))

    text = "".join(map(str, streams["text"]))
    assert text.startswith("**tides**: Predict the tides of a harbour.\n\n")
    assert "**tides.moon**: The moon pulls at the sea. " in text
    finding = Finding.model_validate(streams["findings"][0])
    assert (finding.kind, finding.place) == ("unreadable", "tides.broken")


async def test_a_large_package_gives_several_hundred_tokens(client: RealtimeClient):
    streams = await read_streams(client, TASK, PackagePayload(package="reflex"))

    assert len(streams["text"]) > 300
