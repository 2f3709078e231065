# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Build `Value` yourself
#
# In [notebook 1](01_backpropagation_by_hand.ipynb) a `Value` did the backward pass for you. Here
# you write it: a class of sixty lines, in six parts. When you are done, nothing in this course is
# magic any more.
#
# Each part has an empty cell for your code, and a check. The check computes the same expressions
# with your class and with the engine, and says what is wrong: a use that got lost, a wrong order,
# the partial of the wrong factor. At the second attempt it says why; after that come hints. A
# solution is folded below each task. It is better to look there than to give up, and best not to.
#
# Run the cells in order. Each part goes on with the class of the part before.

# %%
import math

import autograd
from course import check

# %% [markdown]
# ## 1. A number that remembers
#
# What does the backward pass need to know of a number? Look at $f = (x + y)\, z$ again:

# %%
x, y, z = autograd.Value(-2), autograd.Value(5), autograd.Value(-4)
q = x + y
f = q * z
print("f.data     ", f.data)
print("f.parents  ", [parent.data for parent in f.parents], "  the numbers of q and z")
print("f.partials ", f.partials, "  df/dq is z, df/dz is q")
autograd.draw(f, names=locals(), partials=True)

# %% [markdown]
# Four things:
#
# - `data`, the number itself;
# - `grad`, the slope of the result by this number, 0 until somebody computes it;
# - `parents`, the Values that it was computed from: a tuple, empty for an input. The order counts,
#   and in `x * x` the parent `x` stands there twice;
# - `partials`, one local derivative for each parent, in the same order.
#
# **Task 1.** Write the method that stores them. A new number starts with the gradient 0.
#
# <details><summary>Solution 1</summary>
#
# ```python
# class Value:
#     def __init__(self, data, parents=(), partials=()):
#         self.data = data
#         self.grad = 0.0
#         self.parents = parents
#         self.partials = partials
#
#
# check("02.1", Value=Value)
# ```
#
# </details>


# %%
class Value:
    def __init__(self, data, parents=(), partials=()): ...


check("02.1", Value=Value)

# %% [markdown]
# ## 2. Operations that record
#
# `a + b` calls `a.__add__(b)`. It returns a *new* Value with the sum as its data, `(a, b)` as its
# parents, and the two local derivatives:
#
# | operation | data | partials |
# |---|---|---|
# | $a + b$ | the sum | 1 and 1 |
# | $a \cdot b$ | the product | the **other** factor: $b$ and $a$ |
#
# The partials are numbers, computed now, in the forward pass. So a backward pass later needs to
# know nothing about sums and products.
#
# Somebody may write `a + 2`. A little helper turns a plain number into a Value; `2 + a` calls
# `__radd__`, which is the same sum.
#
# **Task 2.** Write both operations.
#
# <details><summary>Solution 2</summary>
#
# ```python
# def add(self, other):
#     other = as_value(other)
#     return Value(self.data + other.data, (self, other), (1.0, 1.0))
#
#
# def multiply(self, other):
#     other = as_value(other)
#     return Value(self.data * other.data, (self, other), (other.data, self.data))
#
#
# Value.__add__ = Value.__radd__ = add
# Value.__mul__ = Value.__rmul__ = multiply
# check("02.2", Value=Value)
# ```
#
# </details>


# %%
def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def add(self, other): ...


def multiply(self, other): ...


Value.__add__ = Value.__radd__ = add
Value.__mul__ = Value.__rmul__ = multiply
check("02.2", Value=Value)

# %% [markdown]
# ## 3. The order
#
# A number may hand its gradient on **only when everything has arrived**: after all operations that
# use it (notebook 1, section 5). So we need the nodes in an order in which each stands after its
# parents, and walk it backwards.

# %%
a = autograd.Value(1, label="a")
b = a + a
c = b * a
d = b + c
autograd.draw(d, names={"b": b, "c": c, "d": d})

