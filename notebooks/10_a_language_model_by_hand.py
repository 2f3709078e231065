# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A language model by hand
#
# A language model does one thing: given what was written so far, it says how likely each next
# character is. Whoever can do that can also write: draw a character, append it, go on.
#
# We build four of them on the same data, first names:
#
# - a **table of counts**, without any learning;
# - one **layer of neurons**, which finds the same numbers by gradient descent;
# - **embeddings**: letters become points in the plane, and alike letters become neighbours;
# - a **recurrent network**, which reads a name letter by letter, and forgets: its gradients vanish,
#   and the engine says why.
#
# You need: training (notebook 4), softmax with cross-entropy (notebook 6). The next notebook
# builds a
# GPT.

# %%
import math
import random

import numpy as np

import autograd
import nn
from autograd import Value, why
from course import check, plots
from nn.data import load

# %% [markdown]
# ## 1. Characters are numbers
#
# The data are 5,163 first names of the 1990 census of the United States. A line end stands between
# two names; it is a character as any other, and saying where a name ends is part of the job.

# %%
names = load("names")
letters = names.vocabulary
print(names.lines[:8])
print(repr(letters), "-", len(letters), "characters")
print(names.encode("anna\n"), repr(names.decode([5, 13, 13, 1])))

# %% [markdown]
# A character as a number is called a **token**. In pictures a line end is a dot from here on.

# %%
shown = [letter.replace("\n", ".") for letter in letters]

# %% [markdown]
# ## 2. Counting
#
# The simplest model looks at one character only. How often does `b` follow `a`? Count all pairs of
# neighbours, which are called **bigrams**.

# %%
tokens = np.array(names.encode(names.text))
counts = np.zeros((27, 27))
np.add.at(counts, (tokens[:-1], tokens[1:]), 1)

plots.table(counts, "next character", "character", shown)

# %% [markdown]
# A row tells what follows a character. Divided by its sum it is a row of probabilities. A pair that
# never occurred would get the probability 0, and a name that holds it would be impossible; so we
# count every pair once more than it occurred.

# %%
smooth = counts + 1
p = smooth / smooth.sum(axis=1, keepdims=True)
likely = np.argsort(p[letters.index("q")])[::-1][:3]
print("after q:", ", ".join(f"{shown[i]} {p[letters.index('q'), i]:.0%}" for i in likely))

# %% [markdown]
# To write a name: start at a line end, draw what follows, stop at the next line end.


# %%
def write(next_probabilities, seed, most=20):
    """Return a name, each character drawn by the probabilities that follow those before."""
    rng = np.random.default_rng(seed)
    text = [0]
    while len(text) == 1 or (text[-1] != 0 and len(text) < most):
        text.append(int(rng.choice(27, p=next_probabilities(text))))
    return names.decode(text).strip()


print([write(lambda text: p[text[-1]], seed) for seed in range(8)])

# %% [markdown]
# Not good, but not nonsense either: compare with a model that knows nothing.

# %%
print([write(lambda text: np.full(27, 1 / 27), seed) for seed in range(4)])

# %% [markdown]
# How good is a model? Ask how **surprised** it is by the real names: the mean of $-\log p$ of each
# character that came. It is 0 for a model that knows the future and $\log 27$ for one that knows
# nothing.

# %%
weights = smooth / smooth.sum()  # how much each pair counts
counted = float(-(weights * np.log(p)).sum())
print(f"counting: {counted:.4f}, knowing nothing: {math.log(27):.4f}")

# %% [markdown]
# ## 3. The same by neurons
#
# Now forget how to count. A layer of 27 neurons without biases sees the character before as 27
# inputs, one of them 1, the others 0. So each neuron answers with one of its weights: the layer is
# a table of 27 x 27 numbers, the **logits**, and *softmax* makes probabilities of a row.
#
# Multiplying by 0 and 1 is a roundabout way to read a table. `nn.Embedding` is the same layer
# without it: it takes the token and returns the row.

# %%
table = nn.Embedding(27, 27, init="zeros")
print(table, "has", len(table.parameters()), "parameters")
row = table(names.encode("a")[0])
before = {round(q.data, 4) for q in autograd.softmax(row)}
print("probabilities before any learning:", before)

