"""mtdetect inside other people's pipelines: one module for each, which needs that package and is imported by its own name.

===============================================  ====================================================================
:class:`mtdetect.integrations.arrow.ArrowJudge`  a function of Arrow batches or data frames, for Spark, Dask and pandas
:class:`mtdetect.integrations.datatrove.DegradedTextFilter`  a filter step of datatrove
:class:`mtdetect.integrations.scrapy.MtdetectPipeline`  an item pipeline of Scrapy
===============================================  ====================================================================
"""
