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
# # Backpropagation by hand
#
# A neural network learns by asking, for each of its numbers: *if I make this number a little
# larger, what happens to the error?* The answer is a derivative. **Backpropagation** finds all
# these derivatives in one sweep.
#
# In this notebook you do it by hand for one small function, watch the engine do the same, and
# check both with numbers. Then you let a single weight learn.
#
# You need derivatives and the chain rule. A little Python is enough.

# %%
import matplotlib.pyplot as plt

from autograd import Value, draw, exp, explain, sin

# %% [markdown]
# ## 1. A function of three numbers
#
# Our function is
#
# $$f(x, y, z) = (x + y)\, z \qquad\text{at}\qquad x = -2,\quad y = 5,\quad z = -4.$$
#
# Computing $f$ takes two steps. Give the result of the first step a name, $q$:
#
# $$q = x + y, \qquad f = q\, z.$$
#
# Going through the steps from the inputs to the result is the **forward pass**.

# %%
x, y, z = -2, 5, -4
q = x + y
f = q * z
print("q =", q)
print("f =", f)

# %% [markdown]
# ### Local derivatives
#
# Look at each step alone, as if nothing else existed. How fast does its result change when one of
# its inputs changes? These are the **local partial derivatives**:
#
# | step | local partial derivatives |
# |---|---|
# | $q = x + y$ | $\partial q / \partial x = 1$ and $\partial q / \partial y = 1$ |
# | $f = q\, z$ | $\partial f / \partial q = z = -4$ and $\partial f / \partial z = q = 3$ |
#
# Both rows need only school rules: a sum passes a change on as it is, a product multiplies it by
# the other factor.

# %% [markdown]
# ### The chain rule
#
# How does $f$ change with $x$? A change of $x$ changes $q$, and the change of $q$ changes $f$.
# The two rates are multiplied:
#
# $$\frac{\partial f}{\partial x}
# = \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial x}
# = -4 \cdot 1 = -4.$$
#
# Note the order: we know $\partial f / \partial q$ *before* we ask for $\partial f / \partial x$.
# We walk from the result back to the inputs. This is the **backward pass**.

# %%
df_df = 1  # where the backward pass starts
df_dq = df_df * z  # f = q z
df_dz = df_df * q
df_dx = df_dq * 1  # q = x + y
df_dy = df_dq * 1
print("df/dx =", df_dx, "  df/dy =", df_dy, "  df/dz =", df_dz)

# %% [markdown]
# Every line has the same form:
#
# > **what comes from above × local partial derivative**
#
# That is all there is to backpropagation. The three slopes together, $(-4, -4, 3)$, are the
# **gradient** of $f$.

# %% [markdown]
# ## 2. The engine does the same
#
# A `Value` is a number that remembers how it was computed. We write the same two steps again.

# %%
x, y, z = Value(-2), Value(5), Value(-4)
q = x + y
f = q * z
print(f)

# %% [markdown]
# `data` is the number. `grad` will be the slope of $f$ by this number; it is still 0. `op` is the
# operation that made it.
#
# `backward()` does the backward pass.

# %%
f.backward()
print("df/dx =", x.grad, "  df/dy =", y.grad, "  df/dz =", z.grad)

# %% [markdown]
# The same three numbers as by hand. Here is what the engine recorded: the **computation graph**.
# Boxes are numbers, ovals are operations. (`names=locals()` tells the picture the names that we
# gave in Python.)

# %%
draw(f, names=locals(), partials=True, fmt="g")

# %% [markdown]
# Forward, read from left to right: `data`. Backward, from right to left: `grad`. The number at an
# arrow into an oval is the local partial derivative of that operation.
#
# Pick a box on the left and check it: its `grad` is the `grad` of the box on the right of the
# oval, times the number at the arrow.

# %% [markdown]
# `explain` writes the same as formulas. Left is the forward pass, right the chain rule. Read it
# from top to bottom: the order of the backward pass.

# %%
explain(f, names=locals())

# %% [markdown]
# What does $\partial f / \partial x = -4$ *say*? If $x$ grows by a little, $f$ falls by four
# times as much. Try it:

# %%
before = (-2 + 5) * -4
after = (-2 + 0.01 + 5) * -4
print("x grows by 0.01, f changes by", round(after - before, 6))

