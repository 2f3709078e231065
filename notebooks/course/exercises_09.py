"""Exercises of notebook 9, the clinic: a diagnosis, and the loss after the cure."""

from course.kinds import Exercise, Tested, between, exercise, one_of

WORDS = (
    "accumulated", "cut", "dead", "derivative", "infinite slope", "not in place", "overflow",
    "rate", "saturated", "target",
)  # fmt: skip
TOOLS = {
    "why": "Compute a new loss, then print(why(w, loss)).",
    "gradcheck": "gradcheck(f, (0.7,), raise_exception=False) compares f with differences.",
    "detect_anomaly": "Run it once more inside `with detect_anomaly():`, and read the message.",
    "check": "autograd.check(loss, {'s0': ..., 's1': ..., 's2': ...}) names the mistake.",
}


def patient(
    diagnosis: str, tool: str, low: float, high: float, above: str, *hints: str, **known: str
) -> Exercise:
    """One patient; `known` says why another diagnosis is wrong, `above` why the loss is high."""
    known = {word.replace("_", " "): sentence for word, sentence in known.items()}
    assert diagnosis in WORDS and set(known) < set(WORDS)
    return exercise(
        Tested(
            diagnosis=one_of(diagnosis, among=WORDS, known=known),
            loss=between(low, high, above=above),
        ),
        hints=(TOOLS[tool], *hints),
    )


EXERCISES = {
    "09.1": patient(
        "accumulated", "why", 0, 1e-6, "the gradients of earlier steps are still in it",
        "`why` compares w.grad with the gradient of this pass. They are not the same.",
        "w.grad = 0.0 before each backward().",
        rate="a smaller rate makes the swings slower, and does not end them",
    ),
    "09.2": patient(
        "dead", "why", 0, 0.01, "train 200 steps from w = 0.5, b = 0.5, v = 1",
        "Compute w * x + b for the three points. What does relu make of it?",
        rate="the gradient is exactly 0: no rate moves that",
        saturated="nearly flat would be a tiny gradient; here it is exactly 0",
    ),
    "09.3": patient(
        "saturated", "why", 0, 0.02, "the loss is softplus(w + b); train with it, not only look",
        "What is the slope of the sigmoid at 24?",
        dead="relu is off at 0 slope; here the slope is tiny, and it is no relu",
        rate="a rate a billion times larger would move it, and throw everything else about",
        cut="the gradient is tiny, not 0: the way is open",
    ),
    "09.4": patient(
        "cut", "why", 0, 0.1, "the first weight still stays where it was",
        "Which line makes a Value of a number that was a Value?",
        dead="there is no relu in it",
        saturated="tanh has a slope of nearly 1 there; the gradient does not even reach it",
    ),
    "09.5": patient(
        "not in place", "why", 0, 1e-6, "the weight has not moved: change w.data",
        "Print id(p) before and after the step.",
        rate="the gradient is 3.5 and the rate 0.05: the step should be seen",
        cut="w.grad is not 0, so the way is open",
        accumulated="gradients are set to 0 in each step",
    ),
    "09.6": patient(
        "rate", "gradcheck", 0, 0.01, "there is a smaller rate with which it arrives",
        "The factor of w - 0.02 in each step is 1 - 35000 η: where is it between -1 and 1?",
        derivative="gradcheck finds the gradient right",
        accumulated="the gradient is set to 0 in each step",
        overflow="it does not overflow yet; it grows, by the same factor in each step",
    ),
    "09.7": patient(
        "derivative", "gradcheck", 0, 0.3, "gradcheck still finds something wrong, does it not?",
        "The quotient rule: the derivative of x / (1 + x) is 1 / (1 + x)².",
        rate="with a smaller rate it ends at the same place",
        saturated="the slope of squash is not small there",
    ),
    "09.8": patient(
        "infinite slope", "detect_anomaly", 1.9, 2.05, "add 1e-6 under both roots",
        "What is the derivative of the square root at 0?",
        overflow="no number is large: it is inf times 0",
        rate="it happens in the first step, before any step was made",
    ),
    "09.9": patient(
        "overflow", "detect_anomaly", 299, 301, "the scores are 500, 800 and 200, the target is 0",
        "How large is exp(800)? The largest float is about 1.8e308.",
        infinite_slope="the forward pass alone is nan",
        rate="there is no step in it",
    ),
    "09.10": patient(
        "target", "check", 0, 0.3, "the loss should fall from 0.83: subtract the target",
        "The gradient of the score i is p - y, with y = 1 for the target and 0 for the others.",
        rate="a smaller rate only makes the loss grow more slowly",
        derivative="softmax is right; what is missing is the cross-entropy's part",
    ),
}  # fmt: skip
