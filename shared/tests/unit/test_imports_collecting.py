"""While imports run the garbage collector looks less often; afterwards as before."""

from __future__ import annotations

import gc
from contextlib import ExitStack

import pytest

from shared.excel import NotAWorkbook
from shared.imports.collecting import fewer_collections


def test_the_usual_threshold_comes_back_when_the_last_import_has_ended() -> None:
    usual = gc.get_threshold()
    first, second = ExitStack(), ExitStack()
    first.enter_context(fewer_collections())
    second.enter_context(fewer_collections())
    assert gc.get_threshold()[0] > usual[0]
    first.close()  # the one that began first ends first, as in two threads
    assert gc.get_threshold()[0] > usual[0]
    second.close()
    assert gc.get_threshold() == usual


def test_it_comes_back_after_a_failure_too() -> None:
    usual = gc.get_threshold()
    with pytest.raises(NotAWorkbook), fewer_collections():
        raise NotAWorkbook
    assert gc.get_threshold() == usual