# %% [markdown]
# ## 3. Checking a slope with numbers
#
# That little experiment is a general method. Take a step $h$ to both sides and divide the change
# by the way between the two points:
#
# $$g'(x) \approx \frac{g(x + h) - g(x - h)}{2h}.$$
#
# This is the **central difference**. It needs no rules for derivatives, so it makes a good judge.


# %%
def central_difference(g, x, h):
    """Slope of g at x from two points, h to the right and h to the left."""
    return (g(x + h) - g(x - h)) / (2 * h)


# %% [markdown]
# A test with a curved function, $g(x) = e^x \sin x$. The functions `exp` and `sin` of the package
# take plain numbers as well as `Value`s.


# %%
def g(x):
    """The function under test."""
    return exp(x) * sin(x)


u = Value(1.0)
g(u).backward()
print("backpropagation   ", u.grad)
print("central difference", central_difference(g, 1.0, h=0.001))

# %% [markdown]
# They agree in the first six digits. Would a smaller $h$ be better? And a tiny one better still?

# %%
print("    h     central difference      error")
for k in range(1, 14, 2):
    h = 10**-k
    slope = central_difference(g, 1.0, h)
    print(f"{h:7.0e}   {slope:.13f}   {abs(slope - u.grad):8.1e}")

# %% [markdown]
# The error falls, and then it *grows* again. The picture shows the whole story.

# %%
steps = [10 ** (-k / 4) for k in range(2, 56)]
errors = [abs(central_difference(g, 1.0, h) - u.grad) for h in steps]

plt.figure(figsize=(6, 3.5))
plt.loglog(steps, errors, ".-")
plt.xlabel("step h")
plt.ylabel("error of the central difference")
plt.title("Neither too large nor too tiny")
plt.show()

# %% [markdown]
# Read it from right to left:
#
# - **Large $h$**: the function bends between the two points. This error shrinks like $h^2$: a
#   step ten times smaller makes it a hundred times smaller.
# - **Tiny $h$**: a computer keeps about 16 digits. $g(x + h)$ and $g(x - h)$ agree in nearly all
#   of them, and subtracting leaves only the last, rounded ones. Dividing by the tiny $2h$ makes
#   that error large: it grows like $1/h$.
# - **Best** is in between, near $h = 10^{-5}$. Even there only about 11 digits are right.
#
# Backpropagation has neither error: there is no $h$ in it. And it gives *all* slopes in one
# sweep, while differences need two evaluations for each. A network has thousands of weights and
# needs the slope of every one.

# %% [markdown]
# ## 4. A number that is used twice
#
# What if a number is used in two places? Take $b = a \cdot a + a$ at $a = 3$. The number $a$ is
# used three times.

# %%
a = Value(3)
p = a * a
b = p + a
b.backward()
draw(b, names=locals(), partials=True, fmt="g")

# %% [markdown]
# Three arrows leave $a$, so three answers come back to it. The engine **adds them up**. Why add?
#
# Go back to what a slope means. Let $b = s(u, v)$, and put $a$ in both places: $u = a$ and
# $v = a$. If $a$ grows by a small $h$, then $u$ grows by $h$, and $v$ grows by $h$. To first
# order,
#
# $$s(a + h,\, a + h) \;\approx\; s(a, a)
# + \frac{\partial s}{\partial u}\, h + \frac{\partial s}{\partial v}\, h.$$
#
# Subtract $s(a, a)$ and divide by $h$:
#
# $$\frac{db}{da} = \frac{\partial s}{\partial u} + \frac{\partial s}{\partial v}.$$
#
# Each place where $a$ is used makes its own part of the change. The change of $b$ is the sum of
# the parts.

# %%
explain(b, names=locals())

# %% [markdown]
# The last line: $1 + 3 + 3 = 7$. The school rule says the same: the derivative of $a^2 + a$ is
# $2a + 1 = 7$. And so does our judge:

# %%
print("backpropagation   ", a.grad)
print("central difference", round(central_difference(lambda a: a * a + a, 3.0, 1e-5), 8))

# %% [markdown]
# Adding up has one consequence to remember. Gradients of inputs also add up from one `backward()`
# to the next. Before a new pass, set them back to 0.

# %%
b.backward()
print("after a second backward():", a.grad)
a.grad = 0.0
b.backward()
print("set to 0 before:          ", a.grad)

# %% [markdown]
# ## 5. The order matters
#
# Backpropagation goes from the result to the inputs. Is any way back good enough? Here is a graph
# of two additions that finds out.

