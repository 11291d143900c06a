"""What one Python source file holds, measured on its syntax tree."""

import ast
import threading
from collections import Counter
from dataclasses import dataclass, field

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

# Python 3.11 builds wrong trees, or none, when two threads parse at once.
PARSING = threading.Lock()

BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.BoolOp,
    ast.Assert,
    ast.comprehension,
    ast.match_case,
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method.

    Attributes:
        name: Its own name.
        line: Where it starts.
        lines: How many lines it has.
        branches: How many ways it can go: one, and one more for each branch and loop.
        parameters: How many parameters it takes.
        fingerprint: Equal for two functions that do the same in the same words.
    """

    name: str
    line: int
    lines: int
    branches: int
    parameters: int
    fingerprint: int


@dataclass(frozen=True, slots=True)
class Source:
    """One source file, measured.

    Attributes:
        lines: How many lines it has.
        classes: How many classes.
        functions: Its functions and methods.
        imports: How often it imports from each top-level package.
        docstrings: Those of the module, its classes and its functions, in order.
    """

    lines: int
    classes: int = 0
    functions: list[Function] = field(default_factory=list)
    imports: Counter[str] = field(default_factory=Counter)
    docstrings: list[str] = field(default_factory=list)


def measure(code: str) -> Source:
    """Measure one source file.

    Args:
        code: The file's text.

    Returns:
        What it holds.

    Raises:
        SyntaxError: It is not Python of this interpreter's version.
        ValueError: It holds null bytes.
    """
    with PARSING:
        tree = ast.parse(code)
    source = Source(
        lines=code.count("\n") + 1,
        classes=sum(isinstance(node, ast.ClassDef) for node in ast.walk(tree)),
    )
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            source.functions.append(_measure_function(node))
        elif isinstance(node, ast.Import):
            source.imports.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            source.imports[node.module.partition(".")[0]] += 1
        if isinstance(node, ast.Module | ast.ClassDef | FunctionNode):
            source.docstrings.extend(filter(None, [ast.get_docstring(node)]))
    return source


def _measure_function(node: FunctionNode) -> Function:
    arguments = node.args
    body = ast.Module(body=node.body, type_ignores=[])
    return Function(
        name=node.name,
        line=node.lineno,
        lines=(node.end_lineno or node.lineno) - node.lineno + 1,
        branches=1 + sum(isinstance(inner, BRANCHES) for inner in ast.walk(node)),
        parameters=len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs),
        fingerprint=hash(ast.dump(body)),
    )
