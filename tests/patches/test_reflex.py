"""What patches rely on in Reflex, where Reflex promises nothing."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import reflex_base
from reflex.state import BaseState
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.vars.base import Field

PACKAGE = Path(__file__).parents[2] / "reflex_realtime/patches"
TEMPLATES = Path(reflex_base.__file__).parent / ".templates/web/utils"
COMPILER = Path(reflex_base.__file__).parent / "compiler/templates.py"


def test_this_is_the_version_that_it_was_made_for() -> None:
    assert importlib.metadata.version("reflex").startswith("0.10.")


def test_a_state_has_the_methods_that_a_mixin_overrides_and_calls() -> None:
    assert callable(BaseState.get_delta)
    assert callable(BaseState.get_value)
    assert callable(BaseState._mark_dirty)
    assert callable(Field._get_raw)
    assert callable(Field._mark_dirty)
    assert Field._var is None


def test_vars_have_the_mark_in_a_delta_that_the_page_looks_for() -> None:
    merging = (PACKAGE / "patches.js").read_text()
    assert f'const MARK = "{FIELD_MARKER}"' in merging


def test_the_page_has_a_store_with_what_merging_needs() -> None:
    generated = COMPILER.read_text()
    names = {"dispatchers", "mergeInitialState", "getSnapshot", "StateStoreContext", "addEvents"}
    assert names <= {*re.findall(r"\w+", generated)}
    assert "export const ReflexEvent" in (TEMPLATES / "state.js").read_text()
    assert "dispatch[substate](delta[substate])" in (TEMPLATES / "state.js").read_text()


def test_a_delta_that_changes_a_var_makes_a_new_state_before_anybody_is_told() -> None:
    state = (TEMPLATES / "state.js").read_text()
    assert "out ??= { ...state };" in state[state.index("export const applyDelta") :]
    generated = COMPILER.read_text()
    assert generated.index("state[substateName] = nextState;") < generated.index(
        "notify(substateName);", generated.index("const nextState")
    )
