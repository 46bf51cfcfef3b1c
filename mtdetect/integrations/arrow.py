"""One function that judges the texts of a table of Spark, Dask, Ray, pandas or Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mtdetect.errors import InputError
from mtdetect.verdict import DEFAULT_FPR, Mode, check_fpr

if TYPE_CHECKING:
    import pandas
    import pyarrow


class ColumnType(NamedTuple):
    """Type of a column in Spark, pandas and Arrow.

    Attributes
    ----------
    spark : str
        Name of the Spark SQL type.
    pandas : str
        Name of the pandas dtype.
    arrow : str
        Alias of the Arrow type.
    """

    spark: str
    pandas: str
    arrow: str


_STRING = ColumnType("string", "string", "string")
_NUMBER = ColumnType("double", "float64", "float64")

COLUMNS = {
    "label": _STRING,
    "score": _NUMBER,
    "quality": _NUMBER,
    "p_value": _NUMBER,
    "reason": _STRING,
    "words": ColumnType("int", "int32", "int32"),
    "language": _STRING,
    "retranslated": ColumnType("boolean", "bool", "bool"),
}
"""Fields of a verdict that become columns, and their types."""


class ArrowJudge:
    """A function that adds the columns of the verdict to a table with texts.

    Parameters
    ----------
    text_field : str
        Column of the texts.
    fpr : float
        Error budget.
    prefix : str
        Prefix of the names of the new columns.
    model : str or Path, optional
        Folder of the model; the English one of the package if None. Each process loads it once.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.

    Examples
    --------
    Spark, Dask and pandas take the same object::

        judge = ArrowJudge()
        frame.mapInArrow(judge, judge.spark_schema(frame))   # pyspark
        frame.map_partitions(judge)                          # dask.dataframe
        judge(frame)                                         # pandas

    >>> import pyarrow as pa
    >>> table = pa.table({"text": ["It rained all day."]})
    >>> ArrowJudge()(table).column_names[:3]
    ['text', 'mtdetect_label', 'mtdetect_score']
    """

    def __init__(
        self,
        text_field: str = "text",
        *,
        fpr: float = DEFAULT_FPR,
        prefix: str = "mtdetect_",
        model: str | Path | None = None,
        retranslate: Mode = "never",
    ) -> None:
        self.text_field = text_field
        self.fpr = check_fpr(fpr)
        self.prefix = prefix
        self.model = model
        self.retranslate = retranslate

    def __call__(self, given: Any) -> Any:
        """Judge the texts of a table.

        Parameters
        ----------
        given : pandas.DataFrame, pyarrow.Table, pyarrow.RecordBatch or iterator of RecordBatch
            With a column of texts; nulls are ``unsupported``.

        Returns
        -------
        the same kind
            The given columns, then ``label``, ``score``, ``quality``, ``p_value``, ``reason``, ``words``, ``language`` and
            ``retranslated`` with the prefix.

        Raises
        ------
        InputError
            If the column of the texts is missing.
        """
        if hasattr(given, "to_pydict"):
            return self._arrow(given)
        if hasattr(given, "iloc"):
            return self._frame(given)
        return self._batches(given)

    def spark_schema(self, frame: Any) -> str:
        """The schema that Spark's ``mapInArrow`` requires.

        Parameters
        ----------
        frame : pyspark.sql.DataFrame
            Data frame with the texts.

        Returns
        -------
        str
            Names and types of its columns and those of the verdict.
        """
        before = [f"`{one.name}` {one.dataType.simpleString()}" for one in frame.schema.fields]
        added = [f"`{self.prefix}{name}` {kind.spark}" for name, kind in COLUMNS.items()]
        return ", ".join(before + added)

    def _batches(self, given: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for batch in given:
            yield self._arrow(batch)

    def _arrow(self, table: Any) -> Any:
        import pyarrow as pa

        self._check(table.schema.names)
        columns = self._columns(table.column(self.text_field).to_pylist())
        arrays = [pa.array(columns[name], kind.arrow) for name, kind in COLUMNS.items()]
        fields = [
            pa.field(self.prefix + name, array.type) for name, array in zip(COLUMNS, arrays, strict=True)
        ]
        return type(table).from_arrays(
            [*table.columns, *arrays], schema=pa.schema([*table.schema, *fields], table.schema.metadata)
        )

    def _frame(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        import pandas as pd

        self._check(list(frame.columns))
        texts = [one if isinstance(one, (str, bytes)) else None for one in frame[self.text_field]]
        columns = self._columns(texts)
        added = {
            self.prefix + name: pd.Series(columns[name], index=frame.index, dtype=kind.pandas)
            for name, kind in COLUMNS.items()
        }
        return frame.assign(**added)

    def _check(self, names: list[str]) -> None:
        if self.text_field not in names:
            raise InputError(
                f"no column '{self.text_field}'; there are {', '.join(map(str, names)) or 'none'}"
            )

    def _columns(self, texts: list[str | bytes | None]) -> dict[str, list[Any]]:
        import mtdetect

        rows = []
        if texts:
            verdicts = mtdetect.load(self.model).score_many(
                texts, fpr=self.fpr, evidence=False, retranslate=self.retranslate
            )
            rows = [verdict.to_dict(evidence=False) for verdict in verdicts]
        return {name: [row[name] for row in rows] for name in COLUMNS}
