import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.tree import DecisionTreeClassifier

np.random.seed(5)
X = np.random.rand(90, 5)
y = (X[:, 0] * 3).astype(int)
X[:, 1] = y + np.random.normal(0, 0.4, 90)
pipe = make_pipeline(MinMaxScaler(), DecisionTreeClassifier(max_depth=2, random_state=0))
steps = dict(pipe.named_steps)
print(cross_val_score(pipe, X, y, cv=3).round(4))
grid = GridSearchCV(pipe, {"decisiontreeclassifier__max_depth": [1, 3]}, cv=3)
grid.fit(X, y)
print(grid.best_params_, round(grid.best_score_, 4), hasattr(steps["minmaxscaler"], "data_max_"))
pipe.fit(X, y)
tree = pipe[-1]
print(tree.get_depth(), steps["decisiontreeclassifier"] is tree, tree.feature_importances_.round(3))
inertia = []
labels = {}
for k in range(2, 5):
    km = KMeans(n_clusters=k, n_init=2, random_state=k)
    labels[k] = km.fit_predict(X)
    inertia.append(round(float(km.inertia_), 4))
print(inertia, [np.bincount(l).tolist() for l in labels.values()])
km.cluster_centers_[:] = 0
pca = PCA(n_components=2).fit(X)
Z = pca.transform(X)
Z0 = Z[:5]
Z -= Z.mean(0)
print(pca.explained_variance_ratio_.round(4), abs(Z0).round(4)[0], np.random.rand())
votes = np.zeros(len(X), int)
for seed in range(4):
    picks = np.random.choice(len(X), 60)
    member = DecisionTreeClassifier(max_depth=3, random_state=seed)
    member.fit(X[picks], y[picks])
    votes += member.predict(X) == y
    print(seed, member.tree_.node_count, votes.min())
pipe.set_params(decisiontreeclassifier__max_depth=1)
print(pipe.fit(X[::2], y[::2]).score(X, y), tree.get_depth(), votes.sum())
