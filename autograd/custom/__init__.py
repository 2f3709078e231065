"""Operations of the user's own: rows of the table whose columns are checked, and read.

primitive         the public function, and the row it makes
columns           the user's functions on numbers, their answers checked
reading           what such a function does, found by running it on symbols, every branch
probes            numbers at which a reading has to agree with the function
slopes            a partial that works on numbers only, as a row of its own
symbolic_columns  columns for the compiler, formulas and pages, from readings or number by number
"""

from autograd.custom.primitive import CustomPrimitive as CustomPrimitive
from autograd.custom.primitive import primitive as primitive
