"""How good a version is, for people: report.json, and the pictures and pages drawn of it.

- `record`        the content of report.json: plain numbers, made when a version is trained
- `parts`         the parts of it, each with its bounds
- `warnings`      what it warns of, in words
- `verdict`       what a model predicts, how well, and whether that is better than no model
- `about`         everything that is said of a version
- `document`      one HTML file of all that
- `templating`    templates of HTML, in which every text is escaped
- `drawing`       the figures of a report, and their stylesheet
- `figure`        one figure, with its title and caption
- `figures`       a module per figure
- `classes`       the table of the classes
- `distribution`  the values of a feature as shares of the rows
- `axes`          where a value is in a picture, and ticks at round numbers
- `svg`           elements as markup, all text escaped
- `metric_names`  what metrics are called
- `numbers`       numbers for people
- `text`          names from data, for people

`static` has the style sheets, `templates` the document.
"""
