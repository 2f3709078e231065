"""What `gradcheck` is made of.

argument_names   what a table calls each input
differences      five-point differences over many steps, with what they know of their own error
ways             every way in which the engine differentiates, side by side
array_columns    whether the user's own rows give the same on arrays
verdict          what differences say about one derivative
gradient_report  the table, as text and in Jupyter
"""
