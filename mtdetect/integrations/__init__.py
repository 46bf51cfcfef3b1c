"""mtdetect in other pipelines: one module per package, imported by its own name because it needs that package.

- :class:`mtdetect.integrations.arrow.ArrowJudge`: a function on Arrow batches or data frames, for Spark, Dask and pandas
- :class:`mtdetect.integrations.datatrove.DegradedTextFilter`: a filter of datatrove
- :class:`mtdetect.integrations.scrapy.MtdetectPipeline`: an item pipeline of Scrapy
- :mod:`mtdetect.integrations.sklearn`: scikit-learn estimators
"""
