import pandas as pd

index = pd.date_range("2024-01-01", periods=90, freq="D")
s = pd.Series(range(90), index=index, name="v") % 7
t = s
view = s.iloc[10:20]
view.iloc[0] = 100
print(s.iloc[10], view.iloc[0])
s.iloc[5] = 50
print(t.iloc[5], t is s)
monthly = s.resample("MS").mean()
rolling = s.rolling(7).mean().dropna()
print(monthly.round(3).to_dict(), rolling.iloc[-1])
s = s.shift(1).fillna(0)
print(s.iloc[6], t.iloc[6], (s - t).abs().sum())
frame = pd.concat([s, t.rename("t")], axis=1)
frame["day"] = frame.index.day_name()
week = frame.groupby("day", sort=False)["v"].median()
print(week)
t.loc["2024-02"] = -1
print(frame.loc["2024-02", "t"].sum(), t.sum())
values = t.to_numpy()
try:
    values[0] = 999
except ValueError as error:
    print(error)
print(t.iloc[0])
cats = pd.Categorical(frame["day"], categories=["Monday", "Sunday"])
frame["cat"] = cats
print(frame["cat"].isna().sum(), frame.dtypes.astype(str).to_dict())
frame.columns = [c.upper() for c in frame.columns]
frame.index.name = "when"
subset = frame[["V", "T"]]
subset *= 2
frame.iloc[0, 0] = 12345
print(subset.iloc[0].tolist(), frame.iloc[0, 0])
melted = subset.reset_index().melt(id_vars="when").sort_values("value", kind="stable")
melted.to_json("melted.json", orient="records")
print(len(melted), melted["value"].iloc[[0, -1]].tolist(), pd.read_json("melted.json").shape)
best = None
for column in subset:
    if best is None or subset[column].std() > subset[best].std():
        best = column
    subset[column].iloc[0:1]
print(best, column, subset.columns.get_loc(best))
text = pd.Series(["a-1", "b-22", None, "c"])
parts = text.str.split("-", expand=True)
parts[1] = pd.to_numeric(parts[1])
text[3] = "zzz"
print(parts, text.str.len().tolist(), parts.iloc[3, 0])
with pd.option_context("display.max_rows", 5):
    print(frame["V"])
pd.set_option("display.precision", 2)
print(monthly)