# %% [markdown]
# What does the gradient say? Each logit is pushed by **probability minus target** (notebook 6,
# section 2). Over the whole text these pushes add up to
# 0 exactly where the model's probability of a pair is its share among the pairs: the best table is
# the table of counts. Gradient descent should find it.
#
# Each of the 729 pairs is one example, and counts as often as it occurs (`sample_weight`). The
# learning rate falls with the step, by a function of our own.

# %%
X, y = np.divmod(np.arange(27 * 27), 27)
model = nn.Sequential(table, nn.Flatten())
adam = nn.Adam(model.parameters(), lr=0.5)
schedule = nn.LambdaLR(adam, lambda step: 0.5 * (1 + math.cos(math.pi * step / 400)))
history = nn.fit(
    model, X[:, None], y, optimizer=adam, schedule=schedule, epochs=400, batch_size=729,
    sample_weight=weights.ravel() * 729, progress=False,
)  # fmt: skip
print(f"by neurons {history.loss[-1]:.4f}, by counting {counted:.4f}")

# %%
learnt = np.array([autograd.softmax([z.data for z in row]) for row in table.weight])
print(f"largest difference between the two tables of probabilities: {np.abs(learnt - p).max():.1e}")
print([write(lambda text: learnt[text[-1]], seed) for seed in range(8)])

# %% [markdown]
# The same table, and so the same names. What counting knows at once has been *learnt*. That was
# hardly worth the trouble, if it were not for the next step: counting ends here. For all contexts
# of five characters there would be $27^5 = 14$ million rows, nearly all of them empty. Learning
# goes on.
#
# ## 4. Embeddings
#
# Look at three characters, not at one. To share what is learnt between contexts, each character
# becomes a point in the plane: an embedding of two numbers. Six numbers go into a hidden layer, and
# 27 logits come out (Bengio et al. 2003).

# %%
X, y = names.windows(3)
rng = random.Random(0)
plane = nn.Embedding(27, 2, rng=rng)
model = nn.Sequential(
    plane,
    nn.Flatten(),
    nn.Layer(6, 40, activation="tanh", rng=rng),
    nn.Linear(40, 27, rng=rng),
)
print(model, "-", len(model.parameters()), "parameters")
adam = nn.Adam(model.parameters(), lr=0.01)
schedule = nn.CosineAnnealingLR(adam, 8)
history = nn.fit(
    model, X, y[:, -1], optimizer=adam, schedule=schedule, epochs=8, batch_size=64, seed=0,
    progress=False,
)  # fmt: skip
print("surprise after each epoch:", " ".join(f"{loss:.3f}" for loss in history.loss))


# %%
def softmax(z):
    """Return the probabilities of an array of logits."""
    q = np.exp(z - z.max())
    return q / q.sum()


def by_embeddings(text):
    """Return the probabilities after a text, seen through its last three characters."""
    return softmax(nn.predict(model, [([0, 0, 0, *text])[-3:]])[0])


print([write(by_embeddings, seed) for seed in range(8)])

# %% [markdown]
# Where did the letters go? Nobody told the network what a vowel is.

# %%
points = [[v.data for v in row] for row in plane.weight]
plots.letters(shown, points, marked="aeiouy")

# %% [markdown]
# Vowels stand together, because similar letters come in similar contexts, and the network has only
# two numbers to say so.
#
# ## 5. A recurrent network, and what it forgets
#
# Three characters are not many. A **recurrent** network reads a name from left to right and keeps a
# state; each step makes the next state of the present one and of what is read:
#
# $$h_t = \tanh(W x_t + b + V h_{t-1} + c)$$
#
# The same weights at every step, so a name may have any length. Here is one with a state of a
# single number, and three steps of it:

# %%
cell = nn.RNNCell(1, 1, rng=1)
inputs = [Value(x, label=f"x{t}") for t, x in enumerate([1.0, -0.5, 0.8])]
h = None
for x in inputs:
    h = cell([x], h)
h[0].label = "h"
h[0].backward()
autograd.draw(h[0], names=dict(cell.named_parameters()))

