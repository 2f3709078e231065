"""Data: real data sets at hand, CSV files, and what is done to examples before training.

    sources      load: a data set by name, split by a seed
    csv_file     read_csv: a data set from a CSV file
    tables       the text of a CSV file, read by pandas
    features     its columns as inputs: medians for what is missing, categories by one-hot
    dataset      Dataset: what both return
    scaling      Scaling: standard or from 0 to 1, as numbers that can be saved
    partition    hold_out: each class in its proportion
    points       xor and spirals
    text         Text, read_text: characters as numbers, windows over them
    expansion    expand: images shifted by a pixel
    labels       one_hot
    batches      minibatches
    blocks       examples that stay on the workers of a cluster
    checks       check_examples, check_targets, check_several_classes

Invariant: what is measured on the test set was never trained on, not even by a scaler. Only
`load` needs scikit-learn, for its data sets, and `read_csv`, with pandas.
"""

from nn.data.batches import Rows as Rows
from nn.data.batches import minibatches as minibatches
from nn.data.checks import check_examples as check_examples
from nn.data.checks import check_several_classes as check_several_classes
from nn.data.checks import check_targets as check_targets
from nn.data.csv_file import read_csv as read_csv
from nn.data.dataset import Dataset as Dataset
from nn.data.expansion import expand as expand
from nn.data.features import Features as Features
from nn.data.labels import one_hot as one_hot
from nn.data.partition import hold_out as hold_out
from nn.data.points import spirals as spirals
from nn.data.points import xor as xor
from nn.data.scaling import Scaling as Scaling
from nn.data.scaling import fit_scaling as fit_scaling
from nn.data.sources import DATASETS as DATASETS
from nn.data.sources import TEXTS as TEXTS
from nn.data.sources import load as load
from nn.data.tables import Reading as Reading
from nn.data.tables import Table as Table
from nn.data.tables import read_table as read_table
from nn.data.text import Text as Text
from nn.data.text import read_text as read_text
from nn.names import public as _public

__all__ = _public(vars())
