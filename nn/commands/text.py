"""python -m nn train --text: a model of the characters of a text, and what it writes.

Invariant: what has been learnt is reported and saved, also where Ctrl-C ended the training, and
the last part of the text, which measures it, was never trained on.
"""

import argparse

from nn.commands import characters
from nn.commands.characters import Settings
from nn.commands.output import printable, printable_lines
from nn.commands.preparation import READING, check_training, refuse
from nn.commands.recipes import RATES, make_optimizer
from nn.commands.session import conclude, run, training_line
from nn.data import TEXTS, Text, read_text

# Block size, width, epochs: measured on the names, which they read in a minute.
RECIPES = {"ngram": (4, 64, 10), "lstm": (16, 32, 20), "gpt": (16, 16, 20)}
STEPS = 20_000  # for a long text
OF_A_TABLE = ("target", "task", "drop", "scale", "validation", "shift", "activation", "patience")
OF_THE_MODEL = ("model", "hidden", "dropout", "block_size")
GLIMPSE = 60  # characters written after an epoch


def on_text(options: argparse.Namespace) -> bool:
    """Whether the training is on a text."""
    return options.text is not None or options.data in TEXTS


def train_on_text(options: argparse.Namespace) -> int:
    """Train and test a character model as `options` say, write samples; return the exit status."""
    model, settings, _ = characters.load(options.load) if options.load else (None, None, None)
    _check(options, settings)
    if options.text is None:
        text = TEXTS[options.data]()
    else:
        text = read_text(options.text, encoding=options.encoding or "utf-8-sig")
    settings = settings or _settings(options, text)
    text = Text(text.name, text.text, settings.vocabulary)
    if options.load:
        known = Text("the text that the model has learnt", text.vocabulary, text.vocabulary)
        known.encode(text.text)  # refuses what it does not know
    training, test = _split(text, options, settings)
    X, y = characters.examples(training, settings)
    most = max(1, STEPS * options.batch_size // len(X))
    options.epochs = options.epochs or min(RECIPES[settings.model][2], most)
    options.lr = options.lr or RATES.get(options.optimizer, 0.1)
    options.sample = 200 if options.sample is None else options.sample
    if model is None:
        model = settings.build(rng=options.seed)
    optimizer = make_optimizer(model, options)
    if not options.json:
        parts = f"{len(training.text)} characters for training and {len(test.text)} for the test"
        print(f"{printable(text.name)}: {parts}, {len(text.vocabulary)} different ones")
        kind = f"{settings.model} of {settings.width}, looks at {settings.block_size} characters"
        print(f"{kind}, {len(model.parameters())} parameters")
        print(training_line(options, optimizer), flush=True)

    def glimpse(epoch: int) -> str:
        written = characters.sample(model, settings, GLIMPSE, options.seed + epoch)
        return printable(" | ".join(filter(None, written.split("\n"))))

    history = run(
        model,
        X,
        y,
        optimizer,
        options,
        glimpse,
        loss="cross_entropy" if settings.model == "ngram" else characters.surprise,
    )
    found = characters.score(model, *characters.examples(test, settings), len(text.vocabulary))
    always = characters.frequencies(training, test)
    written = characters.sample(model, settings, options.sample, options.seed)
    epochs = {"epochs": len(history.loss), "stopped": history.stopped, "seed": options.seed}
    report = {
        "data": text.name,
        **epochs,
        "last": {name: losses[-1] for name, losses in history.curves().items()},
        "test_loss": found,
    }
    if options.save:
        characters.save(model, options.save, settings, report)
    about = {"model": settings.model, "parameters": len(model.parameters())}
    document = report | about | {"history": history.curves(), "sample": written}
    lines = [f"test loss {found:.3f} nats a character  (by frequencies alone: {always:.3f})"]
    lines += [printable_lines(written)] if written else []
    return conclude(history, options, document, lines)


def _check(options: argparse.Namespace, loaded: Settings | None) -> None:
    """Raise `ValueError` for options that do not fit a text or each other."""
    reading = tuple(name for name in READING if name != "encoding")
    refuse(options, (*OF_A_TABLE, *reading), "does not go with a text")
    if options.text is None:
        refuse(options, ("encoding",), "goes with --text FILE")
    if loaded:
        refuse(options, OF_THE_MODEL, "cannot be changed in the model that --load reads")
    options.model = loaded.model if loaded else options.model or "ngram"
    if options.model not in characters.MODELS:
        raise ValueError(f"--model {options.model} is for examples, a text takes ngram, lstm, gpt")
    if options.hidden is not None and len(options.hidden) != 1:
        raise ValueError("--hidden of a text is one number, the width of the model")
    options.optimizer = options.optimizer or "adam"
    check_training(options)


def _settings(options: argparse.Namespace, text: Text) -> Settings:
    block, width, _ = RECIPES[options.model]
    block = options.block_size or block
    width = options.hidden[0] if options.hidden else width
    text.windows(block)  # refuses a text that is too short
    end = text.text.find("\n", block - 1) + 1  # a line begins
    start = text.text[end - block : end] if end else text.text[:block]
    vocabulary, dropout = text.vocabulary, options.dropout or 0.0
    return Settings(options.model, vocabulary, block, width, dropout, start)


def _split(text: Text, options: argparse.Namespace, settings: Settings) -> tuple[Text, Text]:
    """The text, and its last part for the test."""
    options.test = options.test or 0.1
    cut = round(len(text.text) * (1.0 - options.test))
    line = text.text.rfind("\n", 0, cut) + 1
    cut = line if line > cut // 2 else cut  # at a line's end, where there are any
    least = settings.block_size + 1
    if min(cut, len(text.text) - cut) < least:
        raise ValueError(
            f"{text.name} has {len(text.text)} characters, too few to train and to test on windows "
            f"of {settings.block_size}: take more text or a smaller --block-size"
        )
    parts = (text.text[:cut], text.text[cut:])
    first, second = (Text(text.name, part, text.vocabulary) for part in parts)
    return first, second
