import io

import numpy as np
import pandas as pd

raw = """name,score,group
ann,3.5,x
bob,,y
cid,9.25,x
dee,1,z
eve,4,y
"""
with open("raw.csv", "w") as f:
    f.write(raw)
df = pd.read_csv("raw.csv")
other = pd.read_csv(io.StringIO(raw), usecols=["name", "group"])
print(df.equals(other), df["score"].sum())
frames = {}
for g in df["group"].unique():
    frames[g] = df[df["group"] == g]
frames["x"].insert(0, "rank", [1, 2])
print({g: f.shape for g, f in frames.items()}, df.shape)
df["score"] = df.groupby("group")["score"].transform(lambda s: s.fillna(s.mean()))
df["z"] = (df["score"] - df["score"].mean()) / df["score"].std()
print(df.round(3))
rows = []
for i, row in df.iterrows():
    row["score"] = -1
    rows.append({"i": i, "n": row["name"].upper()})
print(pd.DataFrame(rows), df["score"].min())
keep = df
df = df.rename(columns={"score": "points"})
df["points"] += 100
keep["points"] = 0
print(list(keep), df["points"].tolist())
df.index = list("pqrst")
df.loc["new"] = ["fay", 1.0, "x", 0.0]
df.loc[["p", "q"], "group"] = "w"
print(df, keep["group"].tolist())
m = df[["points", "z"]].to_numpy()
m[0] = 0
print(df.iloc[0, 1], m.sum().round(4))
arr = np.ones((2, 2))
wrap = pd.DataFrame(arr, copy=False)
arr[0, 0] = 42
print(wrap.iloc[0, 0], np.shares_memory(arr, wrap.to_numpy()))
counts = pd.crosstab(df["group"], df["points"] > 100)
df = df.query("points > 50").set_index("name")
df.to_csv("out.csv", float_format="%.2f")
print(counts, open("out.csv").read())
bins = pd.cut(df["points"], [0, 103, 105, 200], labels=["low", "mid", "high"])
df["bin"] = bins
df.sort_index(ascending=False, inplace=True)
print(bins.tolist(), df["bin"].tolist(), df.attrs)
multi = df.set_index("group", append=True)["points"].unstack()
df.attrs["made"] = "here"
multi.iloc[0, 0] = 1
print(multi.fillna(-1), df.loc["eve", "points"])
