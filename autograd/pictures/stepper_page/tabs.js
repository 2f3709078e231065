// What a reader can do besides stepping, a tab each: how it is drawn, and what it does when it is
// opened, when it is closed, and when numbers have changed.
const TABS = { update: {}, nudge: {}, quiz: {} };

const UNKNOWN = "The page cannot compute this graph anew, so its numbers stay.";

// A field for a number: `use` gets each number that is typed, a wrong entry is explained.
function numberField(label, value, use) {
  const field = element("input", {
    type: "text",
    value,
    "aria-label": label,
    spellcheck: "false",
    autocomplete: "off",
  });
  const problem = element("p", { class: "problem", role: "alert", hidden: "" });
  field.addEventListener("input", () => {
    const x = parsed(field.value);
    const wrong = x === undefined || !Number.isFinite(x);
    field.toggleAttribute("aria-invalid", wrong);
    if (wrong) field.setAttribute("aria-invalid", "true");
    problem.hidden = !wrong;
    problem.textContent = x === undefined ? complaint(field.value) : "It has to be finite.";
    if (!wrong) use(x);
  });
  return { field, problem };
}