# %% [markdown]
# Here `a, b, c, d` is such an order, and the only one: `c` needs `b`, and `b` needs `a`.
#
# One walk down from the root finds it. *To visit a node: if it was visited before, do nothing.
# Otherwise visit its parents first, and then put the node at the end of the list.* A `set` can
# remember which nodes were visited.
#
# **Task 3.** Write `topological_order(root)`: the list of all nodes that lead to the root, each
# once, each after its parents, the root last.
#
# <details><summary>Solution 3</summary>
#
# ```python
# def topological_order(root):
#     order, visited = [], set()
#
#     def visit(node):
#         if node not in visited:
#             visited.add(node)
#             for parent in node.parents:
#                 visit(parent)
#             order.append(node)
#
#     visit(root)
#     return order
#
#
# check("02.3", topological_order=topological_order)
# ```
#
# (Python allows some thousand calls inside each other. A chain of a million operations needs a
# loop with a stack of its own: `autograd/engine/graph.py` has one.)
#
# </details>


# %%
def topological_order(root): ...


check("02.3", topological_order=topological_order)

# %% [markdown]
# ## 4. The backward pass
#
# Now the chain rule, once for each arrow of the graph:
#
# > what arrived at the node × local partial derivative, **added** to what the parent has.
#
# **Task 4.** Write `backward(self)`. First set the gradients of all nodes in the order to 0 and
# that of `self` to 1; then walk the order backwards.
#
# <details><summary>Solution 4</summary>
#
# ```python
# def backward(self):
#     order = topological_order(self)
#     for node in order:
#         node.grad = 0.0
#     self.grad = 1.0
#     for node in reversed(order):
#         for parent, partial in zip(node.parents, node.partials, strict=True):
#             parent.grad += node.grad * partial
#
#
# Value.backward = backward
# check("02.4", Value=Value)
# ```
#
# </details>


# %%
def backward(self): ...


Value.backward = backward
check("02.4", Value=Value)

# %% [markdown]
# That was the heart of it. If the check is content, your class differentiates every expression made
# of sums and products, however its numbers are shared.
#
# (One difference: the engine's `backward()` *adds* to what inputs have from earlier passes, so that
# the gradients of several examples can be summed up. You set them to 0 yourself, in notebook 4.)

# %% [markdown]
# ## 5. More operations
#
# A network needs a few more. Only some of them are new:
#
# | operation | derivative | |
# |---|---|---|
# | $x^n$, with a plain number $n$ | $n\, x^{n-1}$ | new |
# | $\tanh x$ | $1 - \tanh^2 x$ | new |
# | relu: $x$ where $x > 0$, else 0 | 1 where $x > 0$, else 0 | new |
# | $e^x$ | $e^x$ | new |
# | $\ln x$ | $1 / x$ | new |
# | $-x$ | | $x \cdot (-1)$ |
# | $x - y$ | | $x + (-y)$ |
# | $x / y$ | | $x \cdot y^{-1}$ |
#
# Note that two of the derivatives are computed from the *result*: $1 - t^2$ with
# $t = \tanh x$, and $e^x$ itself. Differences agree:

# %%
t = math.tanh(0.5)
print("1 - t * t: ", 1 - t * t)
print("difference:", (math.tanh(0.501) - math.tanh(0.499)) / 0.002)

# %% [markdown]
# **Task 5.** Write those that are new. The others are given; they use what you have.
#
# <details><summary>Solution 5</summary>
#
# ```python
# def power(self, n):
#     return Value(self.data**n, (self,), (n * self.data ** (n - 1),))
#
#
# def tanh(self):
#     t = math.tanh(self.data)
#     return Value(t, (self,), (1 - t * t,))
#
#
# def relu(self):
#     return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))
#
#
# def exp(self):
#     e = math.exp(self.data)
#     return Value(e, (self,), (e,))
#
#
# def log(self):
#     return Value(math.log(self.data), (self,), (1 / self.data,))
#
#
# Value.__pow__, Value.tanh, Value.relu, Value.exp, Value.log = power, tanh, relu, exp, log
# Value.__neg__ = lambda self: self * -1
# Value.__sub__ = lambda self, other: self + (-as_value(other))
# Value.__rsub__ = lambda self, other: other + (-self)
# Value.__truediv__ = lambda self, other: self * as_value(other) ** -1
# Value.__rtruediv__ = lambda self, other: other * self**-1
# check("02.5", Value=Value)
# ```
#
# </details>


# %%
def power(self, n): ...


def tanh(self): ...


