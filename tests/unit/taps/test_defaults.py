"""What torch goes by, read and set."""

import pytest

from hitsave_trace.taps.defaults import set_torch_defaults, torch_defaults

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def as_it_was():
    before = torch_defaults(torch)
    yield
    set_torch_defaults(before)


CHANGES = {
    "type": lambda: torch.set_default_dtype(torch.float64),
    "gradients": lambda: torch.set_grad_enabled(False),
    "determinism": lambda: torch.use_deterministic_algorithms(True),
    "determinism with warnings": lambda: torch.use_deterministic_algorithms(True, warn_only=True),
    "benchmark": lambda: setattr(torch.backends.cudnn, "benchmark", True),
    "cudnn": lambda: setattr(torch.backends.cudnn, "deterministic", True),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_seen_and_can_be_set(name):
    before = torch_defaults(torch)
    CHANGES[name]()
    after = torch_defaults(torch)
    set_torch_defaults(before)

    assert after != before
    assert torch_defaults(torch) == before
    set_torch_defaults(after)
    assert torch_defaults(torch) == after
