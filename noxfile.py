"""The suite on each supported interpreter, each in a virtual environment of its own.

`nox` runs the fast suite on all of them; `nox -s slow` the rest: the full-size example and what takes minutes.
"""

import os
import shutil
import tempfile

import nox

PYTHONS = ["3.11", "3.12", "3.13"]

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"
# A machine of a developer may lack an interpreter; where the result decides, a lack is a failure.
nox.options.error_on_missing_interpreters = bool(os.environ.get("CI"))


def add(session: nox.Session, *what: str) -> None:
    """Install packages into the session's environment."""
    session.run_install("python", "-m", "pip", "--disable-pip-version-check", "-qq", "install", *what)


def install(session: nox.Session) -> None:
    """Install this tree as users get it, with what its tests need, and try the command away from the tree."""
    add(session, ".[test,example]")
    with tempfile.TemporaryDirectory() as folder, session.chdir(folder):
        with open("program.py", "w", encoding="utf-8") as program:
            program.write("def work(x):\n    return sum(range(x))\n\nwork(1_000_000)\n")
        session.run("hitsave", "--version")
        session.run("hitsave", "run", "--store", "store", "program.py")
    # Tests start this tree thousands of times, in environments that write no bytecode.
    session.run("python", "-m", "compileall", "-q", "hitsave", "hitsave_trace")


SAME_EVERYWHERE = (
    "tests/contracts", "tests/unit/cli", "tests/unit/report", "tests/unit/store", "tests/unit/fingerprint", "tests/unit/memo",
    "tests/properties", "tests/test_example_digits.py",
)  # fmt: skip
"""What takes long, or only reads what runs have left: the oldest and the newest interpreter are enough for these."""


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the fast suite; on interpreters between the oldest and the newest without what is the same everywhere.

    Where `make test` has just run all of it on this interpreter (`ALREADY_TESTED`), only what is installed is tried.
    """
    install(session)
    if session.python == os.environ.get("ALREADY_TESTED"):
        session.run("python", "-m", "pytest", "-q", "-n", "3", "tests/contracts", "tests/test_transparency.py")
        return
    left_out = [] if session.python == PYTHONS[-1] else [f"--ignore={name}" for name in SAME_EVERYWHERE]
    session.run(
        "python", "-m", "pytest", "-q", "-n", "3", "--dist", "worksteal", "-m", "not slow", *left_out, *session.posargs
    )


@nox.session(python=PYTHONS)
def slow(session: nox.Session) -> None:
    """Run what takes minutes: the full-size example among it."""
    install(session)
    session.run("python", "-m", "pytest", "-q", "-m", "slow", *session.posargs)


@nox.session(python=PYTHONS)
def stress(session: nox.Session) -> None:
    """Edit programs of others by machine and run their scripts; what is given after `--` goes to the mutation test."""
    install(session)
    add(session, "-r", "tests/stress/requirements.txt")
    session.run("python", "-m", "tests.stress.mutation", *session.posargs)
    session.run("python", "-m", "tests.stress.scripts")


@nox.session(python=PYTHONS)
def causes(session: nox.Session) -> None:
    """Edit programs of others by machine, and see whether `hitsave why` names the edit; what is given after `--` goes to the test."""
    install(session)
    add(session, "-r", "tests/stress/requirements.txt")
    session.run("python", "-m", "tests.stress.causes", *session.posargs)


@nox.session(python=PYTHONS)
def generated(session: nox.Session) -> None:
    """Make programs by chance and edit each of their constants; what is given after `--` goes to the test."""
    install(session)
    session.run("python", "-m", "tests.stress.generated", *session.posargs)


@nox.session(python=PYTHONS)
def flat(session: nox.Session) -> None:
    """Edit flat scripts by machine, statements and calls of libraries switched on; what is given after `--` goes to the test."""
    install(session)
    add(session, "scipy")
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    session.run("python", "-m", "tests.stress.flat", "--reduce", *session.posargs, env=one_thread)


# What the scripts of the galleries import, besides what their distributions are.
LIBRARIES = [
    "scikit-learn", "matplotlib", "statsmodels", "lifelines", "xarray", "sympy", "networkx", "scikit-image", "simpy",
    "python-constraint", "pyparsing", "seaborn", "pot", "imbalanced-learn", "deap", "lmfit", "hmmlearn", "pulp", "control",
    "emcee", "mpmath", "tqdm", "pywavelets", "pooch", "tslearn", "cvxopt", "igraph", "mapie",
]  # fmt: skip
# What the suites of others need, besides pytest.
OF_SUITES = ["hypothesis", "cloudpickle", "freezegun", "pretend", "mock", "dill", "trio", "networkx", "numpy"]


def fetch(session: nox.Session, listed: str) -> str:
    """Fetch and unpack the source distributions that a list names, each once; give the folder."""
    folder = os.path.abspath(os.path.join(session.cache_dir, "sources"))
    os.makedirs(folder, exist_ok=True)
    with open(listed, encoding="utf-8") as file:
        releases = [line.split()[0] for line in file if line.strip() and not line.startswith("#")]
    there = {name.lower().replace("-", "_") for name in os.listdir(folder)}
    for release in releases:
        if release.lower().replace("==", "-").replace("-", "_") in there:
            continue
        with tempfile.TemporaryDirectory() as place:
            words = ["--no-deps", "--no-binary", release.partition("==")[0], "-d", place, release]
            session.run(
                "python", "-m", "pip", "--disable-pip-version-check", "-q", "download", *words, success_codes=[0, 1]
            )
            for archive in os.listdir(place):
                shutil.unpack_archive(os.path.join(place, archive), folder)
    return folder


@nox.session(python="3.11")
def gallery(session: nox.Session) -> None:
    """Run the scripts of other projects' galleries plain and under HitSave, and edit them by machine."""
    install(session)
    add(session, *LIBRARIES)
    folder = fetch(session, "tests/stress/gallery.txt")
    session.run("python", "-m", "tests.stress.gallery", folder, *session.posargs)


@nox.session(python=PYTHONS)
def suites(session: nox.Session) -> None:
    """Run the test suites of other projects plain and under HitSave."""
    install(session)
    add(session, *OF_SUITES)
    folder = fetch(session, "tests/stress/suites.txt")
    session.run("python", "-m", "tests.stress.suites", folder, *session.posargs)


@nox.session(python=PYTHONS)
def native(session: nox.Session) -> None:
    """Read and write files by libraries that open them in native code, with a preloaded library as the witness; compilers."""
    install(session)
    add(session, "-r", "tests/stress/native.txt")
    session.run(
        "python", "-m", "pytest", "-q", "-m", "slow", "tests/stress/native", "tests/test_compilers.py", *session.posargs
    )


@nox.session(python=PYTHONS)
def verify(session: nox.Session) -> None:
    """Run all pages with `hitsave run --verify`: nothing that is stored may differ from what plain Python computes."""
    install(session)
    session.run(
        "python", "-m", "pytest", "-q", "-n", "3", "tests/cases", *session.posargs, env={"HITSAVE_CASES_VERIFY": "1"}
    )
