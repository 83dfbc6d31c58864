"""Processes and connections make a call unsaved; the reason names the program or the host and no more."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest


def refused():
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 9), 0.2)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (lambda: subprocess.run(["true", "--password=x"], check=True), ("process", "subprocess.Popen: true")),
        (lambda: subprocess.check_output("true secret", shell=True), ("process", "subprocess.Popen: sh")),
        (lambda: os.system("true secret"), ("process", "os.system: true")),
        (lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0), ("process", "os.posix_spawn: true")),
        (refused, ("network", "socket.connect: 127.0.0.1:9")),
        (socket.gethostname, ("network", "socket.gethostname")),
    ],
)
def test_the_reason(observe, use, reason):
    assert reason in observe.reasons(use)


def test_an_event_loop_is_no_network(observe):
    async def nothing():
        return 1

    assert observe.reasons(lambda: asyncio.run(nothing())) == []


def test_a_forked_and_a_spawned_worker(program):
    printed = program(
        "import multiprocessing as mp\n"
        "def main():\n"
        "    observe = Observed()\n"
        "    for method in 'fork', 'spawn':\n"
        "        def use():\n"
        "            worker = mp.get_context(method).Process(target=int)\n"
        "            worker.start(); worker.join()\n"
        "        print({slug for slug, _ in observe.reasons(use)})\n"
        "if __name__ == '__main__':\n"
        "    main()\n",
        *(("-W", "ignore::DeprecationWarning") if sys.platform == "linux" else ()),
    )
    assert printed == "{'process'}\n{'process'}\n"


def test_the_working_directory(observe, tmp_path):
    assert observe.reasons(os.chdir, tmp_path) == [("directory-changed", "os.chdir")]
    assert observe(os.getcwd) == [("working_directory",)]
