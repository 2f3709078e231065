"""words: what happened, said in words: explanations, formulas, names, and why it is so."""
