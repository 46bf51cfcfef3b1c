"""One function that judges the texts of a table, whatever hands it the table: Spark, Dask, Ray, pandas or Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtdetect.errors import InputError
from mtdetect.verdict import DEFAULT_FPR, check_fpr

if TYPE_CHECKING:
    from mtdetect.verdict import Verdict

COLUMNS = ("label", "score", "quality", "p_value", "reason", "words", "language")
"""Fields of a verdict that become columns."""

SPARK_TYPES = ("string", "double", "double", "double", "string", "int", "string")


class ArrowJudge:
    """Adds the verdict's columns to a table that holds texts.

    Parameters
    ----------
    text_field : str
        Column of the texts.
    fpr : float
        Error budget.
    prefix : str
        Put before the names of the new columns.
    model : str or Path, optional
        Folder of the model; the English one that ships if None. Each process loads it once.

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
    ) -> None:
        self.text_field = text_field
        self.fpr = check_fpr(fpr)
        self.prefix = prefix
        self.model = model

    def __call__(self, given: Any) -> Any:
        """Judge the texts of a table.

        Parameters
        ----------
        given : pandas.DataFrame, pyarrow.Table, pyarrow.RecordBatch or iterator of RecordBatch
            With a column of texts; nulls are ``unsupported``.

        Returns
        -------
        the same kind
            Its columns, then those of the verdict: ``label``, ``score``, ``quality``, ``p_value``, ``reason``, ``words`` and
            ``language``, each with the prefix.

        Raises
        ------
        InputError
            If there is no such column.
        """
        if hasattr(given, "to_pydict"):
            return self._arrow(given)
        if hasattr(given, "iloc"):
            return self._frame(given)
        return self._batches(given)

    def spark_schema(self, frame: Any) -> str:
        """Give the schema that Spark's ``mapInArrow`` asks for.

        Parameters
        ----------
        frame : pyspark.sql.DataFrame
            What is to be judged.

        Returns
        -------
        str
            Of its columns and the verdict's.
        """
        before = [f"`{one.name}` {one.dataType.simpleString()}" for one in frame.schema.fields]
        added = [f"`{self.prefix}{name}` {kind}" for name, kind in zip(COLUMNS, SPARK_TYPES, strict=True)]
        return ", ".join(before + added)

    def _batches(self, given: Iterator[Any]) -> Iterator[Any]:
        for batch in given:
            yield self._arrow(batch)

    def _arrow(self, table: Any) -> Any:
        import pyarrow as pa

        self._check(table.schema.names)
        types = (pa.string(), pa.float64(), pa.float64(), pa.float64(), pa.string(), pa.int32(), pa.string())
        columns = self._columns(table.column(self.text_field).to_pylist())
        arrays = [pa.array(columns[name], kind) for name, kind in zip(COLUMNS, types, strict=True)]
        fields = [pa.field(self.prefix + name, kind) for name, kind in zip(COLUMNS, types, strict=True)]
        return type(table).from_arrays(
            [*table.columns, *arrays], schema=pa.schema([*table.schema, *fields], table.schema.metadata)
        )

    def _frame(self, frame: Any) -> Any:
        import pandas as pd

        self._check(list(frame.columns))
        texts = [one if isinstance(one, (str, bytes)) else None for one in frame[self.text_field]]
        columns = self._columns(texts)
        kinds = dict(
            zip(COLUMNS, ("str", "float64", "float64", "float64", "str", "int32", "str"), strict=True)
        )
        added = {
            self.prefix + name: pd.Series(
                columns[name], index=frame.index, dtype=pd.StringDtype() if kind == "str" else kind
            )
            for name, kind in kinds.items()
        }
        return frame.assign(**added)

    def _check(self, names: list[str]) -> None:
        if self.text_field not in names:
            raise InputError(
                f"no column '{self.text_field}'; there are {', '.join(map(str, names)) or 'none'}"
            )

    def _columns(self, texts: list[str | bytes | None]) -> dict[str, list[Any]]:
        import mtdetect

        verdicts: list[Verdict] = list(
            mtdetect.load(self.model).score_many(texts, fpr=self.fpr, evidence=False) if texts else ()
        )
        rows = [verdict.to_dict(evidence=False) for verdict in verdicts]
        return {name: [row[name] for row in rows] for name in COLUMNS}