# %%
a = Value(1)
b = a + a
c = b + b
c.backward()
draw(c, names=locals(), partials=True, fmt="g")

# %% [markdown]
# $c = 2b = 4a$, so $dc/da = 4$. The picture says so, too.
#
# Now let us do the backward pass naively: *whenever something arrives at a number, pass it on at
# once*. Each `Value` has its inputs in `parents` and the local derivatives in `partials`, so this
# takes a few lines. The dictionary `grads` holds what has arrived at each number so far
# (`grads.get(parent, 0.0)` is 0 where nothing has).


# %%
def pass_on_at_once(node, grads):
    """A WRONG backward pass: it does not wait."""
    for parent, partial in zip(node.parents, node.partials, strict=True):
        grads[parent] = grads.get(parent, 0.0) + grads[node] * partial
        pass_on_at_once(parent, grads)


grads = {c: 1.0}
pass_on_at_once(c, grads)
print("passed on at once: dc/da =", grads[a])
print("engine:            dc/da =", a.grad)

# %% [markdown]
# **6 instead of 4.** What went wrong?
#
# 1. The first arrow from $c$ brings 1 to $b$. At once, $b$ passes on 1 twice: $a$ has 2.
# 2. The second arrow brings another 1. Now $b$ has 2, and passes on **2** twice: $a$ has
#    $2 + 4 = 6$.
#
# The first 1 was passed on two times, once alone and once as a part of the 2.
#
# Would it help to let each number pass on only once?


# %%
def pass_on_once(node, grads, done):
    """WRONG, too: it passes on only once, but too early."""
    done.add(node)
    for parent, partial in zip(node.parents, node.partials, strict=True):
        grads[parent] = grads.get(parent, 0.0) + grads[node] * partial
        if parent not in done:
            pass_on_once(parent, grads, done)


grads = {c: 1.0}
pass_on_once(c, grads, set())
print("passed on once, too early: dc/da =", grads[a])

# %% [markdown]
# **2 instead of 4.** Now $b$ has passed on its first 1, and the second 1 came too late.
#
# So the rule is: a number may pass on its gradient **only when everything it will ever get has
# arrived**. All operations that *use* a number must have their turn before it.
#
# A list in which each number stands after all its inputs is in **topological order**. The forward
# pass made the numbers in such an order. The backward pass walks it backwards: here $c$, then
# $b$, then $a$.

# %%
explain(c, names=locals())

# %% [markdown]
# Each line needs only slopes from the lines above it. That is what the order is for.
#
# It is easy to overlook this mistake. Our first function, $(x + y)\, z$, uses everything once,
# and there even the naive pass is right:

# %%
grads = {f: 1.0}
pass_on_at_once(f, grads)
print("df/dx =", grads[x], "  df/dy =", grads[y], "  df/dz =", grads[z])

# %% [markdown]
# In a neural network most neurons feed several others. There the order decides between right and
# wrong.

# %% [markdown]
# ## 6. One weight learns
#
# The smallest network there is: one weight $W$, and
#
# $$\text{output} = W \cdot \text{input}.$$
#
# It is to learn this table from examples:
#
# | input | desired output |
# |---|---|
# | 0 | 0 |
# | 1 | 2 |
# | 2 | 4 |
#
# You see that $W = 2$ would do. The network does not. It starts somewhere, say at $W = 3$.

# %%
examples = [(0, 0), (1, 2), (2, 4)]
for weight in (3, 4, 2):
    outputs = [weight * x for x, _ in examples]
    absolute = [abs(weight * x - wanted) for x, wanted in examples]
    squared = [(weight * x - wanted) ** 2 for x, wanted in examples]
    print(f"W = {weight}: outputs {outputs}   absolute errors {absolute}   squared {squared}")

# %% [markdown]
# With $W = 3$ the squared errors add up to 5, with $W = 4$ to 20. A weight further away gives a
# larger error, and squaring makes large errors count more. With $W = 2$ there is no error.
#
# The sum of the squared errors is our measure. We call it $E$. It is a function of the weight.


# %%
def error(W):
    """Sum of the squared errors on the three examples."""
    return (W * 0 - 0) ** 2 + (W * 1 - 2) ** 2 + (W * 2 - 4) ** 2


curve = [i / 50 for i in range(0, 201)]
plt.figure(figsize=(6, 3.5))
plt.plot(curve, [error(w) for w in curve])
plt.plot([3, 4, 2], [error(3), error(4), error(2)], "o")
plt.xlabel("weight W")
plt.ylabel("error E")
plt.title("The error curve")
plt.show()

