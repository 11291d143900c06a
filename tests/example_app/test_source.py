"""What is measured on a source file."""

from __future__ import annotations

import pytest

from example_app.tasks.source import measure


def test_lines_classes_and_functions_are_counted():
    source = measure("class Sea:\n    def rise(self):\n        pass\n\ndef fall():\n    pass")

    assert source.lines == 6
    assert source.classes == 1
    assert {function.name for function in source.functions} == {"rise", "fall"}


def test_a_function_has_one_branch_more_for_each_decision():
    code = "def f(xs):\n    for x in xs:\n        if x and x > 1:\n            return x"

    assert measure(code).functions[0].branches == 4


def test_imports_count_by_top_level_package_and_relative_ones_do_not():
    source = measure(
        "import os, os.path\nfrom os import sep\nfrom . import near\nfrom .near import x"
    )

    assert source.imports == {"os": 3}


def test_docstrings_come_in_the_order_of_the_tree():
    code = '"""Module."""\nclass A:\n    """Class."""\n    def f(self):\n        """Function."""'

    assert measure(code).docstrings == ["Module.", "Class.", "Function."]


def test_functions_that_do_the_same_have_the_same_fingerprint():
    high, low, other = measure("def a(): return 1\ndef b(): return 1\ndef c(): return 2").functions

    assert high.fingerprint == low.fingerprint
    assert other.fingerprint != low.fingerprint


def test_what_is_not_python_is_refused():
    with pytest.raises(SyntaxError):
        measure("def tide(:")
