"""Tell a package's story from its own docstrings: the sentences that say most, as a stream."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel

from example_app.packages import module_name, source_files
from example_app.server import server
from example_app.tasks.analysis import PackagePayload
from example_app.tasks.source import Source, measure
from reflex_realtime.devserver import TaskContext

SENTENCES_PER_MODULE = 2
SENTENCE_WORDS = range(5, 41)
LONG_FUNCTION_LINES = 80
MANY_BRANCHES = 20
MANY_PARAMETERS = 8

SECTION = re.compile(r"^\s*(\w+:|:\w+.*|-{3,}|={3,}|>>> .*|\.\. .*|```.*)\s*$", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`'\"])")
WORD = re.compile(r"[a-z]{4,}")
TOKEN = re.compile(r"\S+\s*")


class Finding(BaseModel):
    """Something in the code that a reader may want to see."""

    kind: Literal["long", "branched", "parameters", "unreadable"]
    place: str
    detail: str


class Narration(BaseModel):
    """What was told."""

    package: str
    modules: int
    sentences: int
    tokens: int
    findings: int


@server.task("narrate-package", max_duration=120)
def narrate_package(payload: PackagePayload, ctx: TaskContext) -> Narration:
    """Read a package module by module; say what each is about as soon as it is read.

    Streams:
        text: Tokens of the narration, which is Markdown, `str`.
        findings: Each a `Finding`.

    Raises:
        UnknownPackageError: No installed package has this name.
    """
    paths = source_files(payload.package)
    said = Narration(package=payload.package, modules=0, sentences=0, tokens=0, findings=0)
    for number, path in enumerate(paths, start=1):
        module = module_name(payload.package, path)
        try:
            source = measure(path.read_text("utf-8"))
        except (SyntaxError, ValueError) as error:
            ctx.stream("findings").append(
                Finding(kind="unreadable", place=module, detail=str(error))
            )
            continue
        for finding in find(module, source):
            ctx.stream("findings").append(finding)
            said.findings += 1
        sentences = central_sentences(source)
        for token in narrate(module, sentences):
            ctx.stream("text").append(token)
            said.tokens += 1
        said.modules += bool(sentences)
        said.sentences += len(sentences)
        ctx.metadata.set("progress", number / len(paths))
    return said


def central_sentences(source: Source) -> list[str]:
    """The sentences of a module's documentation that say most about it (SumBasic).

    A sentence scores by how frequent its words are in the module. The words of a chosen sentence
    lose weight, so that the next one says something else.

    Args:
        source: The module.

    Returns:
        At most `SENTENCES_PER_MODULE`, in the order in which they are written.
    """
    sentences = list(dict.fromkeys(s for doc in source.docstrings for s in split_sentences(doc)))
    words = {sentence: set(WORD.findall(sentence.lower())) for sentence in sentences}
    frequency = Counter(word for found in words.values() for word in found)
    weights = {word: times / frequency.total() for word, times in frequency.items()}

    def score(sentence: str) -> float:
        found = words[sentence]
        return sum(weights[word] for word in found) / len(found) if found else 0.0

    chosen: list[str] = []
    for _ in range(min(SENTENCES_PER_MODULE, len(sentences))):
        best = max((s for s in sentences if s not in chosen), key=score)
        weights.update({word: weights[word] ** 2 for word in words[best]})
        chosen.append(best)
    return sorted(chosen, key=sentences.index)


def split_sentences(docstring: str) -> list[str]:
    """The sentences of a docstring's prose, without sections, examples and headings.

    Args:
        docstring: A docstring, its indentation already removed.

    Returns:
        The sentences of a readable length.
    """
    section = SECTION.search(docstring)
    prose = docstring[: section.start()] if section else docstring
    paragraphs = (" ".join(paragraph.split()) for paragraph in prose.split("\n\n"))
    sentences = (s for paragraph in paragraphs for s in SENTENCE_END.split(paragraph))
    return [s for s in sentences if s[-1:] in ".!?" and len(s.split()) in SENTENCE_WORDS]


def narrate(module: str, sentences: list[str]) -> Iterator[str]:
    """The tokens of one module's paragraph, in Markdown.

    Args:
        module: The module's name.
        sentences: What to say about it; nothing is said when there are none.

    Yields:
        Words with the space that follows them.
    """
    if sentences:
        yield from TOKEN.findall(f"**{module}**: {' '.join(sentences)}\n\n")


def find(module: str, source: Source) -> Iterator[Finding]:
    """What in a module deserves a look.

    Args:
        module: The module's name.
        source: The module.

    Yields:
        The findings, in the order of the code.
    """
    for function in source.functions:
        place = f"{module}:{function.line}"
        if function.lines > LONG_FUNCTION_LINES:
            detail = f"{function.name} has {function.lines} lines"
            yield Finding(kind="long", place=place, detail=detail)
        if function.branches > MANY_BRANCHES:
            detail = f"{function.name} can go {function.branches} ways"
            yield Finding(kind="branched", place=place, detail=detail)
        if function.parameters > MANY_PARAMETERS:
            detail = f"{function.name} takes {function.parameters} parameters"
            yield Finding(kind="parameters", place=place, detail=detail)