# %% [markdown]
# To learn is to walk downhill on this curve. But standing at $W = 3$, which way is down? We need
# the slope. The function `error` takes a `Value` as well as a number, so the engine can tell.

# %%
W = Value(3, "W")
E = error(W)
E.backward()
print("error", E.data, "  slope", W.grad)
explain(E, names=locals(), fold=True)

# %% [markdown]
# (`fold=True` writes unnamed steps out where they are used, so that only $E$ and $W$ get a line.)
#
# $W$ is used in all three examples, and their parts add up, as in section 4. The first example,
# with input 0, adds nothing: there the weight does not matter.

# %% [markdown]
# ### The sign says which way
#
# The slope at 3 is $+10$: a larger $W$ means a larger error. So go the *other* way, to the left.
# And at $W = 1$?

# %%
for start in (3, 2, 1):
    W = Value(start, "W")
    error(W).backward()
    print(f"W = {start}: slope {W.grad:5.1f}")

# %% [markdown]
# - **Positive** slope: make $W$ smaller.
# - **Negative** slope: make $W$ larger.
# - **Zero**: stay. The error does not fall any further.
#
# One line does all three: $W \leftarrow W - \eta \, \dfrac{dE}{dW}$. The small factor $\eta$ (say
# "eta") is the **learning rate**. Repeating this step is **gradient descent**.

# %%
W = Value(3, "W")
walk = [W.data]
for _step in range(25):
    W.grad = 0.0  # forget the old slope
    E = error(W)  # forward pass
    E.backward()  # backward pass
    W.data -= 0.02 * W.grad  # a small step downhill
    walk.append(W.data)

print([round(w, 3) for w in walk[:8]], "...", round(walk[-1], 3))

# %%
plt.figure(figsize=(6, 3.5))
plt.plot(curve, [error(w) for w in curve], color="lightgray")
plt.plot(walk, [error(w) for w in walk], "o-")
plt.xlim(1, 3.2)
plt.ylim(-0.3, 6)
plt.xlabel("weight W")
plt.ylabel("error E")
plt.title("Gradient descent walks from 3 to 2")
plt.show()

# %% [markdown]
# The steps become shorter by themselves: near the bottom the slope is small, and each step is
# proportional to the slope. The walk stops where the error stops falling, at $W = 2$.
#
# Nobody told the network that the rule is "times two". It found out from three examples and the
# sign of a slope. Larger networks learn in the same way, with more weights.
#
# Next: [a network of two layers, step by step](02_a_network_step_by_step.ipynb).

# %% [markdown]
# ## Exercises
#
# Solutions are folded below. Try first: pencil and paper, then the engine.
#
# 1. Let $f = (x + y)(y + z)$ at $x = 1$, $y = 2$, $z = 3$. Find all three slopes by hand. Then
#    let the engine do it and `explain` it. Which number is used twice?
# 2. Check the three slopes of $(x + y)\, z$ with central differences. Try $h = 0.001$ and
#    $h = 1$. Why is even $h = 1$ good here?
# 3. Let $b = a + a$ and $c = b \cdot b + b$ at $a = 1$. What is $dc/da$? What does
#    `pass_on_at_once` say?
# 4. Write the right backward pass: first a list in topological order, then a walk through it
#    backwards. Test it on exercise 3.
# 5. One can repair `pass_on_at_once` in another way: pass on only *what has just arrived*, not
#    all that has arrived so far. Show that this gives 4 for $c = b + b$, $b = a + a$. Then count
#    its calls for a chain of 5, 10, 15 such doublings. What is wrong with it?
# 6. Let the weight learn with learning rates 0.02, 0.1, 0.19 and 0.21. What happens, and why?
#    (Hint: show that $E = 5\,(W - 2)^2$, and see by what factor $W - 2$ changes in a step.)

# %% [markdown]
# <details><summary>Solution 1</summary>
#
# With $p = x + y = 3$ and $r = y + z = 5$ we have $f = p\, r$, so $\partial f/\partial p = r = 5$
# and $\partial f/\partial r = p = 3$. Then $\partial f/\partial x = 5$ and
# $\partial f/\partial z = 3$. The number $y$ is used twice: $\partial f/\partial y = 5 + 3 = 8$.
#
# ```python
# x, y, z = Value(1), Value(2), Value(3)
# p = x + y
# r = y + z
# f = p * r
# f.backward()
# assert (x.grad, y.grad, z.grad) == (5, 8, 3)
# print(explain(f, names={"x": x, "y": y, "z": z, "p": p, "r": r, "f": f}))
# ```
#
# </details>