def relu(self): ...


def exp(self): ...


def log(self): ...


Value.__pow__, Value.tanh, Value.relu, Value.exp, Value.log = power, tanh, relu, exp, log
Value.__neg__ = lambda self: self * -1
Value.__sub__ = lambda self, other: self + (-as_value(other))
Value.__rsub__ = lambda self, other: other + (-self)
Value.__truediv__ = lambda self, other: self * as_value(other) ** -1
Value.__rtruediv__ = lambda self, other: other * self**-1
check("02.5", Value=Value)

# %% [markdown]
# ## 6. It learns
#
# A gradient is there to be used. **Task 6.** Write `train(error, weights, rate, steps)`: `steps`
# times set the gradients of the weights to 0, compute `error(*weights)`, call `backward()` and step
# against the gradients.
#
# <details><summary>Solution 6</summary>
#
# ```python
# def train(error, weights, rate, steps):
#     for _ in range(steps):
#         for w in weights:
#             w.grad = 0.0
#         error(*weights).backward()
#         for w in weights:
#             w.data -= rate * w.grad
#
#
# check("02.6", train=train)
# ```
#
# </details>


# %%
def train(error, weights, rate, steps): ...


check("02.6", train=train)

# %% [markdown]
# Try it on the weight of notebook 1. With your class, this prints 2.0 after 30 steps or so:
#
# ```python
# W = Value(3.0)
# train(lambda W: (W * 1 - 2) ** 2 + (W * 2 - 4) ** 2, [W], rate=0.02, steps=60)
# print(W.data)
# ```

# %% [markdown]
# ## The whole
#
# All parts together are one class of fewer than sixty lines.
#
# <details><summary>The whole class</summary>
#
# ```python
# import math
#
#
# class Value:
#     def __init__(self, data, parents=(), partials=()):
#         self.data, self.grad = data, 0.0
#         self.parents, self.partials = parents, partials
#
#     def __add__(self, other):
#         other = as_value(other)
#         return Value(self.data + other.data, (self, other), (1.0, 1.0))
#
#     def __mul__(self, other):
#         other = as_value(other)
#         return Value(self.data * other.data, (self, other), (other.data, self.data))
#
#     def __pow__(self, n):
#         return Value(self.data**n, (self,), (n * self.data ** (n - 1),))
#
#     def tanh(self):
#         t = math.tanh(self.data)
#         return Value(t, (self,), (1 - t * t,))
#
#     def relu(self):
#         return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))
#
#     def exp(self):
#         e = math.exp(self.data)
#         return Value(e, (self,), (e,))
#
#     def log(self):
#         return Value(math.log(self.data), (self,), (1 / self.data,))
#
#     def backward(self):
#         order = topological_order(self)
#         for node in order:
#             node.grad = 0.0
#         self.grad = 1.0
#         for node in reversed(order):
#             for parent, partial in zip(node.parents, node.partials, strict=True):
#                 parent.grad += node.grad * partial
#
#     __radd__, __rmul__ = __add__, __mul__
#     __neg__ = lambda self: self * -1
#     __sub__ = lambda self, other: self + (-as_value(other))
#     __rsub__ = lambda self, other: other + (-self)
#     __truediv__ = lambda self, other: self * as_value(other) ** -1
#     __rtruediv__ = lambda self, other: other * self**-1
#
#
# def as_value(x):
#     return x if isinstance(x, Value) else Value(x)
#
#
# def topological_order(root):
#     order, visited = [], set()
#
#     def visit(node):
#         if node not in visited:
#             visited.add(node)
#             for parent in node.parents:
#                 visit(parent)
#             order.append(node)
#
#     visit(root)
#     return order
# ```
#
# </details>
#
# What does the engine have that yours has not? Read it now; you know what to look for.
#
# - `topological_order` and `backward` are in `autograd/engine/graph.py`, without recursion: a chain
#   of a million nodes is no problem.
# - The partials are in `table.py`, one row for each operation, so that pictures, explanations and
#   the compiler read the same rule.
# - `Value` is in `value.py`: numbers of every kind, NumPy's functions, gradients that add up over
#   passes.
#
# Next: [a network, step by step](03_a_network_step_by_step.ipynb).
