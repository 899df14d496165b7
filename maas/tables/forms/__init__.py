"""Numbers and dates that were written for people: found in texts, and read where a config says so.

- `text_forms`    finds the form of texts
- `text_form`     the form of the texts of a column, and how an error describes it
- `form_keys`     what the config calls the form of texts
- `units`         finds numbers that were written with their unit
- `currencies`    the signs and codes of currencies
- `form_columns`  the columns of which the config names the form, as numbers and times
- `number_forms`  reads money, percents and thousands; without pandas, for scoring too
- `date_forms`    reads dates and times in a format, and finds the format of texts
"""