# %% [markdown]
# The way from the first input to the last state leads through every step. Each multiplies the
# gradient by $V (1 - h_t^2)$, which is mostly smaller than 1: along a name of 20 letters a product
# of 20 small factors is left. Feed random letters to a layer of eight states and look at the
# gradient that reaches each of them, from the last state.


# %%
def gradients(layer, length=20):
    """Return the size of the last state's gradient with respect to each input."""
    rng = np.random.default_rng(0)
    inputs = [[Value(x) for x in row] for row in rng.normal(size=(length, 4))]
    answers, _ = layer(inputs)
    sum(v * v for v in answers[-1]).backward()
    return [math.hypot(*(v.grad for v in row)) for row in inputs]


sizes = {kind: gradients(getattr(nn, kind)(4, 8, rng=random.Random(0))) for kind in ("RNN", "LSTM")}
lstm = nn.LSTM(4, 8, rng=random.Random(0))
for forget in lstm.bias_ih_l0[8:16]:
    forget.data = 3.0
sizes["LSTM, told to remember"] = gradients(lstm)
curves = {f"o: {name}": (range(20, 0, -1), size) for name, size in sizes.items()}
plots.lines(curves, "steps before the end", "size of the gradient", log="y")

# %% [markdown]
# A straight line on a logarithmic axis: the gradient **vanishes** exponentially. What was read
# long ago has no say in how the weights move. An LSTM has a memory that is *added to* and
# multiplied by a gate of its own; where the gate is open (a bias of 3) gradients survive.
#
# Ask the engine about one number. The cell from above, forty steps:

# %%
first = Value(1.0, label="first")
h = cell([first])
for _ in range(39):
    h = cell([0.5], h)
why(first, h[0], names=locals())

# %% [markdown]
# ## 6. It reads names
#
# Enough of its weakness. An LSTM reads windows of eight characters and predicts the next one at
# each position. The model is a class of our own: what it holds is found, trained and saved.


# %%
class Reader(nn.Module):
    """Letters, an LSTM, and at each position the logits of the next letter."""

    def __init__(self, width, seed=0):
        rng = random.Random(seed)
        self.letters = nn.Embedding(27, 8, rng=rng)
        self.memory = nn.LSTM(8, width, rng=rng)
        self.head = nn.Linear(width, 27, rng=rng)

    def forward(self, tokens):
        answers, _ = self.memory(self.letters(tokens))
        return [z for answer in answers for z in self.head(answer)]


def surprise(logits, targets):
    """Return the mean of -log p over the positions of a window."""
    rows = [logits[i * 27 : (i + 1) * 27] for i in range(len(targets))]
    losses = [
        autograd.logsumexp(row) - autograd.take(row, target)
        for row, target in zip(rows, targets, strict=True)
    ]
    return sum(losses) / len(losses)


X, y = names.windows(8, stride=8)
reader = Reader(24)
adam = nn.Adam(reader.parameters(), lr=0.02)
schedule = nn.CosineAnnealingLR(adam, 5)
history = nn.fit(
    reader, X, y, loss=surprise, optimizer=adam, schedule=schedule, epochs=5, seed=0,
    progress=False,
)  # fmt: skip
print(f"{len(reader.parameters())} parameters, trained on {len(X)} windows of 8")
print("surprise after each epoch:", " ".join(f"{loss:.3f}" for loss in history.loss))


# %%
def by_reading(text):
    """Return the probabilities after a text, its last eight characters read."""
    window = text[-8:]
    logits = nn.predict(reader, [window + [0] * (8 - len(window))])[0]
    return softmax(logits.reshape(8, 27)[len(window) - 1])


print([write(by_reading, seed) for seed in range(8)])

