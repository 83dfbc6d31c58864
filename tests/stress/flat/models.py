import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

rng = np.random.RandomState(0)
X = rng.normal(size=(120, 4))
y = (X[:, 0] + 0.5 * X[:, 1] + rng.normal(scale=0.3, size=120) > 0).astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=1)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
print(scaler.mean_.round(4), X_train.shape)
model = LogisticRegression(C=0.5)
fitted = model.fit(X_train, y_train)
print(fitted is model, model.coef_.round(4), model.score(X_test, y_test))
scores = {}
best = None
for C in (0.01, 0.1, 1.0):
    model = LogisticRegression(C=C).fit(X_train, y_train)
    scores[C] = accuracy_score(y_test, model.predict(X_test))
    if best is None or scores[C] > scores[best.C]:
        best = model
    print(C, round(scores[C], 4))
print(best.C, best is fitted, scores)
best.intercept_ += 10
print(best.predict(X_test).mean(), fitted.intercept_.round(4))
models = [Ridge(alpha=a) for a in (0.1, 1, 10)]
for i, m in enumerate(models):
    m.fit(X_train, X_train[:, i] * 2 + y_train)
first = models[0]
first.set_params(alpha=100)
coefs = np.array([m.coef_ for m in models])
print(coefs.round(3), first.alpha)
first.fit(X_train, y_train)
coefs[0] = first.coef_
print(models[0].coef_.round(4), coefs[0, 0].round(4))
X_train[0] = 0
errors = []
for name, m in zip("abc", models):
    prediction = m.predict(X_test)
    errors.append((float(np.mean((prediction - y_test) ** 2).round(5)), name))
errors.sort()
print(errors, name, rng.randint(1000))
