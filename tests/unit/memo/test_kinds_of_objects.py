"""Objects of libraries as results: each kind has a fingerprint, and comes back from the store as what it was.

`docs/kinds-of-objects.md` shows the same table.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from hitsave.memo.results import Refused, take
from hitsave.store.pickles import load
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

X = [[0.0, 1.0], [1.0, 0.5], [2.0, 2.0], [3.0, 0.1], [4.0, 4.0], [5.0, 1.5]]
Y = [0, 1, 0, 1, 1, 0]


def _estimator(name: str, **settings: object) -> Callable[[], object]:
    def make() -> object:
        from sklearn.utils import all_estimators

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(all_estimators())[name](**settings).fit(X, Y)

    return make


def _from(module: str, source: str) -> Callable[[], object]:
    def make() -> object:
        names = {"m": pytest.importorskip(module), "X": X, "Y": Y, "np": pytest.importorskip("numpy")}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return eval(source, names)

    return make


KINDS: dict[str, Callable[[], object]] = {
    "sklearn LogisticRegression": _estimator("LogisticRegression"),
    "sklearn SVC": _estimator("SVC", random_state=0),
    "sklearn RandomForestClassifier": _estimator("RandomForestClassifier", n_estimators=5, random_state=0),
    "sklearn GradientBoostingClassifier": _estimator("GradientBoostingClassifier", n_estimators=5, random_state=0),
    "sklearn HistGradientBoostingClassifier": _estimator("HistGradientBoostingClassifier", max_iter=5),
    "sklearn KNeighborsClassifier": _estimator("KNeighborsClassifier", n_neighbors=2),
    "sklearn KMeans": _estimator("KMeans", n_clusters=2, n_init=1, random_state=0),
    "sklearn MLPClassifier": _estimator("MLPClassifier", max_iter=5, random_state=0),
    "sklearn GaussianProcessClassifier": _estimator("GaussianProcessClassifier"),
    "sklearn StandardScaler": _estimator("StandardScaler"),
    "sklearn Bunch": _from("sklearn.datasets", "m.load_iris()"),
    "scipy OptimizeResult": _from("scipy.optimize", "m.minimize(lambda v: (v ** 2).sum(), [1.0, 2.0])"),
    "scipy csr_matrix": _from("scipy.sparse", "m.csr_matrix(np.eye(3))"),
    "scipy coo_array": _from("scipy.sparse", "m.coo_array(np.eye(3))"),
    "scipy interp1d": _from("scipy.interpolate", "m.interp1d([0, 1, 2], [0, 1, 4])"),
    "scipy cKDTree": _from("scipy.spatial", "m.cKDTree(np.eye(3))"),
    "scipy ttest result": _from("scipy.stats", "m.ttest_ind([1, 2, 3], [2, 3, 5])"),
    "scipy frozen distribution": _from("scipy.stats", "m.norm(1, 2)"),
    "numpy Generator": _from("numpy.random", "m.default_rng(0)"),
    "numpy masked array": _from("numpy.ma", "m.masked_less([1, 2, 3], 2)"),
    "numpy masked array without a mask": _from("numpy.ma", "m.array([1.5, 2.0])"),
    "numpy structured array": _from("numpy", "m.zeros(3, dtype=[('a', 'i4'), ('b', 'f8')])"),
    "pandas DataFrame": _from("pandas", "m.DataFrame({'a': [1, 2], 's': ['x', None], 'c': m.Categorical(['u', 'v'])})"),
    "pandas Series with time zone": _from("pandas", "m.Series(m.date_range('2020', periods=3, tz='UTC'))"),
    "pandas MultiIndex": _from("pandas", "m.MultiIndex.from_product([[1, 2], ['a', 'b']])"),
    "pandas GroupBy": _from("pandas", "m.DataFrame({'a': [1, 1], 'b': [2, 3]}).groupby('a')"),
    "PIL Image": _from("PIL.Image", "m.new('RGB', (4, 4), 'red')"),
    "networkx Graph": _from("networkx", "m.karate_club_graph()"),
    "networkx DiGraph": _from("networkx", "m.DiGraph([(1, 2), (2, 3)])"),
    "sympy expression": _from("sympy", "m.integrate(m.sin(m.Symbol('x')) ** 2, m.Symbol('x'))"),
    "sympy equation": _from("sympy", "[m.Eq(m.Symbol('x') + 1, m.Symbol('y', positive=True)), m.Rational(1, 3), m.pi]"),
    "sympy function that is not defined": _from("sympy", "m.Function('f')(m.Symbol('x'))"),
    "sympy dummy": _from("sympy", "m.Dummy('d')"),
    "sympy Matrix": _from("sympy", "m.Matrix([[1, 2], [3, 4]])"),
    "polars DataFrame": _from("polars", "m.DataFrame({'a': [1, 2], 's': ['x', None]})"),
    "polars LazyFrame": _from("polars", "m.DataFrame({'a': [1, 2]}).lazy()"),
    "pyarrow Table": _from("pyarrow", "m.table({'a': [1, 2], 's': ['x', None]})"),
    "xarray DataArray": _from("xarray", "m.DataArray(np.eye(2), dims=('a', 'b'), coords={'a': [1, 2]})"),
    "xarray Dataset": _from("xarray", "m.Dataset({'v': ('t', [1.0, 2.0])}, attrs={'u': 'm'})"),
    "statsmodels OLS result": _from("statsmodels.api", "m.OLS(np.array([1.0, 2, 4]), m.add_constant([1, 2, 3])).fit()"),
}
SAVED = dict.fromkeys(KINDS, True) | dict.fromkeys(
    (
        "scipy cKDTree",
        "scipy frozen distribution",
        "polars LazyFrame",
        "sympy function that is not defined",
        "sympy dummy",
    ),
    False,
)
"""Whether a result of this kind is saved; if not, the call is unsaved, with a reason."""


def verdict(make: Callable[[], object]) -> str:
    value = make()
    assert Walk().fingerprint(value) == Walk().fingerprint(value)
    taken = take(value, ())
    before = Walk().fingerprint(value)
    again = load(taken.pickled.data, [bytearray(buffer) for buffer in taken.pickled.buffers], None)
    assert type(again) is type(value)
    assert Walk().fingerprint(again) == before
    return "saved"


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_object(name: str) -> None:
    if SAVED[name]:
        assert verdict(KINDS[name]) == "saved"
    else:
        with pytest.raises((Refused, Unfingerprintable)):
            verdict(KINDS[name])
