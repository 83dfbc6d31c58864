"""A small neural network, trained by stochastic gradient descent."""

import numpy as np

import activations


class Network:
    """One hidden layer and a softmax."""

    momentum = 0.9

    def __init__(self, hidden, learning_rate, activation, seed):
        self.hidden = hidden
        self.learning_rate = learning_rate
        self.activation = activation
        self.seed = seed
        self.losses = []

    def fit(self, x, y, epochs, batch):
        rng = np.random.default_rng(self.seed)
        classes = int(y.max()) + 1
        self.w1 = rng.normal(0, np.sqrt(2 / x.shape[1]), (x.shape[1], self.hidden))
        self.b1 = np.zeros(self.hidden)
        self.w2 = rng.normal(0, np.sqrt(2 / self.hidden), (self.hidden, classes))
        self.b2 = np.zeros(classes)
        speeds = [np.zeros_like(p) for p in self.parameters()]
        targets = np.eye(classes)[y]
        for epoch in range(epochs):
            order = rng.permutation(len(x))
            total = 0.0
            for start in range(0, len(x), batch):
                rows = order[start : start + batch]
                loss, gradients = self.gradients(x[rows], targets[rows])
                total += loss * len(rows)
                for parameter, speed, gradient in zip(self.parameters(), speeds, gradients):
                    speed *= self.momentum
                    speed -= self.learning_rate * gradient
                    parameter += speed
            self.losses.append(total / len(x))
            if (epoch + 1) % 10 == 0:
                print(f"    epoch {epoch + 1:3d}  loss {self.losses[-1]:.4f}")

    def parameters(self):
        return [self.w1, self.b1, self.w2, self.b2]

    def forward(self, x):
        act = getattr(activations, self.activation)
        hidden, slope = act(x @ self.w1 + self.b1)
        return hidden, slope, softmax(hidden @ self.w2 + self.b2)

    def gradients(self, x, targets):
        hidden, slope, probabilities = self.forward(x)
        loss = -np.mean(np.log((probabilities * targets).sum(axis=1) + 1e-12))
        error = (probabilities - targets) / len(x)
        back = (error @ self.w2.T) * slope
        return loss, [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]

    def predict(self, x):
        return self.forward(x)[2].argmax(axis=1)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def train(x, y, hidden, learning_rate, epochs, batch, activation="relu", seed=0):
    """A trained network."""
    print(f"training: hidden {hidden}, learning rate {learning_rate}, seed {seed}")
    network = Network(hidden, learning_rate, activation, seed)
    network.fit(x, y, epochs, batch)
    return network
