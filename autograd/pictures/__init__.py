"""Pictures, explanations and the stepper: views of one recorded graph, none of which changes it."""
