"""Whether gradients are right: the engine's, a function's, and those worked out by hand.

gradcheck        a function against differences:
  subject          the function, and every way in which the engine differentiates it
  differences      five-point differences over many steps, with what they know of their own error
  verdict          what differences say about one derivative
  gradient_report  the table
anomaly          the first number that is infinite or nan, and where it arose
by_hand          answers worked out by hand (`check`, `assert_gradients`):
  answers          what was answered, and how exactly it is meant
  desk             what the names and Values refer to that it was answered for
  question         what was asked of a graph, and the same at another point
  trial            the answers at one point: right, carried on, or wrong
  naming           the mistakes that explain the wrong ones, and a point where two differ
  passes, views    the reverse pass of somebody who works by hand, and one place of a graph in it
  mistakes, slips  the catalogue of mistakes, a row each, and what each does to a number
  hypotheses       every row of the catalogue, tried at every place
  sentences        what is said of an answer
  hand_report      the table
report           a table as text and in Jupyter, for both reports
exercises        expressions to differentiate by hand
"""
