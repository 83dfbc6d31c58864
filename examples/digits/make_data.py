"""Write digits.csv: scikit-learn's 8x8 digits, one image a row, label last."""

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_digits

digits = load_digits()
table = pd.DataFrame(digits.data.astype(int), columns=[f"p{i}" for i in range(64)])
table["label"] = digits.target
table.to_csv(Path(__file__).parent / "digits.csv", index=False)
print(f"wrote {len(table)} digits")