# %% [markdown]
# ## What to take along
#
# - A language model gives probabilities for the next character; drawing from them is writing.
# - The surprise, $-\log p$, measures it; its gradient is probability minus target.
# - One layer of neurons learns the table of counts. Embeddings let contexts share what they have in
#   common, which no table can.
# - Recurrent networks take in any length, but a gradient that passes many steps vanishes. `why`
#   shows where.
#
# ## Exercises
#
# Put your answers in place of `...`. Solutions are folded.
#
# **1. At the optimum.** Show that the table of counts is where the gradient is 0: set the weights
# of
# an `nn.Embedding` to the logarithms of `smooth`. What is the largest gradient of the weighted
# loss?
#
# <details><summary>Solution 1</summary>
#
# ```python
# best = nn.Embedding(27, 27, init="zeros")
# for row, numbers in zip(best.weight, np.log(smooth), strict=True):
#     for weight, number in zip(row, numbers, strict=True):
#         weight.data = float(number)
# for a in range(27):
#     for b in range(27):
#         (weights[a, b] * nn.cross_entropy(best(a), b)).backward()
# largest = max(abs(w.grad) for w in best.parameters())
# print(f"largest gradient: {largest:.1e}")
# check("10.1", largest=largest)
# ```
#
# In every row the pushes of probability minus target cancel.
#
# </details>

# %%
check("10.1", largest=...)

# %% [markdown]
# **2. Without smoothing.** What is the surprise of the table of `counts` itself, on the text it was
# counted on? And which probability has a name that holds the pair `qx`?
#
# <details><summary>Solution 2</summary>
#
# ```python
# seen = counts > 0
# share = counts / counts.sum(axis=1, keepdims=True)
# plain = -(counts[seen] * np.log(share[seen])).sum() / counts.sum()
# smoothed = -(counts * np.log(p)).sum() / counts.sum()
# print(f"{plain:.4f}, smoothed {smoothed:.4f}; pairs that never occur: {(~seen).sum()}")
# check("10.2", surprise=plain, a_name_with_qx=share[letters.index("q"), letters.index("x")])
# ```
#
# On the text itself no other table is better. But every name with one of the pairs that do not
# occur, such as `qx`, has the probability 0, and one of them in a new text makes the surprise
# infinite.
#
# </details>

# %%
check("10.2", surprise=..., a_name_with_qx=...)

# %% [markdown]
# **3. One-hot.** `nn.Embedding` is a layer of neurons: build an `nn.Linear` with the same weights
# and
# compare the two on all 27 characters. Does a neuron hold a `"row"` or a `"column"` of the table?
#
# <details><summary>Solution 3</summary>
#
# ```python
# layer = nn.Linear(27, 27, bias=False)
# for i, neuron in enumerate(layer.neurons):
#     for weight, row in zip(neuron.weights, table.weight, strict=True):
#         weight.data = row[i].data
# for token in range(27):
#     one_hot = [float(i == token) for i in range(27)]
#     assert [v.data for v in layer(one_hot)] == [v.data for v in table(token)]
# check("10.3", table_part="column")
# ```
#
# Row and column are exchanged: a neuron of the layer holds what all characters say of *one* next
# character.
#
# </details>

# %%
check("10.3", table_part=...)

# %% [markdown]
# **4. The edge of vanishing.** A state goes on by $h_t = \tanh(v\, h_{t-1})$, after
# $h_1 = \tanh(x)$. Take $x = 0.5$ and $v = 0.9$, and work out the slopes of $h_3$ by $h_2$, $h_1$
# and
# $x$. Then let the engine go thirty steps from $x = 0.001$: for which $v$ of 0.9, 1.0 and 1.1
# does the
# gradient vanish?
#
# <details><summary>Solution 4</summary>
#
# ```python
# found = {}
# for v in 0.9, 1.0, 1.1:
#     x = Value(0.001)
#     h = x.tanh()
#     for _ in range(29):
#         h = (v * h).tanh()
#     h.backward()
#     found[v] = x.grad
#     print(f"v = {v}: {x.grad:.3g}")
# h1 = autograd.tanh(0.5)
# h2 = autograd.tanh(0.9 * h1)
# h3 = autograd.tanh(0.9 * h2)
# by_h2 = 0.9 * (1 - h3**2)
# by_h1 = by_h2 * 0.9 * (1 - h2**2)
# by_x = by_h1 * (1 - h1**2)
# vanishes = min(found, key=found.get)
# check("10.4", dh3_dh2=by_h2, dh3_dh1=by_h1, dh3_dx=by_x, vanishes=vanishes)
# ```
#
# At $v = 1$ and small states the product neither vanishes nor explodes, above 1 it grows until
# tanh is saturated.
#
# </details>

# %%
check("10.4", dh3_dh2=..., dh3_dh1=..., dh3_dx=..., vanishes=...)
