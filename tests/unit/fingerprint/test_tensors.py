"""Tensors, modules and optimisers of torch, where it is installed."""

import pickle

import pytest

torch = pytest.importorskip("torch")

from hitsave_trace.fingerprint.before import Before  # noqa: E402
from hitsave_trace.fingerprint.forms import form_of  # noqa: E402
from hitsave_trace.fingerprint.values import LARGE, Unfingerprintable, Walk, fingerprint  # noqa: E402


def same(one, other):
    return fingerprint(one) == fingerprint(other)


def test_tensors_are_their_elements_and_what_can_be_told_of_them():
    x = torch.arange(6.0).reshape(2, 3)
    assert same(x, x.clone())
    assert not same(x, x + 1)
    assert not same(x, x.double())
    assert not same(x, x.reshape(3, 2))
    assert not same(x, x.t().contiguous().t())
    assert not same(x, x.clone().requires_grad_())
    assert not same(torch.tensor(0.0), torch.tensor(-0.0))
    assert same(torch.zeros(3, dtype=torch.bfloat16), torch.zeros(3, dtype=torch.bfloat16))
    assert not same(torch.zeros(2, dtype=torch.complex64), torch.ones(2, dtype=torch.complex64))
    assert not same([x, x], [x, x.clone()])
    assert not same([x, x[0]], [x, x[0].clone()])


def test_a_gradient_counts_and_a_computation_has_no_form():
    x = torch.ones(3, requires_grad=True)
    y = torch.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    assert not same(x, y)
    with pytest.raises(Unfingerprintable, match="differentiated"):
        fingerprint(x * 2)


@pytest.mark.parametrize("value", [torch.float32, torch.device("cpu"), torch.Size([2, 3]), torch.channels_last])
def test_words_of_torch(value):
    assert same(value, pickle.loads(pickle.dumps(value)))
    assert not same(value, torch.float64)


def test_tensors_and_generators_are_set_in_place():
    x, y = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    (x * x).sum().backward()
    with torch.no_grad():
        x += 1
    form = form_of(torch.Tensor)
    form.put(y, form.take(x))
    assert same(x, y)
    one, other = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)
    form = form_of(torch.Generator)
    form.put(other, form.take(one))
    assert same(one, other)


def test_modules_and_optimisers():
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    optimiser = torch.optim.Adam(net.parameters())
    assert same(net, pickle.loads(pickle.dumps(net)))
    before = fingerprint((net, optimiser))
    net(torch.ones(1, 2)).sum().backward()
    after = fingerprint((net, optimiser))
    optimiser.step()
    assert len({before, after, fingerprint((net, optimiser))}) == 3


def test_large_tensors_that_were_changed_are_found():
    """Also one whose elements are as they were, and that has a gradient now."""
    model = torch.nn.Linear(LARGE, 2)
    walk = Walk()
    walk.fingerprint(model)
    before = Before(walk, model)
    weight = next(i for i, thing in enumerate(before.objects) if thing is model.weight)
    (model.weight * model.weight).sum().backward()
    assert weight in [position for position, _ in before.changed(range(len(before.objects)))]
    with torch.no_grad():
        model.weight += 1
    assert weight in [position for position, _ in before.changed(range(len(before.objects)))]
