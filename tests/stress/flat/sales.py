import numpy as np
import pandas as pd

rng = np.random.default_rng(1)
df = pd.DataFrame({
    "shop": rng.choice(["a", "b", "c"], 80),
    "item": rng.choice(["tea", "bun"], 80),
    "price": rng.integers(1, 20, 80).astype(float),
    "n": rng.integers(1, 5, 80),
})
df["total"] = df["price"] * df["n"]
same = df
print(df.head(3), df.shape)
by_shop = df.groupby("shop")["total"].sum()
print(by_shop)
price = df["price"]
df.loc[df["n"] == 4, "price"] = np.nan
print(price.isna().sum(), same["price"].isna().sum())
df["price"] = df["price"].fillna(df["price"].mean())
stats = df.groupby(["shop", "item"]).agg(mean=("price", "mean"), most=("n", "max"))
print(stats.round(3))
for shop, part in df.groupby("shop"):
    part["share"] = part["total"] / by_shop[shop]
    print(shop, len(part), part["share"].max().round(4), "share" in df)
names = pd.DataFrame({"shop": ["a", "b", "d"], "town": ["Oslo", "Voss", "Moss"]})
merged = df.merge(names, how="left", on="shop")
print(merged["town"].value_counts(dropna=False))
df.drop(columns="n", inplace=True)
print(list(same.columns), "n" in merged)
top = df.sort_values(["total", "price"], ascending=False).head(4).reset_index(drop=True)
top.iloc[0, 0] = "TOP"
print(top, df["shop"].eq("TOP").any())
wide = merged.pivot_table(index="shop", columns="item", values="total", aggfunc="sum", fill_value=0)
wide["all"] = wide.sum(axis=1)
wide.to_csv("wide.csv")
back = pd.read_csv("wide.csv", index_col=0)
print(back.equals(wide), back.loc["a", "all"] == wide.loc["a", "all"])
results = []
for factor in (0.5, 1, 2):
    changed = df.assign(total=df["total"] * factor)
    results.append(changed["total"].sum())
    df["total"] += 1
print(results, same["total"].sum())
df = df[df["total"] > 20]
print(len(df), len(same), df.index[:3].tolist())
