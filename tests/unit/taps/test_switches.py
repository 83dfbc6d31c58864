"""What a call leaves switched is told; what it put back is not."""

from __future__ import annotations

import contextvars
import decimal
import gc
import io
import locale
import logging
import os
import signal
import sys
import threading
import warnings

import pytest

from hitsave_trace.taps import switches

MINE = contextvars.ContextVar("mine")


def changed(change, undo=None):
    """Give what is told of a change, and undo it."""
    before = switches.switches()
    try:
        kept = change()
        return switches.differences(before, switches.switches())
    finally:
        if undo is not None:
            undo(kept)


def swap(owner, name, value):
    old = getattr(owner, name)
    setattr(owner, name, value)
    return lambda: setattr(owner, name, old)


@pytest.mark.parametrize(
    ("owner", "name", "value", "told"),
    [
        (sys, "stdout", io.StringIO(), ("stdout-replaced", "sys.stdout")),
        (sys, "stderr", io.StringIO(), ("stdout-replaced", "sys.stderr")),
        (sys, "stdin", io.StringIO(), ("stdin", "sys.stdin was replaced")),
        (sys, "excepthook", print, ("switch", "sys.excepthook")),
        (warnings, "showwarning", print, ("switch", "warnings.showwarning")),
    ],
)
def test_an_attribute(owner, name, value, told):
    assert changed(lambda: swap(owner, name, value), lambda back: back()) == [told]


def test_lists_that_are_changed_in_place():
    assert changed(lambda: sys.path.append("x"), lambda _: sys.path.remove("x")) == [("switch", "sys.path")]
    assert changed(lambda: sys.argv.append("x"), lambda _: sys.argv.remove("x")) == [("switch", "sys.argv")]


def test_settings_of_the_interpreter(tmp_path):
    limit, folder, prec = sys.getrecursionlimit(), os.getcwd(), decimal.getcontext().prec
    assert changed(lambda: sys.setrecursionlimit(limit + 7), lambda _: sys.setrecursionlimit(limit)) == [
        ("switch", "sys.setrecursionlimit")
    ]
    assert changed(lambda: os.chdir(tmp_path), lambda _: os.chdir(folder)) == [("directory-changed", "os.chdir")]
    assert changed(gc.disable, lambda _: gc.enable()) == [("switch", "gc")]
    assert changed(
        lambda: setattr(decimal.getcontext(), "prec", 5), lambda _: setattr(decimal.getcontext(), "prec", prec)
    ) == [("switch", "the decimal context")]
    was = locale.setlocale(locale.LC_ALL)
    other = "C" if was != "C" else "C.UTF-8"
    assert changed(lambda: locale.setlocale(locale.LC_ALL, other), lambda _: locale.setlocale(locale.LC_ALL, was)) == [
        ("switch", "locale.setlocale")
    ]


def test_a_signal_handler():
    old = signal.getsignal(signal.SIGUSR1)
    told = changed(lambda: signal.signal(signal.SIGUSR1, lambda *_: None), lambda _: signal.signal(signal.SIGUSR1, old))
    assert told == [("signal", "signal.signal")]


def test_warning_filters():
    with warnings.catch_warnings():
        assert changed(lambda: warnings.simplefilter("ignore")) == [("switch", "warnings.filters")]


def test_the_root_logger():
    handler = logging.NullHandler()
    told = changed(lambda: logging.root.addHandler(handler), lambda _: logging.root.removeHandler(handler))
    assert told == [("switch", "logging")]


def test_a_context_variable_even_one_that_holds_what_has_no_truth():
    class Many(list):
        def __eq__(self, other):
            raise ValueError("which of them?")

        __hash__ = None

    def run():
        assert changed(lambda: MINE.set(Many())) == [("switch", "the context variable mine")]
        assert changed(lambda: MINE.set(Many())) == [("switch", "the context variable mine")]
        assert changed(lambda: None) == []

    contextvars.copy_context().run(run)


def test_a_thread_that_goes_on():
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="worker-7")
    told = changed(thread.start, lambda _: (done.set(), thread.join()))
    assert told == [("thread", "threads left running: worker-7")]
    assert changed(lambda: [one.start() or one.join() for one in [threading.Thread(target=int)]]) == []


def test_what_was_put_back_is_not_told(tmp_path):
    def all_of_it():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
        with decimal.localcontext() as context:
            context.prec = 3
        folder = os.getcwd()
        os.chdir(tmp_path)
        os.chdir(folder)
        decimal.Decimal(1) / 3

    assert changed(all_of_it) == []


def test_numpy():
    np = pytest.importorskip("numpy")
    old = np.geterr()
    assert changed(lambda: np.seterr(divide="raise"), lambda _: np.seterr(**old)) == [("switch", "numpy.seterr")]
    assert changed(lambda: (np.seterr(divide="raise"), np.seterr(**old))) == []
    options = np.get_printoptions()["precision"]
    assert changed(lambda: np.set_printoptions(precision=2), lambda _: np.set_printoptions(precision=options)) == [
        ("switch", "numpy.set_printoptions")
    ]


def test_pandas():
    pd = pytest.importorskip("pandas")
    told = changed(lambda: pd.set_option("display.max_rows", 7), lambda _: pd.reset_option("display.max_rows"))
    assert told == [("switch", "pandas options")]

    def put_back():
        with pd.option_context("display.max_rows", 7):
            pass

    assert changed(put_back) == []


def test_scikit_learn():
    sklearn = pytest.importorskip("sklearn")
    told = changed(lambda: sklearn.set_config(display="text"), lambda _: sklearn.set_config(display="diagram"))
    assert told == [("switch", "the scikit-learn configuration")]


def test_pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.close("all")
    assert not switches.in_use("matplotlib.pyplot.plot")
    assert changed(lambda: plt.close(plt.figure())) == []
    assert changed(plt.figure) == [("gui", "pyplot figures left open")]
    assert switches.in_use("matplotlib.pyplot.plot")
    assert changed(lambda: plt.close("all")) == [("gui", "pyplot figures closed or exchanged")]
    told = changed(lambda: plt.rcParams.update({"lines.linewidth": 9}), lambda _: plt.rcdefaults())
    assert told == [("switch", "matplotlib.rcParams['lines.linewidth']")]
    with plt.rc_context():
        pass


def test_a_library_that_comes_in_between_is_compared_with_how_it_came(program):
    script = (
        "observe = Observed()\n"
        "from hitsave_trace.taps import switches\n"
        "def use():\n"
        "    import matplotlib, sklearn\n"
        "    if LOUD:\n"
        "        matplotlib.rcParams['lines.linewidth'] = 9\n"
        "        sklearn.set_config(display='text')\n"
        "before = switches.switches()\n"
        "observe(use)\n"
        "print([one for one in switches.differences(before, switches.switches()) if one[1] != 'warnings.filters'])\n"
    )
    assert program("LOUD = False\n" + script) == "[]\n"
    assert program("LOUD = True\n" + script) == (
        "[('switch', \"matplotlib.rcParams['lines.linewidth']\"), ('switch', 'the scikit-learn configuration')]\n"
    )


def test_named_loggers(observe):
    logger = logging.getLogger("a named one")
    handler = logging.StreamHandler(io.StringIO())
    assert observe.reasons(logger.addHandler, logging.NullHandler()) == []
    assert observe.reasons(logger.addHandler, handler) == [("switch", "logging.getLogger('a named one').addHandler")]
    assert observe.reasons(logger.setLevel, 10) == [("switch", "logging.getLogger('a named one').setLevel")]
    assert observe.reasons(logger.setLevel, 10) == []
    logger.removeHandler(handler)
