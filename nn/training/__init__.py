"""Training: `fit`, what it is made of, and what a trained model answers.

In reading order: `fit` the call, `arguments` the checks of what it is given, `loop` the epochs and
batches; `examples` the data as arrays, checked once; `engine` one step on flat parameters, by one
of two `runners` here, or by the `workers` of a cluster, which hold `parts` of the examples at a
`site` each; `history` what is recorded; `early_stopping`, `weighting`, `modes`, `interrupts` and
`diagnosis` one option of `fit` each.
`prediction` is for afterwards, by a `predictor` that is kept until `marks` tell of a change;
`lr_finder` for before.
"""
