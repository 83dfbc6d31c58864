"""Words for the processes and connections that a call started: what a reason names, short and without secrets.

A command line or an address may hold a password, so only the program, or the host, is told.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    Arguments = tuple[object, ...]

PROCESS_EVENTS = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile",
    "pty.spawn", "os.kill", "os.killpg",
)  # fmt: skip
NETWORK_EVENTS = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
    "socket.gethostname", "socket.getnameinfo", "socket.getservbyname", "socket.sendto", "socket.sendmsg",
    "socket.sethostname", "http.client.connect", "urllib.Request", "ftplib.connect", "smtplib.connect", "imaplib.open",
    "poplib.connect", "nntplib.connect", "telnetlib.Telnet.open",
)  # fmt: skip
# Asking which port `http` has is no network; making a socket is none either (an event loop makes a pair of them).
_LIMIT = 80


# Libraries that ask a program of the system how many cores there are.
_ABOUT_THE_MACHINE = frozenset(("joblib.externals.loky.backend.context", "loky.backend.context"))


def asks_about_machine(frame: FrameType | None) -> bool:
    """Whether a process is started only to ask about the machine, on which nothing depends here."""
    for _ in range(6):
        if frame is None:
            return False
        if frame.f_globals.get("__name__") in _ABOUT_THE_MACHINE:
            return "-packages" + os.sep in frame.f_code.co_filename
        frame = frame.f_back
    return False


def _first_word(value: object) -> str:
    """The program of a command line given as text, list or path."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    try:
        text = os.fsdecode(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    return os.path.basename(text.split(maxsplit=1)[0])[:_LIMIT] if text.strip() else ""


def process_words(event: str, arguments: Arguments) -> str:
    """Name the program of a process event: `subprocess.Popen: git`."""
    program = ""
    if (
        event in {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn"}
        and arguments
    ):
        program = _first_word(arguments[0])
        if event == "subprocess.Popen" and len(arguments) > 1:
            program = _first_word(arguments[1]) or program
    elif event == "os.spawn" and len(arguments) > 1:
        program = _first_word(arguments[1])
    return f"{event}: {program}" if program else event


def network_words(event: str, arguments: Arguments) -> str | None:
    """Name the host of a network event: `socket.connect: example.org:443`. None for what needs no network."""
    if event == "urllib.Request":
        address = str(arguments[0]) if arguments else ""
        scheme, _, rest = address.partition("://")
        if scheme in {"file", "data"} or address.startswith("data:"):
            return None
        return f"urllib.request: {rest.partition('/')[0].rpartition('@')[2][:_LIMIT]}"
    if event in {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}:
        peer = arguments[1] if len(arguments) > 1 else None
        if isinstance(peer, tuple) and len(peer) >= 2:
            return f"{event}: {str(peer[0])[:_LIMIT]}:{peer[1]}"
        return event
    if event == "http.client.connect" and len(arguments) > 2:
        return f"{event}: {str(arguments[1])[:_LIMIT]}:{arguments[2]}"
    if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"} and arguments:
        return f"{event}: {str(arguments[0])[:_LIMIT]}"
    return event