# %% [markdown]
# <details><summary>Solution 2</summary>
#
# Seen from any one of its inputs, $(x + y)\, z$ is a straight line. A straight line does not
# bend, so a large $h$ does no harm.
#
# ```python
# for h in (0.001, 1):
#     slopes = [
#         central_difference(lambda x: (x + 5) * -4, -2, h),
#         central_difference(lambda y: (-2 + y) * -4, 5, h),
#         central_difference(lambda z: (-2 + 5) * z, -4, h),
#     ]
#     print("h =", h, "slopes", slopes)
#     assert [round(slope, 9) for slope in slopes] == [-4, -4, 3]
# ```
#
# </details>

# %% [markdown]
# <details><summary>Solution 3</summary>
#
# $dc/db = 2b + 1 = 5$ and $db/da = 2$, so $dc/da = 10$. Passing on at once gives 22.
#
# ```python
# a = Value(1)
# b = a + a
# c = b * b + b
# c.backward()
# grads = {c: 1.0}
# pass_on_at_once(c, grads)
# print("right:", a.grad, "  passed on at once:", grads[a])
# assert (a.grad, grads[a]) == (10, 22)
# ```
#
# </details>

# %% [markdown]
# <details><summary>Solution 4</summary>
#
# A number goes into the list after its inputs. That makes the order topological.
#
# ```python
# def put_in_order(node, order):
#     if node not in order:
#         for parent in node.parents:
#             put_in_order(parent, order)
#         order.append(node)
#
#
# def backward_pass(root):
#     order = []
#     put_in_order(root, order)
#     grads = {node: 0.0 for node in order}
#     grads[root] = 1.0
#     for node in reversed(order):
#         for parent, partial in zip(node.parents, node.partials, strict=True):
#             grads[parent] += grads[node] * partial
#     return grads
#
#
# a = Value(1)
# b = a + a
# c = b * b + b
# print("dc/da =", backward_pass(c)[a])
# assert backward_pass(c)[a] == 10
# ```
#
# </details>

# %% [markdown]
# <details><summary>Solution 5</summary>
#
# It is right, because it adds up over all *paths* from the result to the input. But each doubling
# doubles the number of paths. Thirty doublings would take two billion calls; the topological
# order takes one step for each arrow, which is 60.
#
# ```python
# def along_all_paths(node, arrived, grads):
#     grads[node] = grads.get(node, 0.0) + arrived
#     calls = 1
#     for parent, partial in zip(node.parents, node.partials, strict=True):
#         calls += along_all_paths(parent, arrived * partial, grads)
#     return calls
#
#
# for doublings in (2, 5, 10, 15):
#     a = Value(1)
#     c = a
#     for _ in range(doublings):
#         c = c + c
#     grads = {}
#     calls = along_all_paths(c, 1.0, grads)
#     print(f"{doublings:2} doublings: dc/da = {grads[a]:.0f} in {calls} calls")
#     assert grads[a] == 2**doublings
#     assert calls == 2 ** (doublings + 1) - 1
# ```
#
# </details>

# %% [markdown]
# <details><summary>Solution 6</summary>
#
# $E = (W - 2)^2 (0^2 + 1^2 + 2^2) = 5\,(W - 2)^2$, so the slope is $10\,(W - 2)$, and a step
# turns $W - 2$ into $(1 - 10\,\eta)(W - 2)$.
#
# - $\eta = 0.02$: factor 0.8. A calm walk.
# - $\eta = 0.1$: factor 0. One step, and it is there.
# - $\eta = 0.19$: factor $-0.9$. It jumps from side to side, and comes closer.
# - $\eta = 0.21$: factor $-1.1$. Each jump is longer than the last: it never arrives.
#
# ```python
# for rate in (0.02, 0.1, 0.19, 0.21):
#     W = Value(3)
#     for _ in range(25):
#         W.grad = 0.0
#         error(W).backward()
#         W.data -= rate * W.grad
#     print(f"learning rate {rate}: after 25 steps W = {W.data:.4f}")
#     assert abs(W.data - 2 - (1 - 10 * rate) ** 25) < 1e-9
# ```
#
# </details>
