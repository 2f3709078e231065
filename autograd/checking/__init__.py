"""What `gradcheck` is made of.

subject          a function of numbers, and every way in which the engine differentiates it
differences      five-point differences over many steps, with what they know of their own error
verdict          what differences say about one derivative
gradient_report  the table, as text and in Jupyter
"""
