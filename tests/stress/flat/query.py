import numpy as np
import pandas as pd

pd.set_option("display.width", 100)
limit = 3
df = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": list("vwxyz"), "c": np.linspace(0, 1, 5)})
picked = df.query("a > @limit")
print(picked, len(picked))
limit = 1
print(len(df.query("a > @limit and b != 'z'")))
df.eval("d = a * c", inplace=True)
values = df.to_numpy()
col = df["c"].to_numpy()
frozen = df["c"].copy()
print(values.shape, col.flags.writeable)
df.loc[2, "c"] = -1
print(col, frozen.tolist())
raw = np.arange(10.0).reshape(5, 2)
wrap = pd.DataFrame(raw, columns=["x", "y"], copy=False)
raw[0, 0] = 50
wrap.loc[1, "y"] = 60
print(wrap, raw[:2])
ser = pd.Series(raw[:, 1], copy=False)
part = ser[1:3]
raw *= 2
print(ser.tolist(), part.tolist(), wrap["x"].tolist())
rows = {i: r for i, r in df.iterrows()}
rows[0]["a"] = 99
print(rows[0].tolist(), df.loc[0, "a"])
parts = [g for _, g in df.groupby(df["a"] % 2)]
parts[0]["a"] = 0
print(parts[0].shape, df["a"].tolist())
joined = pd.concat(parts).sort_index()
joined.columns.name = "cols"
print(joined.columns.name, df.columns.name, joined.index is df.index)
idx = df.index
df.index = df.index + 10
print(idx[0], df.index[0])
names = df.columns
df.columns = [n.upper() for n in df.columns]
print(list(names), list(df))
df["L"] = [[n] for n in range(5)]
lists = df["L"].tolist()
lists[0].append("in the frame")
shallow = df.copy()
deep = df.copy(deep=True)
lists[1].append("shared")
print(shallow["L"].tolist(), deep["L"].iloc[1], df["L"].iloc[0])
counts = {}
df.apply(lambda r: counts.update({r["B"]: r["A"]}), axis=1)
df["A"] = df["A"].map(lambda v: v * limit)
limit = 7
print(counts, df["A"].sum(), df["A"].map(lambda v: v * limit).sum())
styles = df["B"].astype("category")
codes = styles.cat.codes
styles = styles.cat.rename_categories(str.upper)
print(styles.tolist(), codes.tolist())
it = df.itertuples()
first = next(it)
df["A"] = 0
print(first.A, [r.A for r in it])
with pd.ExcelWriter("x.xlsx") if False else open("x.txt", "w") as f:
    df[["A", "B"]].to_string(f)
print(open("x.txt").read().split()[:4], pd.get_option("display.width"))
pd.reset_option("display.width")
g = df.groupby("B")
df["C"] = 1.0
print(g["C"].sum().tolist(), g.ngroups)
