"""Builds the part that is written in C, if there is a compiler. Without it everything works, and some things take longer."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("hitsave_trace", "_in_c.c")


class Native(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles `SOURCE` beside itself for an editable install, and into the wheel otherwise."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Compile it before the files are gathered."""
        if self.target_name != "wheel":
            return
        source = Path(self.root, SOURCE)
        name = source.stem + (sysconfig.get_config_var("EXT_SUFFIX") or ".so")
        folder = source.parent if version == "editable" else Path(tempfile.mkdtemp(prefix="hitsave-build-"))
        built = compiled(source, folder / name)
        if built is None:
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version != "editable":
            build_data["force_include"] = {str(built): str(SOURCE.with_name(name))}


def compiled(source: Path, target: Path) -> Path | None:
    """Compile an extension module; None, with a word on stderr, where that can't be done."""
    told = sysconfig.get_config_var
    linker = shlex.split(os.environ.get("LDSHARED") or told("LDSHARED") or "cc -shared")
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    words = [*linker, "-O2", "-fPIC", "-I", sysconfig.get_path("include"), str(source), "-o", str(fresh)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        why = str(error)
    else:
        if done.returncode == 0:
            os.replace(fresh, target)
            return target
        why = (done.stderr.strip().splitlines() or ["it failed"])[-1]
    fresh.unlink(missing_ok=True)
    sys.stderr.write(f"hitsave is installed without the part that is written in C: {why}\n")
    return None
