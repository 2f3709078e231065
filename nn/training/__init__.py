"""Training: `fit`, what it is made of, and what a trained model answers.

In reading order: `fit` the loop of epochs and batches; `examples` the data as arrays, checked
once; `engine` one step on flat parameters, by one of two runners; `history` what is recorded;
`early_stopping`, `weighting`, `splitting`, `modes`, `interrupts` and `diagnosis` one option of
`fit` each; `prediction` for afterwards; `lr_finder` for before.
"""
