"""A monkey before the live page: it clicks, types, drags, chooses and pastes, all from one seed."""

import json
import time

TEXTS = "0 1 7 0.01 0,5 3e-3 -1 1e999 -1e308 1e-320 NaN inf abc <b> { [] null 0x10 1_000".split()
TEXTS += ["", " ", "é" * 50, "\u202e9\u0000", "'\"\\", "</script><img src=x onerror=alert(1)>"]
TEXTS += ['{"__proto__": {"a": 1}}', "99999999999999999999"]
KEYS = "Tab Tab Tab Tab Shift+Tab Enter Escape ArrowUp ArrowDown ArrowLeft ArrowRight".split()
KEYS += [*"s e r n p x 7 PageUp PageDown Home End Backspace Delete".split(), " "]
SIZES = [(400, 700), (800, 900), (1280, 900), (1600, 1000)]


class Monkey:
    """Acts on a page by a seeded generator; `done` says what it did, for a report of a failure."""

    def __init__(self, page, rng):
        self.page, self.rng, self.done = page, rng, []

    def play(self, seconds):
        """Act for so long; now and then look whether the page is as it should be."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(40):
                if time.monotonic() < end:
                    self.act()
            self.look()

    def act(self):
        acts = [self.click] * 5 + [self.press] * 5 + [self.type] * 3 + [self.choose] * 3
        acts += [self.drag] * 2 + [self.push] * 4 + [self.state, self.size, self.media]
        act = self.rng.choice(acts)
        self.done.append(act.__name__)
        act()

    def look(self):
        """All weights are finite, or the page says in words why not."""
        found = self.page.evaluate(
            "[trainer.P.every(Number.isFinite), the('problem').textContent, "
            "document.querySelector('img') === null, trainer.history.length]"
        )
        finite, problem, clean, length = found
        assert (finite or problem) and clean and length <= 2001, (found, self.done)

    def _at(self):
        size = self.page.viewport_size
        return self.rng.uniform(0, size["width"]), self.rng.uniform(0, size["height"])

    def click(self):
        self.page.mouse.click(*self._at())

    def press(self):
        self.page.keyboard.press(self.rng.choice(KEYS))

    def _any(self, selector):
        """Focus one of the elements that are shown; returns it, or None."""
        found = self.page.query_selector_all(selector)
        element = self.rng.choice(found) if found else None
        if element is None or not element.is_visible():
            return None
        element.focus()
        return element

    def type(self):
        if self._any("input, textarea"):
            self.page.keyboard.press("Control+a")
            self.page.keyboard.insert_text(self.rng.choice(TEXTS))
            self.page.keyboard.press(self.rng.choice(["Tab", "Enter"]))

    def choose(self):
        select = self._any("select")
        if select:
            count = select.evaluate("select => select.options.length")
            select.select_option(index=self.rng.randrange(count))

    def push(self):
        element = self._any("button:not([disabled]), summary")
        if element:
            element.evaluate("element => element.click()")

    def drag(self):
        box = self.page.query_selector("#surface").bounding_box()
        if self.rng.random() < 0.7:
            tools = ["add", "move", "remove", "relabel", "follow"]
            self.page.select_option("#tool", self.rng.choice(tools))

        def within():
            x, y = self.rng.random(), self.rng.random()
            return box["x"] + x * box["width"], box["y"] + y * box["height"]

        self.page.mouse.move(*within())
        self.page.mouse.down()
        self.page.mouse.move(*(within() if self.rng.random() < 0.8 else self._at()), steps=3)
        self.page.mouse.up()

    def state(self):
        """Load a state of the page's own, as it is or with something else in one place."""
        state = self.page.evaluate("savedState(trainer)")
        place = state
        while self.rng.random() < 0.8 and isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key = self.rng.choice(keys)
            if self.rng.random() < 0.3 or not isinstance(place[key], dict | list):
                wrong = [
                    None,
                    True,
                    -1,
                    1e308,
                    0.5,
                    "nan",
                    "-inf",
                    "<b>",
                    [],
                    {},
                    [1, 2],
                    {"a": []},
                ]
                place[key] = self.rng.choice(wrong)
                break
            place = place[key]
        self.page.evaluate(
            "text => { the('state').value = text; the('load').click(); }", json.dumps(state)
        )

    def size(self):
        width, height = self.rng.choice(SIZES)
        self.page.set_viewport_size({"width": width, "height": height})

    def media(self):
        self.page.emulate_media(
            color_scheme=self.rng.choice(["light", "dark"]),
            reduced_motion=self.rng.choice(["reduce", "no-preference"]),
        )
