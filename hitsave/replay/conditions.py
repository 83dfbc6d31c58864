"""Under which conditions a run begins: what holds for all that a program does, whether it asks for it or not.

Looked at by the process that the user started, before it decides anything, and handed to the process that runs the
program: so what is kept and what is compared are looked at in the same way, at the same moment of a run.

The *name* of a run is what is run: the interpreter, its flags, the command line and the working directory. Runs of
another name are other runs. What is compared with each kept run of the name are the *conditions*, each with a text for
people: the environment that native code and the interpreter read by themselves, where modules are looked for, the
terminal, the machine.
"""

from __future__ import annotations

import os
import sys
from stat import S_ISCHR

from xxhash import xxh3_128_digest

from hitsave import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.config import Settings
    from hitsave.options import Options

FORMAT = 1
"""Counts up when a kept run means something else. Runs of another format have another name."""

_READ_BY_ITSELF = (
    "PYTHON", "LC_", "LANG", "TZ", "OMP_", "MKL_", "OPENBLAS_", "GOTO_", "BLIS_", "VECLIB_", "NUMEXPR_", "KMP_", "NUMBA_",
    "LD_", "DYLD_", "MALLOC_", "GLIBC_", "CUDA_", "NVIDIA_", "CUBLAS_", "TORCH_", "PYTORCH_", "TF_", "XLA_", "JAX_", "HF_",
    "ARROW_", "POLARS_", "HDF5_", "GDAL_", "PROJ_", "HIP_", "ROCM_", "MPL", "JOBLIB_", "LOKY_", "SKLEARN_", "SETUPTOOLS_",
)  # fmt: skip
"""Variables that are read by native code, or before a program starts: by how they begin."""

Conditions = dict[str, str]


def name_of(head: list[str], options: Options) -> bytes:
    """The name under which runs like this one are kept."""
    told = (FORMAT, __version__, sys.version, sys.executable, head, options.program(), os.getcwd())
    return xxh3_128_digest(repr(told).encode("utf-8", "surrogatepass"))


def prevented() -> str | None:
    """What about this interpreter makes it pointless to keep a run, or wrong; None if nothing."""
    flags = sys.flags
    if flags.inspect or flags.interactive:
        return "-i"
    if flags.verbose or "importtime" in sys._xoptions or os.environ.get("PYTHONDUMPREFS"):
        return "-v"
    if flags.ignore_environment:
        return "-E"  # then the order of sets is another one each time
    return None


def conditions(settings: Settings) -> Conditions:
    """Everything that is compared, in the order in which it is compared."""
    flags = sys.flags
    told = {
        "interpreter flags": repr((tuple(flags), sorted(sys._xoptions.items()), sys.warnoptions)),
        "settings of HitSave": repr((settings.trace, settings.clocks)),
        "machine": repr(_machine()),
        "umask": oct(_umask()),
        "terminal": repr([_stream(number) for number in (0, 1, 2)]),
        "time zone": _time_zone(),
        "import path": repr(sys.path),  # without the place of the program (`hitsave.start`)
    }
    for name, value in sorted(os.environ.items()):
        if name.startswith(_READ_BY_ITSELF):
            told["env " + name] = value
    return told


def _machine() -> tuple[object, ...]:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not hasattr(os, "uname"):
        return (cpus,)
    system = os.uname()
    return system.sysname, system.nodename, system.release, system.machine, cpus, os.getuid(), os.getgid()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _stream(number: int) -> tuple[object, ...]:
    """What a program can see of a standard stream: whether it is there and a terminal, how large, how it is buffered."""
    try:
        found = os.fstat(number)
    except OSError:
        return ("closed",)
    block = found.st_blksize if number else 0
    if S_ISCHR(found.st_mode) and os.isatty(number):
        try:
            return "terminal", block, tuple(os.get_terminal_size(number))
        except OSError:
            return "terminal", block
    return "no terminal", block


def _time_zone() -> str:
    try:
        found = os.stat("/etc/localtime")
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"
