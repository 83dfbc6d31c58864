"""What torch goes by, read and set: the type of numbers, gradients, threads, and whether it is to give the same every time."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything

    Defaults = tuple[str, bool, bool, bool, bool, bool, int]


def torch_defaults(torch: Anything) -> Defaults:
    """Read what torch goes by now; the number of threads, which results don't depend on, comes last."""
    cudnn = torch.backends.cudnn
    return (
        str(torch.get_default_dtype()),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        cudnn.benchmark,
        cudnn.deterministic,
        torch.get_num_threads(),
    )


def set_torch_defaults(wanted: Defaults) -> None:
    """Let torch go by what a call left. What is so already is left alone."""
    torch: Anything = sys.modules["torch"]
    now = torch_defaults(torch)
    kind, gradients, same, warns, benchmark, deterministic, threads = wanted
    if kind != now[0]:
        torch.set_default_dtype(getattr(torch, kind.removeprefix("torch.")))
    if gradients != now[1]:
        torch.set_grad_enabled(gradients)
    if (same, warns) != now[2:4]:
        torch.use_deterministic_algorithms(same, warn_only=warns)
    if (benchmark, deterministic) != now[4:6]:
        torch.backends.cudnn.benchmark = benchmark
        torch.backends.cudnn.deterministic = deterministic
    if threads != now[6]:
        torch.set_num_threads(threads)
