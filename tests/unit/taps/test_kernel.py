"""What the standard library writes for itself, and nobody sees."""

import sys
import tempfile

from hitsave_trace.taps import kernel


def test_what_tempfile_tries_counts_once_it_has_looked(monkeypatch):
    monkeypatch.delitem(sys.modules, "joblib._multiprocessing_helpers", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert kernel._of_libraries() == {0}
    tempfile.gettempdir()
    assert kernel._of_libraries() == {0, 4}
